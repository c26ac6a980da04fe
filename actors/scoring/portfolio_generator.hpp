#pragma once

#include "actors/scoring/item_reader.hpp"

#include <cstdint>
#include <string>

namespace troupe::scoring {

/// Makes portfolios to try things with: work items with all that the presets
/// look at, in a hierarchy, with gaps, 70 % of them with financial data. An
/// item depends on the seed and its index only, never on the number of items.
class portfolio_generator {
public:
  portfolio_generator(std::uint64_t seed, item_format format) noexcept
    : seed_{seed}, format_{format} {}

  /// The line that names the columns of CSV; empty for JSONL.
  [[nodiscard]] std::string header() const;

  /// Appends item `index` (0-based), whose id is 1000 + `index`, as one line.
  /// Its parent, if it has one, is an item of smaller index.
  void append(std::uint64_t index, std::string& text) const;

private:
  std::uint64_t seed_;
  item_format format_;
};

} // namespace troupe::scoring
