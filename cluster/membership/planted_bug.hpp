#pragma once

#include <cstdint>

namespace troupe::cluster {

/// Mistakes that somebody could make here, for the tests of the tests: each has
/// to be noticed by the simulation (tests/README.md). In all other builds there
/// are none.
enum class planted_bug : std::uint8_t {
  none,
  ignore_finality, ///< A dead incarnation that is heard is alive again.
  ignore_incarnation, ///< A restarted node is what it was before.
  forget_refutation, ///< Suspicion of oneself is not contradicted.
  no_tick_watch, ///< Nobody knows that it was absent.
  count_own_absence, ///< Others are silent while one sleeps.
  believe_any_death, ///< Somebody's word counts more than one's own ears.
  ignore_own_death, ///< Nobody takes a new incarnation for the others.
  forget_the_dead, ///< Nobody looks whether a dead node can be reached again.
  ignore_relayed, ///< Only what one hears oneself is a proof of life.
};

#ifdef TROUPE_PLANTED_BUGS

/// The one that is there now.
inline auto planted = planted_bug::none;

inline bool has_bug(planted_bug which) noexcept {
  return planted == which;
}

#else

constexpr bool has_bug(planted_bug /*which*/) noexcept {
  return false;
}

#endif

} // namespace troupe::cluster
