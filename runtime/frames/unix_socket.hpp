#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/problem.hpp"

#include <string>

namespace troupe::runtime {

/// A socket that is connected to whoever serves that path. `unavailable` if
/// nobody does.
[[nodiscard]] outcome<file_descriptor> connect_unix(const std::string& path);

/// A socket that listens at that path, for this user alone, and does not block.
/// What is left of a server that is gone is replaced. `unavailable` when
/// somebody serves it, `invalid_input` when the path is too long.
[[nodiscard]] outcome<file_descriptor> listen_unix(const std::string& path);

/// Whether the process at the other end is of the same user, or of root.
[[nodiscard]] bool is_same_user(const file_descriptor& connection);

} // namespace troupe::runtime
