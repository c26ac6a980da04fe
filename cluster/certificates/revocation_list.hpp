#pragma once

#include "cluster/certificates/certificate_maker.hpp"
#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::cluster {

/// Longest file with a list: about half a million certificates.
inline constexpr auto revocation_bytes_max = std::size_t{32} << 20;

/// The certificates of an authority that count no more, although they have not
/// ended: a certificate revocation list (RFC 5280).
struct revocation_list {
  std::string pem;
  /// Grows with each list of the authority; zero if the list has none.
  std::uint64_t number = 0;
  runtime::instant from; ///< When it was made.
  std::set<std::string> serials; ///< As `serial_text` writes them.

  friend bool operator==(const revocation_list&, const revocation_list&)
    = default;
};

/// Reads a list and checks that it is that of the authority, both as PEM.
/// `invalid_input` for what is no list, is signed by somebody else, or is not
/// valid at `now`. Problems name the file, `path`.
[[nodiscard]] runtime::outcome<revocation_list>
parse_revocation_list(const std::string& pem, const std::string& path,
                      const std::string& authority, runtime::instant now);

/// Why that list of the same authority may not replace the one in use, nothing
/// if it may: it was made before it, lacks what is revoked there, or is another
/// one under the same number. Lists without numbers go by their date.
[[nodiscard]] std::optional<std::string>
object_to_list(const revocation_list& next, const revocation_list& in_use);

/// The next list of the authority after `so_far` (null: its first), with those
/// certificates, revoked at `now`, unless they are in it. Valid until the
/// authority ends. `invalid_input` for a certificate of another authority, or a
/// key that is not the authority's.
[[nodiscard]] runtime::outcome<revocation_list> revoke_certificates(
  const certificate_pair& authority, const revocation_list* so_far,
  const std::vector<std::string>& certificates, runtime::instant now);

} // namespace troupe::cluster
