#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <string>

namespace troupe::cluster {

// The incarnation of a node on its disk, so that no number is used twice. One
// process at a time; all calls block.

/// The number that was stored last; 0 if there is no file. `invalid_input` if
/// the file has anything else in it.
[[nodiscard]] runtime::outcome<std::uint64_t>
read_incarnation(const std::string& path);

/// Stores the number so that it survives the loss of power; whenever that
/// happens, the file has the former number or this one. `conflict` if the file
/// has a higher one.
[[nodiscard]] runtime::outcome<void>
write_incarnation(const std::string& path, std::uint64_t incarnation);

/// The number for a start, which is on disk already.
[[nodiscard]] runtime::outcome<std::uint64_t>
next_incarnation(const std::string& path);

} // namespace troupe::cluster
