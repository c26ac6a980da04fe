#include "actors/engine/ready_queue.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::engine {

std::uint64_t ready_queue::turn_stride(std::size_t priority) noexcept {
  return std::uint64_t{1} << priority;
}

ready_queue::rank ready_queue::rank_of_pool(slot_number pool) const {
  return rank_of_lane(pools_[pool].lanes.top());
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

} // namespace

bool ready_queue::suits(const pool_record& of,
                        const worker_offer& offer) const {
  return std::binary_search(offer.activities.begin(), offer.activities.end(),
                            of.key.activity)
         && !is_closed(of.key.guard, of.key.priority, offer.closed)
         && (of.key.placement == 0
             || std::ranges::binary_search(offer.open, of.key.placement))
         && fits(of.key.needed, offer.total, offer.total);
}

std::optional<ready_queue::candidate>
ready_queue::candidate_of(std::size_t priority, const worker_offer& offer,
                          instant now) const {
  auto found = candidate{};
  auto since = never;
  auto best = rank{};
  for (const auto slot : classes_[priority].pools) {
    const auto& each = pools_[slot];
    if (!suits(each, offer))
      continue;
    since = std::min(since, oldest(each));
    if (!fits(each.key.needed, offer.free, offer.total))
      continue;
    const auto ranked = rank_of_pool(slot);
    if (found.best == none || ranked < best) {
      found.best = slot;
      best = ranked;
    }
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
  auto chosen = none;
  for (const auto slot : classes_[of.priority].pools) {
    auto& each = pools_[slot];
    if (fits(each.key.needed, offer.free, offer.total) || !suits(each, offer)
        || (of.best != none && rank_of_pool(of.best) < rank_of_pool(slot)))
      continue;
    if (!each.blocked_since)
      each.blocked_since = now;
    if (may_keep && !each.reserved_worker
        && now - *each.blocked_since >= options_.reserve_after
        && (chosen == none || rank_of_pool(slot) < rank_of_pool(chosen)))
      chosen = slot;
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
  if (suits(pools_[pool], offer))
    return pool;
  // It cannot do that any more.
  drop_reservation(pool);
  return none;
}

} // namespace troupe::engine
