#pragma once

#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// Where a node finds what it proves its name with.
struct certificate_paths {
  std::string authority; ///< Certificate of the authority: ca.pem.
  std::string certificate; ///< NODE.pem
  std::string key; ///< NODE.key
  /// What the authority has revoked, crl.pem; it need not be there.
  std::string revocations;

  friend bool operator==(const certificate_paths&, const certificate_paths&)
    = default;
};

/// The names that `write_cluster_certificates` gives the files of a node.
[[nodiscard]] certificate_paths certificates_in(const std::string& folder,
                                                const std::string& node);

/// What becomes of a file that is there already.
enum class existing_file : std::uint8_t { kept, replaced };

/// Writes a file of mode 0600 that appears under its name only when it is whole
/// and on the disk. `conflict` when it is there and is to be kept.
[[nodiscard]] runtime::outcome<void> write_secret_file(const std::string& path,
                                                       std::string_view content,
                                                       existing_file existing);

struct cluster_certificates_request {
  std::string folder; ///< Made, for its owner alone, if it is not there.
  std::vector<std::string> nodes;
  runtime::instant now;
  /// How long certificates of nodes are valid; the authority, ten years.
  std::chrono::days valid{365};
  /// Of the nodes' files. The authority is never replaced.
  existing_file existing = existing_file::kept;
};

struct cluster_certificates {
  std::string authority;
  std::string authority_key;
  /// False: the authority of the folder was used.
  bool is_new_authority = false;
  std::vector<std::pair<std::string, certificate_paths>> nodes;
  runtime::instant until; ///< End of the nodes' certificates.
};

/// Fresh random bytes, 16 at a time.
using serial_source = std::function<std::array<std::uint8_t, 16>()>;

/// Makes certificates of all nodes asked for, and an authority unless the
/// folder has one. Nothing is written if a name is wrong or given twice, or if
/// one of the files is there and is to be kept (`conflict`). All certificates
/// begin a few minutes ago, for nodes whose clock is late.
[[nodiscard]] runtime::outcome<cluster_certificates>
write_cluster_certificates(const cluster_certificates_request& request,
                           const serial_source& draw_serial);

struct revoked_node {
  std::string node;
  /// Of its certificates, as `openssl x509 -serial` shows them.
  std::vector<std::string> serials;
  std::string list; ///< The file with all that are revoked.
  std::size_t count = 0; ///< How many these are.
  bool was_revoked = false; ///< They were in the list already, which stays.
};

/// Adds all certificates of the node that the authority of the folder has
/// issued and that have not ended to its list of those that are revoked.
/// `not_found` when there is none, or no authority; nothing is written unless
/// all is well.
[[nodiscard]] runtime::outcome<revoked_node>
revoke_node(const std::string& folder, const std::string& node,
            runtime::instant now);

} // namespace troupe::cluster
