#include "actors/scoring/item_batch.hpp"

namespace troupe::scoring {

item_view view(const item_batch& batch) {
  item_view result;
  result.rows = batch.rows;
  result.values.assign(batch.values.begin(), batch.values.end());
  result.financials.assign(batch.financials.begin(), batch.financials.end());
  result.has_financials = batch.has_financials;
  return result;
}

} // namespace troupe::scoring
