#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace troupe::tools {

/// Appends a line by its index, 0-based.
using line_writer = std::function<void(std::uint64_t, std::string&)>;

/// Writes a header and so many lines to a file, all of them or none; "-" is
/// standard output. `interrupted` when asked to stop.
[[nodiscard]] runtime::outcome<void>
write_lines(const std::string& path, std::string header, std::uint64_t lines,
            const line_writer& append, std::stop_token stop = {});

} // namespace troupe::tools
