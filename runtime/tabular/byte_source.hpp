#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace troupe::runtime {

/// Fills the span from its front and tells how many bytes it wrote; 0 means
/// that the end is reached. May fill less than asked for at any time.
using byte_source = std::function<outcome<std::size_t>(std::span<char>)>;

/// Reads any part of what is there as a whole, again and again: fills the span
/// with what begins at this byte; less only at the end.
using byte_ranges
  = std::function<outcome<std::size_t>(std::uint64_t, std::span<char>)>;

} // namespace troupe::runtime
