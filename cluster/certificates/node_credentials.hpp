#pragma once

#include "cluster/certificates/certificate_files.hpp"
#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <string>

namespace troupe::cluster {

/// What a node proves its name with, as PEM: checked, and fit for a link.
struct node_credentials {
  std::string node; ///< The name in the certificate.
  std::string authority;
  std::string certificate;
  std::string key;
  runtime::instant until; ///< When the certificate ends.
};

/// Reads and checks the three files of a node, so that nothing is found out
/// only when others refuse it. Problems name the file and what to do:
/// `not_found`; `denied` for a key that others may read; `invalid_input` for
/// what is no certificate or key, another authority's, another node's, not
/// valid yet or no longer at `now`, not for links, or does not fit its key. An
/// empty `node` stands for any name.
[[nodiscard]] runtime::outcome<node_credentials>
read_node_credentials(const certificate_paths& paths, const std::string& node,
                      runtime::instant now);

} // namespace troupe::cluster
