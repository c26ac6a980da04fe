#pragma once

#include "actors/scoring/scoring_blocks.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace troupe::scoring {

/// What a worker has read and nobody else has: values and digests of items,
/// which are most of their bytes, by batch.
class withheld_items {
public:
  explicit withheld_items(std::size_t bytes_max) : bytes_max_{bytes_max} {}

  /// Takes them out of the items; false: there is no room, all stay.
  bool take(std::uint64_t batch, item_block& items);

  /// Puts them back; false: they are not here, or those of other items.
  [[nodiscard]] bool give(std::uint64_t batch, item_block& items) const;

private:
  struct entry {
    std::size_t rows = 0;
    messages::column digests;
    std::vector<messages::column> values;
  };

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, entry> batches_;
};

} // namespace troupe::scoring
