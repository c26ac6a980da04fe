#pragma once

#include "actors/scoring/scored_batch.hpp"

#include <cstddef>

namespace troupe::tests {

/// Items with everything that items can have: "id-0", "title 0", two values,
/// money for every second one, and details.
[[nodiscard]] scoring::item_batch sample_items(std::size_t rows);

/// The same, scored: two categories, ranks in the order of the rows.
[[nodiscard]] scoring::scored_batch sample_scored(std::size_t rows);

} // namespace troupe::tests
