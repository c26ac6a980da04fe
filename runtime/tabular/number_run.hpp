#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::runtime {

/// Where a run of numbers was left.
struct number_run {
  /// Fields read.
  std::size_t count = 0;
  /// Bytes up to the comma or line end behind the last of them.
  std::size_t size = 0;
};

/// Reads at most `count` neighbouring fields like -123.456, of at most seven
/// digits on either side of the point, into targets[field][row]. Reads none if
/// the first has another form, which is for the general parser; may stop before
/// the last for no reason. The text is the rest of a record_chunk's: loads run
/// into its padding.
[[nodiscard]] number_run read_number_run(std::string_view text,
                                         std::size_t count,
                                         double* const* targets,
                                         std::size_t row);

} // namespace troupe::runtime
