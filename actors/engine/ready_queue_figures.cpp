#include "actors/engine/ready_queue.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace troupe::engine {

namespace {

/// How many of the numbers start, start + stride, ... are below the bound.
std::uint64_t numbers_below(std::uint64_t bound, std::uint64_t start,
                            std::uint64_t stride) {
  return start >= bound ? 0 : (bound - start + stride - 1) / stride;
}

void include(pending_figures& sum, instant enqueued) {
  sum.oldest = sum.pending == 0 ? enqueued : std::min(sum.oldest, enqueued);
  ++sum.pending;
}

} // namespace

template <class Visit>
void ready_queue::visit_lanes(const flow_record& of, const Visit& visit) const {
  for (const auto lane : of.lanes)
    visit(lanes_[lane]);
  for (const auto strand : of.strands)
    for (const auto lane : strands_[strand].lanes.slots())
      visit(lanes_[lane]);
}

// -- looking ahead ------------------------------------------------------------

std::uint64_t ready_queue::ahead_in_flow(const flow_record& of,
                                         const entry_record& until) const {
  auto ahead = std::uint64_t{0};
  visit_lanes(of, [&](const lane_record& lane) {
    for (const auto slot : lane.entries.slots())
      if (order_of(entries_[slot]) < order_of(until))
        ++ahead;
  });
  return ahead;
}

std::uint64_t ready_queue::tag_of(const flow_record& of,
                                  std::uint64_t turn) const {
  const auto& in = classes_[static_cast<std::size_t>(of.priority)];
  return turn == 0 ? of.pass : catch_up_base(in, of) + turn * stride_of(of);
}

std::uint64_t ready_queue::served_before(const flow_record& of,
                                         std::uint64_t tag,
                                         const entry_record& until) const {
  auto count = std::uint64_t{0};
  if (of.pass < tag)
    count = 1 + numbers_below(tag, tag_of(of, 1), stride_of(of));
  if (count >= of.pending)
    return of.pending;
  if (tag_of(of, count) != tag)
    return count;
  // A tie: the one of them that would be next decides.
  auto orders = std::vector<std::tuple<instant, instant, std::uint64_t>>{};
  visit_lanes(of, [&](const lane_record& lane) {
    for (const auto slot : lane.entries.slots())
      orders.push_back(order_of(entries_[slot]));
  });
  const auto next = orders.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(orders.begin(), next, orders.end());
  return *next < order_of(until) ? count + 1 : count;
}

std::uint64_t ready_queue::ahead_in_class(const entry_record& of) const {
  const auto& own = flows_[lanes_[of.lane].flow];
  auto ahead = ahead_in_flow(own, of);
  const auto tag = tag_of(own, ahead);
  const auto& in = classes_[static_cast<std::size_t>(own.priority)];
  for (const auto& [key, slot] : in.flows)
    if (&flows_[slot] != &own)
      ahead += served_before(flows_[slot], tag, of);
  return ahead;
}

std::int64_t ready_queue::level_now(std::size_t priority, instant now) const {
  auto since = never;
  for (const auto slot : classes_[priority].families) {
    const auto& each = families_[slot];
    for (const auto pool : each.wide)
      since = std::min(since, oldest(pools_[pool]));
    if (!each.ages.is_empty())
      since = std::min(since, oldest(pools_[each.ages.top()]));
  }
  return level(priority, since, now);
}

std::optional<queue_position> ready_queue::position(task_handle task,
                                                    instant now) const {
  const auto found = find_slot(task);
  if (found == none || entries_[found].lane == none)
    return std::nullopt;
  const auto& of = entries_[found];
  const auto own
    = static_cast<std::size_t>(pools_[lanes_[of.lane].pool].key.priority);
  const auto own_level = level_now(own, now);
  const auto in_class = ahead_in_class(of);
  const auto own_turn
    = std::max(classes_[own].turn, turn_) + in_class * turn_stride(own);
  auto position = queue_position{in_class, {}};
  for (auto other = std::size_t{0}; other < priority_classes; ++other) {
    const auto& state = classes_[other];
    if (other == own || state.pending == 0)
      continue;
    const auto other_level = level_now(other, now);
    if (other_level < own_level)
      position.ahead += state.pending;
    else if (other_level == own_level)
      position.ahead += std::min(state.pending,
                                 numbers_below(own_turn + (other < own ? 1 : 0),
                                               std::max(state.turn, turn_),
                                               turn_stride(other)));
  }
  if (const auto rate = is_paused_ ? std::nullopt : rate_.per_second(now)) {
    const auto seconds = static_cast<double>(position.ahead) / *rate;
    // A century, so that the double fits the integer.
    position.estimated_wait
      = std::chrono::microseconds{std::llround(std::min(seconds, 3.2e9) * 1e6)};
  }
  return position;
}

// -- figures ------------------------------------------------------------------

queue_figures ready_queue::figures(instant now) const {
  auto result = queue_figures{};
  result.pending = pending();
  result.pending_max = options_.pending_max;
  result.is_paused = is_paused_;
  result.taken_per_second = rate_.per_second(now);
  result.pushed = sequence_;
  result.refused = refused_;
  result.taken = taken_;
  result.removed = removed_;
  result.expired = expired_;
  for (const auto& [key, slot] : pool_of_) {
    const auto& each = pools_[slot];
    auto sum = pending_figures{each.ages.size(), oldest(each)};
    auto& of = result.by_class[static_cast<std::size_t>(key.priority)];
    of.oldest = of.pending == 0 ? sum.oldest : std::min(of.oldest, sum.oldest);
    of.pending += sum.pending;
    result.by_activity.push_back({key.priority, key.activity, key.needed,
                                  key.guard, key.placement, sum,
                                  each.blocked_since, each.reserved_worker});
  }
  for (const auto& in : classes_)
    for (const auto& [key, slot] : in.flows)
      if (flows_[slot].pending > 0)
        result.by_key.push_back(figures_of(flows_[slot]));
  std::sort(result.by_key.begin(), result.by_key.end(),
            [](const auto& left, const auto& right) {
              return std::pair{left.priority, left.fairness_key}
                     < std::pair{right.priority, right.fairness_key};
            });
  return result;
}

key_figures ready_queue::figures_of(const flow_record& of) const {
  auto result = key_figures{of.priority, of.key, of.weight, {}};
  visit_lanes(of, [&](const lane_record& lane) {
    for (const auto slot : lane.entries.slots())
      include(result.figures, entries_[slot].enqueued);
  });
  return result;
}

// -- examination --------------------------------------------------------------

std::vector<std::string> ready_queue::check() const {
  auto found = std::vector<std::string>{};
  auto in_lanes = std::uint64_t{0};
  for (const auto& [key, pool] : pool_of_) {
    auto in_pool = std::uint64_t{0};
    const auto& of = pools_[pool];
    for (const auto lane : of.is_wide ? of.lanes.slots() : of.few)
      in_pool += check_lane(lane, found);
    if (in_pool != pools_[pool].ages.size())
      found.push_back("a pool's ages are not those of its work");
    in_lanes += in_pool;
  }
  if (in_lanes != pending())
    found.push_back("work is in the queue, but in no lane");
  auto in_flows = std::uint64_t{0};
  for (const auto& in : classes_) {
    for (const auto family : in.families)
      check_family(families_[family], found);
    auto in_class = std::uint64_t{0};
    for (const auto& [key, slot] : in.flows)
      in_class += flows_[slot].pending;
    if (in_class != in.pending)
      found.push_back("a class counts other work than its keys have");
    in_flows += in_class;
  }
  if (in_flows != pending())
    found.push_back("the keys count other work than there is");
  for (const auto& [worker, pool] : reservations_)
    if (pools_[pool].reserved_worker != worker)
      found.push_back("a worker is kept for work that knows nothing of it");
  return found;
}

void ready_queue::check_family(const family_record& of,
                               std::vector<std::string>& found) const {
  for (const auto pool : of.ages.slots())
    if (pools_[pool].is_wide
        || oldest(pools_[pool]) < oldest(pools_[of.ages.top()]))
      found.push_back("the oldest work of a family is not known");
  for (const auto strand : of.strands.slots()) {
    if (rank_of_strand(strand) < rank_of_strand(of.strands.top()))
      found.push_back("a strand is not in order within its family");
    for (const auto lane : strands_[strand].lanes.slots())
      if (lanes_[lane].strand != strand
          || lanes_[lane].flow != strands_[strand].flow
          || rank_of_lane(lane) < rank_of_strand(strand))
        found.push_back("a lane is not in order within its strand");
  }
}

std::uint64_t ready_queue::check_lane(slot_number lane,
                                      std::vector<std::string>& found) const {
  const auto& of = lanes_[lane];
  const auto first = rank_of_pool(of.pool);
  if (rank_of_lane(lane) < first)
    found.push_back("a lane is not in order within its pool");
  const auto top = order_of(entries_[of.entries.top()]);
  for (const auto slot : of.entries.slots()) {
    const auto& each = entries_[slot];
    if (each.lane != lane || find_slot(each.task) != slot)
      found.push_back("work is not where it should be");
    if (order_of(each) < top)
      found.push_back("work is not in order within its lane");
    if (each.enqueued < oldest(pools_[of.pool]))
      found.push_back("the oldest work of a pool is not known");
  }
  return of.entries.size();
}

} // namespace troupe::engine
