#pragma once

#include "cluster/certificates/certificate_files.hpp"
#include "cluster/certificates/revocation_list.hpp"
#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <string>

namespace troupe::cluster {

/// What the files of a node hold, whatever that is.
struct credential_files {
  std::string authority;
  std::string certificate;
  std::string key;
  std::optional<std::string> revocations; ///< Nothing: there is no such file.

  friend bool operator==(const credential_files&, const credential_files&)
    = default;
};

/// What a node proves its name with, as PEM, and whom it does not believe any
/// more: checked, and fit for a link.
struct node_credentials {
  std::string node; ///< The name in the certificate.
  std::string authority;
  std::string certificate;
  std::string key;
  runtime::instant until; ///< When the certificate ends.
  std::optional<revocation_list> revocations = std::nullopt;
};

/// Problems name the file and what to do: `not_found`; `denied` for a key that
/// others may read. An empty `node` stands for any name.
[[nodiscard]] runtime::outcome<credential_files>
read_credential_files(const certificate_paths& paths, const std::string& node);

/// Checks what was read there, so that nothing is found out only when others
/// refuse it. `invalid_input`, with the file and what to do, for what is no
/// certificate, key or list, another authority's, another node's, not valid yet
/// or no longer at `now`, revoked, not for links, or does not fit its key.
[[nodiscard]] runtime::outcome<node_credentials>
check_credentials(const credential_files& files, const certificate_paths& paths,
                  const std::string& node, runtime::instant now);

/// Reads and checks.
[[nodiscard]] runtime::outcome<node_credentials>
read_node_credentials(const certificate_paths& paths, const std::string& node,
                      runtime::instant now);

/// What to do about a certificate that cannot be used.
[[nodiscard]] std::string how_to_renew(const std::string& node);

} // namespace troupe::cluster
