#pragma once

#include <cstdint>

namespace troupe::cluster {

/// Mistakes that somebody could make with leases, for the tests of the tests:
/// each has to be noticed by the simulation (tests/README.md). In all other
/// builds there are none.
enum class planted_lease_bug : std::uint8_t {
  none,
  count_from_arrival, ///< The belief begins when the answer comes.
  no_margin, ///< The belief ends when the lease does, by the own clock.
  ignore_late_ticks, ///< A node that was away goes on as if it had not been.
  ignore_epoch, ///< Writes count, whoever led when they were sent.
  keep_epoch, ///< A new holder goes on under the number of the last one.
  ignore_expiry, ///< A lease is given away while somebody holds it.
  renew_anything, ///< Whoever asks may go on, held or not.
  release_anything, ///< A late release frees the lease of somebody else.
  stop_watching, ///< A standby that was refused never looks again.
};

#ifdef TROUPE_PLANTED_BUGS

/// The one that is there now.
inline auto planted_in_leases = planted_lease_bug::none;

inline bool has_bug(planted_lease_bug which) noexcept {
  return planted_in_leases == which;
}

#else

constexpr bool has_bug(planted_lease_bug /*which*/) noexcept {
  return false;
}

#endif

} // namespace troupe::cluster
