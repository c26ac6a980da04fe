#include "actors/scoring/withheld_items.hpp"

#include <utility>

namespace troupe::scoring {

bool withheld_items::take(std::uint64_t batch, item_block& items) {
  const auto bytes
    = (items.values.size() + 1) * items.rows * sizeof(std::int64_t);
  // Whoever reads a batch twice counts it twice: it is a limit, no account.
  if (bytes > bytes_max_ - bytes_)
    return false;
  bytes_ += bytes;
  batches_[batch]
    = {items.rows, std::exchange(items.digests, {}), std::move(items.values)};
  items.values.clear();
  return true;
}

bool withheld_items::give(std::uint64_t batch, item_block& items) const {
  const auto found = batches_.find(batch);
  if (found == batches_.end() || found->second.rows != items.rows)
    return false;
  items.digests = found->second.digests;
  items.values = found->second.values;
  return true;
}

} // namespace troupe::scoring
