#include "cluster/node/node_folder.hpp"

#include <filesystem>
#include <string_view>
#include <system_error>

namespace troupe::cluster {

namespace fs = std::filesystem;

runtime::outcome<node_folder> node_folder::open(const std::string& path) {
  auto error = std::error_code{};
  if (fs::create_directories(path, error))
    fs::permissions(path, fs::perms::owner_all, error);
  if (error) {
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::unavailable;
    reason.file = path;
    reason.message = "cannot make the node's folder: " + error.message();
    reason.hint = "give another one as data";
    return runtime::fail(std::move(reason));
  }
  auto lock = runtime::store_lock::acquire(path + "/node");
  if (!lock) {
    auto reason = lock.error();
    constexpr auto taken = std::string_view{"the store is in use"};
    reason.file = path;
    if (reason.message.starts_with(taken)) {
      reason.message.replace(0, taken.size(), "the node's folder is in use");
      reason.hint = "end that process, or give another folder as data";
    }
    return runtime::fail(std::move(reason));
  }
  return node_folder{path, std::move(*lock)};
}

} // namespace troupe::cluster
