#include "cluster/certificates/certificate_folder.hpp"

#include "cluster/certificates/certificate_renewal.hpp"
#include "cluster/certificates/node_name.hpp"

#include <filesystem>
#include <set>
#include <system_error>

namespace troupe::cluster {

using runtime::outcome;

namespace {

/// Of all that have a certificate there.
std::set<std::string> nodes_in(const std::string& folder) {
  auto error = std::error_code{};
  auto nodes = std::set<std::string>{};
  for (auto each = std::filesystem::directory_iterator{folder, error};
       !error && each != std::filesystem::directory_iterator{};
       each.increment(error)) {
    const auto& path = each->path();
    const auto name = path.stem().string();
    if (path.extension() == ".pem" && is_node_name(name) && name != "ca"
        && name != "crl")
      nodes.insert(name);
  }
  return nodes;
}

} // namespace

outcome<examined_certificates> examine_certificates(const std::string& folder,
                                                    runtime::instant now) {
  const auto nodes = nodes_in(folder);
  if (nodes.empty()) {
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::not_found;
    reason.message = "there are no certificates of nodes";
    reason.file = folder;
    reason.hint = "name a folder of troupe cluster init";
    return runtime::fail(std::move(reason));
  }
  auto found = examined_certificates{};
  for (const auto& node : nodes) {
    const auto paths = certificates_in(folder, node);
    const auto read = read_node_credentials(paths, node, now);
    if (!read) {
      found.problems.push_back(read.error());
      continue;
    }
    found.nodes.emplace_back(node, read->until);
    if (auto warning = warn_of_end(paths, node, read->until, now))
      found.problems.push_back(std::move(*warning));
  }
  return found;
}

} // namespace troupe::cluster
