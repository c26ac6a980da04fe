#pragma once

#include "actors/engine/workflow.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::engine {

/// Which steps come before which: a bit for each pair, 12 MiB for the largest
/// workflow there may be.
class ancestor_table {
public:
  /// The order of the workflow has to be resolved.
  explicit ancestor_table(const workflow& of);

  /// Whether `first` is needed by `second`, directly or through others.
  [[nodiscard]] bool is_before(step_index first,
                               step_index second) const noexcept {
    const auto word = bits_[second * words_ + first / word_bits];
    return (word >> (first % word_bits) & 1U) != 0;
  }

private:
  static constexpr auto word_bits = std::size_t{64};

  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

} // namespace troupe::engine
