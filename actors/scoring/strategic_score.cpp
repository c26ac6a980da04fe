#include "actors/scoring/score_batch.hpp"

namespace troupe::scoring {

strategic_batch score(const scoring_plan& plan, const scoring_scales& scales,
                      const item_view& items, keep what) {
  return score_reference(plan, scales, items, what);
}

} // namespace troupe::scoring
