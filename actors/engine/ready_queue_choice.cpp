#include "actors/engine/ready_queue.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::engine {

std::uint64_t ready_queue::turn_stride(std::size_t priority) noexcept {
  return std::uint64_t{1} << priority;
}

ready_queue::slot_number ready_queue::first_lane(const pool_record& of) const {
  if (of.is_wide)
    return of.lanes.top();
  return *std::ranges::min_element(of.few, {}, [this](slot_number lane) {
    return rank_of_lane(lane);
  });
}

ready_queue::rank ready_queue::rank_of_pool(slot_number pool) const {
  return rank_of_lane(first_lane(pools_[pool]));
}

ready_queue::rank ready_queue::rank_of_strand(slot_number strand) const {
  return rank_of_lane(strands_[strand].lanes.top());
}

instant ready_queue::oldest(const pool_record& of) const {
  return entries_[of.ages.top()].enqueued;
}

std::int64_t ready_queue::level(std::size_t priority, instant oldest,
                                instant now) const {
  const auto given = static_cast<std::int64_t>(priority);
  if (now <= oldest || options_.wait_step.count() <= 0)
    return given;
  return std::max(std::int64_t{0}, given - (now - oldest) / options_.wait_step);
}

namespace {

bool is_closed(guard_id guard, priority_class priority,
               const std::vector<closed_guard>& closed) {
  if (guard == 0 || closed.empty())
    return false;
  const auto found
    = std::ranges::lower_bound(closed, guard, {}, &closed_guard::guard);
  return found != closed.end() && found->guard == guard
         && priority >= found->from;
}

/// Whether one that has more processors could do it.
bool is_for_larger(const resource_amounts& needed, activity_id activity,
                   const worker_offer& offer) {
  return needed.cpu_thousandths > offer.total.cpu_thousandths
         && std::ranges::any_of(offer.larger, [&](const larger_worker& each) {
              return std::ranges::binary_search(each.activities, activity)
                     && fits(needed, each.total, each.total);
            });
}

/// There is enough of its group on the worker's node.
bool is_full(placement_id placement, const worker_offer& offer) {
  return std::ranges::binary_search(offer.full, placement);
}

} // namespace

bool ready_queue::suits(const pool_key& family, const worker_offer& offer) {
  return std::binary_search(offer.activities.begin(), offer.activities.end(),
                            family.activity)
         && !is_closed(family.guard, family.priority, offer.closed)
         && (family.rules == 0
               ? !is_for_larger(family.needed, family.activity, offer)
               : std::ranges::binary_search(offer.open, family.rules))
         && fits(family.needed, offer.total, offer.total);
}

/// Since when the oldest waits that the worker may have; `never`: there is
/// none.
instant ready_queue::oldest_in(const family_record& of,
                               const worker_offer& offer) const {
  auto since = never;
  for (const auto pool : of.wide)
    if (!is_full(pools_[pool].key.placement, offer))
      since = std::min(since, oldest(pools_[pool]));
  of.ages.walk([&](slot_number pool) {
    const auto& each = pools_[pool];
    if (oldest(each) >= since)
      return false;
    if (is_full(each.key.placement, offer))
      return true;
    since = oldest(each);
    return false;
  });
  return since;
}

/// The first of its pools that are wanted, if it comes before what was found.
template <class Wanted>
void ready_queue::find_first(const family_record& of, const Wanted& is_wanted,
                             slot_number& found, rank& best) const {
  // Whether it, or what comes behind it, could be the one.
  const auto try_lane = [&](slot_number lane) {
    const auto ranked = rank_of_lane(lane);
    if (found != none && ranked >= best)
      return false;
    const auto pool = lanes_[lane].pool;
    if (!is_wanted(pools_[pool]))
      return true;
    found = pool;
    best = ranked;
    return false;
  };
  for (const auto pool : of.wide)
    static_cast<void>(try_lane(pools_[pool].lanes.top()));
  of.strands.walk([&](slot_number strand) {
    if (found != none && rank_of_strand(strand) >= best)
      return false;
    strands_[strand].lanes.walk(try_lane);
    return true;
  });
}

std::optional<ready_queue::candidate>
ready_queue::candidate_of(std::size_t priority, const worker_offer& offer,
                          instant now) const {
  auto found = candidate{};
  auto since = never;
  auto best = rank{};
  const auto may_have = [&](const pool_record& each) {
    return !is_full(each.key.placement, offer);
  };
  for (const auto slot : classes_[priority].families) {
    const auto& each = families_[slot];
    if (!suits(each.key, offer))
      continue;
    since = std::min(since, oldest_in(each, offer));
    if (fits(each.key.needed, offer.free, offer.total))
      find_first(each, may_have, found.best, best);
  }
  if (since == never)
    return std::nullopt;
  found.priority = priority;
  found.level = level(priority, since, now);
  found.turn = std::max(classes_[priority].turn, turn_);
  return found;
}

std::vector<ready_queue::candidate>
ready_queue::candidates(const worker_offer& offer, instant now) const {
  auto found = std::vector<candidate>{};
  found.reserve(priority_classes);
  for (auto priority = std::size_t{0}; priority < priority_classes; ++priority)
    if (const auto one = candidate_of(priority, offer, now))
      found.push_back(*one);
  std::sort(found.begin(), found.end(),
            [](const auto& left, const auto& right) {
              return std::tuple{left.level, left.turn, left.priority}
                     < std::tuple{right.level, right.turn, right.priority};
            });
  return found;
}

tl::expected<ready_queue::slot_number, no_work>
ready_queue::choose(const worker_offer& offer, instant now) {
  const auto order = candidates(offer, now);
  if (order.empty())
    return tl::unexpected{no_work::unsuitable};
  const auto kept = reserved_pool(offer);
  auto kept_level = std::numeric_limits<std::int64_t>::max();
  if (kept != none)
    for (const auto& each : order)
      if (each.priority == static_cast<std::size_t>(pools_[kept].key.priority))
        kept_level = each.level;
  for (const auto& each : order) {
    if (each.level >= kept_level) {
      if (fits(pools_[kept].key.needed, offer.free, offer.total))
        return kept;
      return tl::unexpected{no_work::reserved};
    }
    if (reserve(each, offer, now))
      return tl::unexpected{no_work::reserved};
    if (each.best != none)
      return each.best;
  }
  return tl::unexpected{no_work::no_room};
}

bool ready_queue::reserve(const candidate& of, const worker_offer& offer,
                          instant now) {
  const auto may_keep = !reservations_.contains(offer.worker);
  const auto lacks_worker = [&](const pool_record& each) {
    return !each.reserved_worker && !is_full(each.key.placement, offer);
  };
  auto chosen = none;
  for (const auto slot : classes_[of.priority].families) {
    const auto& family = families_[slot];
    if (fits(family.key.needed, offer.free, offer.total)
        || !suits(family.key, offer))
      continue;
    auto first = none;
    auto ranked = rank{};
    find_first(family, lacks_worker, first, ranked);
    if (first == none || (of.best != none && rank_of_pool(of.best) < ranked))
      continue;
    auto& each = pools_[first];
    if (!each.blocked_since)
      each.blocked_since = now;
    if (may_keep && now - *each.blocked_since >= options_.reserve_after
        && (chosen == none || ranked < rank_of_pool(chosen)))
      chosen = first;
  }
  if (chosen == none)
    return false;
  pools_[chosen].reserved_worker = offer.worker;
  reservations_.emplace(offer.worker, chosen);
  return true;
}

ready_queue::slot_number ready_queue::reserved_pool(const worker_offer& offer) {
  const auto found = reservations_.find(offer.worker);
  if (found == reservations_.end())
    return none;
  const auto pool = found->second;
  const auto& key = pools_[pool].key;
  if (suits(key, offer) && !is_full(key.placement, offer))
    return pool;
  // It cannot do that any more.
  drop_reservation(pool);
  return none;
}

} // namespace troupe::engine
