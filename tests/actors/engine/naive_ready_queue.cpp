#include "tests/actors/engine/naive_ready_queue.hpp"

#include <algorithm>
#include <set>

using namespace troupe::engine;

namespace {

constexpr auto placement_id_at = std::size_t{5}; // In a kind.

bool can_do(const worker_offer& offer, const ready_work& work) {
  for (const auto& [guard, from] : offer.closed)
    if (work.guard == guard && work.priority >= from)
      return false;
  if (work.rules != 0
      && std::count(offer.open.begin(), offer.open.end(), work.rules) == 0)
    return false;
  if (std::count(offer.full.begin(), offer.full.end(), work.placement) != 0)
    return false;
  if (work.rules == 0
      && work.needed.cpu_thousandths > offer.total.cpu_thousandths)
    for (const auto& [activities, total] : offer.larger)
      if (std::count(activities.begin(), activities.end(), work.activity) != 0
          && fits(work.needed, total, total))
        return false;
  return std::count(offer.activities.begin(), offer.activities.end(),
                    work.activity)
           > 0
         && fits(work.needed, offer.total, offer.total);
}

} // namespace

naive_ready_queue::kind naive_ready_queue::kind_of(const item& of) {
  return {of.work.priority, of.work.activity, of.work.needed,
          of.work.guard,    of.work.rules,    of.work.placement};
}

naive_ready_queue::rank naive_ready_queue::rank_of(const item& of) const {
  auto due = of.work.enqueued + options_.patience;
  if (of.work.deadline)
    due = std::min(due, std::max(*of.work.deadline, of.work.enqueued));
  const auto& share = shares_.at({of.work.priority, of.work.fairness_key});
  return {share.pass, due, of.work.enqueued, of.sequence};
}

void naive_ready_queue::enter(item added) {
  const auto& work = added.work;
  auto& share = shares_[{work.priority, work.fairness_key}];
  const auto is_idle
    = std::none_of(items_.begin(), items_.end(), [&](const item& other) {
        return !other.is_overdue && other.work.priority == work.priority
               && other.work.fairness_key == work.fairness_key;
      });
  if (is_idle)
    share.pass = std::max(share.pass, pass_[work.priority]);
  share.weight = work.weight;
  items_.push_back(std::move(added));
}

bool naive_ready_queue::push(const ready_work& work, instant now,
                             admission how) {
  for (const auto& each : items_)
    if (each.work.task == work.task)
      return false;
  const auto pending = [this] {
    return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(),
                    [](const item& each) { return !each.is_overdue; }));
  };
  if (how == admission::fresh && pending() >= options_.pending_max) {
    mark_overdue(now);
    if (pending() >= options_.pending_max)
      return false;
  }
  enter({work, sequence_++, false});
  return true;
}

void naive_ready_queue::release_kind(const kind& of) {
  blocked_since_.erase(of);
  std::erase_if(kept_,
                [&, is = of](const auto& each) { return each.second == is; });
}

void naive_ready_queue::clean_up(const item& left) {
  const auto waits = [this](const auto& is_same) {
    return std::any_of(items_.begin(), items_.end(), [&](const item& each) {
      return !each.is_overdue && is_same(each);
    });
  };
  if (!waits([&](const item& each) { return kind_of(each) == kind_of(left); }))
    release_kind(kind_of(left));
  const auto priority = left.work.priority;
  if (waits([&](const item& each) { return each.work.priority == priority; }))
    return;
  pass_.erase(priority);
  std::erase_if(shares_,
                [&](const auto& each) { return each.first.first == priority; });
}

naive_ready_queue::item naive_ready_queue::leave(std::size_t index) {
  auto left = items_[index];
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!left.is_overdue)
    clean_up(left);
  return left;
}

void naive_ready_queue::mark_overdue(instant now) {
  for (auto& each : items_) {
    if (each.is_overdue || !each.work.not_after || *each.work.not_after > now)
      continue;
    each.is_overdue = true;
    clean_up(each);
  }
}

std::int64_t naive_ready_queue::level(priority_class priority,
                                      const worker_offer& offer,
                                      instant now) const {
  auto level = static_cast<std::int64_t>(priority);
  auto oldest = now;
  for (const auto& each : items_)
    if (!each.is_overdue && each.work.priority == priority
        && can_do(offer, each.work))
      oldest = std::min(oldest, each.work.enqueued);
  for (auto reached = oldest + options_.wait_step; reached <= now && level > 0;
       reached += options_.wait_step)
    --level;
  return level;
}

std::optional<std::size_t> naive_ready_queue::first(priority_class priority,
                                                    const worker_offer& offer,
                                                    bool must_fit) const {
  auto found = std::optional<std::size_t>{};
  for (std::size_t index = 0; index < items_.size(); ++index) {
    const auto& each = items_[index];
    if (each.is_overdue || each.work.priority != priority
        || !can_do(offer, each.work)
        || (must_fit && !fits(each.work.needed, offer.free, offer.total)))
      continue;
    if (!found || rank_of(each) < rank_of(items_[*found]))
      found = index;
  }
  return found;
}

std::vector<priority_class> naive_ready_queue::order(const worker_offer& offer,
                                                     instant now) const {
  auto keys
    = std::vector<std::tuple<std::int64_t, std::uint64_t, priority_class>>{};
  for (auto index = 0; index < 5; ++index) {
    const auto priority = static_cast<priority_class>(index);
    if (!first(priority, offer, false))
      continue;
    const auto turn = turns_.contains(priority) ? turns_.at(priority) : 0;
    keys.emplace_back(level(priority, offer, now), std::max(turn, turn_),
                      priority);
  }
  std::sort(keys.begin(), keys.end());
  auto result = std::vector<priority_class>{};
  for (const auto& [level, turn, priority] : keys)
    result.push_back(priority);
  return result;
}

bool naive_ready_queue::keep_worker(priority_class priority,
                                    const worker_offer& offer, instant now) {
  const auto best = first(priority, offer, true);
  auto passed_over = std::vector<std::pair<rank, kind>>{};
  for (const auto& each : items_) {
    if (each.is_overdue || each.work.priority != priority
        || !can_do(offer, each.work)
        || fits(each.work.needed, offer.free, offer.total))
      continue;
    if (!best || rank_of(each) < rank_of(items_[*best]))
      passed_over.emplace_back(rank_of(each), kind_of(each));
  }
  std::sort(passed_over.begin(), passed_over.end());
  auto families = std::set<kind>{};
  const auto may_keep = !kept_.contains(offer.worker);
  for (const auto& [ranked, of] : passed_over) {
    const auto is_kept
      = std::any_of(kept_.begin(), kept_.end(), [&, is = of](const auto& each) {
          return each.second == is;
        });
    auto family = of;
    std::get<placement_id_at>(family) = 0;
    // Of those that differ in their group, the first that nobody is kept for.
    if (is_kept || !families.insert(family).second)
      continue;
    const auto since = blocked_since_.try_emplace(of, now).first->second;
    if (may_keep && !kept_.contains(offer.worker)
        && now - since >= options_.reserve_after)
      kept_.emplace(offer.worker, of);
  }
  return may_keep && kept_.contains(offer.worker);
}

ready_work naive_ready_queue::take(std::size_t index) {
  constexpr auto unit = std::uint64_t{1} << 22U;
  constexpr auto credit = 32 * unit;
  const auto work = items_[index].work;
  release_kind(kind_of(items_[index]));
  auto& share = shares_.at({work.priority, work.fairness_key});
  auto& pass = pass_[work.priority];
  pass = std::max(pass, share.pass);
  if (pass > credit)
    share.pass = std::max(share.pass, pass - credit);
  share.pass += unit / std::clamp(share.weight, 1U, 10'000U);
  auto& turn = turns_[work.priority];
  turn_ = std::max(turn_, turn);
  turn = turn_ + (1U << static_cast<unsigned>(work.priority));
  auto taken = work;
  taken.weight = share.weight;
  static_cast<void>(leave(index));
  return taken;
}

tl::expected<ready_work, no_work>
naive_ready_queue::pop(const worker_offer& offer, instant now) {
  if (is_paused)
    return tl::unexpected{no_work::paused};
  mark_overdue(now);
  if (std::all_of(items_.begin(), items_.end(),
                  [](const item& each) { return each.is_overdue; }))
    return tl::unexpected{no_work::empty};
  const auto classes = order(offer, now);
  if (classes.empty())
    return tl::unexpected{no_work::unsuitable};
  const auto kept = kept_.find(offer.worker);
  auto kept_class = std::optional<priority_class>{};
  if (kept != kept_.end()) {
    const auto& [priority, activity, needed, guard, rules, placement]
      = kept->second;
    auto work = ready_work{};
    work.priority = priority;
    work.activity = activity;
    work.needed = needed;
    work.guard = guard;
    work.rules = rules;
    work.placement = placement;
    if (can_do(offer, work))
      kept_class = priority;
    else
      kept_.erase(kept);
  }
  for (const auto priority : classes) {
    if (kept_class
        && level(priority, offer, now) >= level(*kept_class, offer, now)) {
      const auto of = kept_.at(offer.worker);
      if (!fits(std::get<2>(of), offer.free, offer.total))
        return tl::unexpected{no_work::reserved};
      auto best = std::optional<std::size_t>{};
      for (std::size_t index = 0; index < items_.size(); ++index)
        if (!items_[index].is_overdue && kind_of(items_[index]) == of
            && (!best || rank_of(items_[index]) < rank_of(items_[*best])))
          best = index;
      return take(best.value());
    }
    if (keep_worker(priority, offer, now))
      return tl::unexpected{no_work::reserved};
    if (const auto best = first(priority, offer, true))
      return take(*best);
  }
  return tl::unexpected{no_work::no_room};
}

bool naive_ready_queue::remove(task_handle task) {
  for (std::size_t index = 0; index < items_.size(); ++index)
    if (items_[index].work.task == task) {
      static_cast<void>(leave(index));
      return true;
    }
  return false;
}

std::vector<task_handle> naive_ready_queue::expire(instant now) {
  mark_overdue(now);
  auto late = std::vector<std::tuple<instant, std::uint64_t, task_handle>>{};
  for (const auto& each : items_)
    if (each.is_overdue)
      late.emplace_back(each.work.not_after.value(), each.sequence,
                        each.work.task);
  std::sort(late.begin(), late.end());
  auto result = std::vector<task_handle>{};
  for (const auto& [when, sequence, task] : late)
    result.push_back(task);
  std::erase_if(items_, [](const item& each) { return each.is_overdue; });
  return result;
}

std::optional<instant> naive_ready_queue::next_expiry() const {
  auto next = std::optional<instant>{};
  for (const auto& each : items_)
    if (each.work.not_after && (!next || *each.work.not_after < *next))
      next = each.work.not_after;
  return next;
}

bool naive_ready_queue::reprioritise(task_handle task, priority_class priority,
                                     std::optional<instant> deadline) {
  for (std::size_t index = 0; index < items_.size(); ++index) {
    if (items_[index].work.task != task || items_[index].is_overdue)
      continue;
    const auto& found = items_[index].work;
    const auto weight = shares_.at({found.priority, found.fairness_key}).weight;
    auto moved = leave(index);
    moved.work.priority = priority;
    moved.work.deadline = deadline;
    moved.work.weight = weight;
    enter(std::move(moved));
    return true;
  }
  return false;
}

void naive_ready_queue::forget_worker(std::uint64_t worker) {
  kept_.erase(worker);
}
