#include "actors/engine/ready_queue_rules.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::engine {

namespace {

/// What one piece of work of weight 1 adds to a virtual time. With weights up
/// to 10,000 shares are exact to 0.3 %, and 64 bits last for 2^42 pieces.
constexpr auto pass_unit = std::uint64_t{1} << 22U;
constexpr auto weight_max = std::uint32_t{10'000};

std::chrono::microseconds seconds_to_micros(double seconds) {
  // Beyond a day nobody waits, and the double still fits the integer.
  return std::chrono::microseconds{
    std::llround(std::min(seconds, 86'400.0) * 1e6)};
}

} // namespace

ready_queue::ready_queue(const ready_queue_options& options)
  : options_{options}, rate_{options.rate_window} {}

std::uint64_t ready_queue::stride_of(const flow_record& of) noexcept {
  return pass_unit / std::clamp(of.weight, std::uint32_t{1}, weight_max);
}

std::uint64_t ready_queue::catch_up_base(const class_state& in,
                                         const flow_record& of) noexcept {
  constexpr auto credit = 32 * pass_unit;
  return std::max(of.pass, in.pass - std::min(in.pass, credit));
}

instant ready_queue::due(const entry_record& of) const noexcept {
  return std::clamp(of.deadline, of.enqueued, of.enqueued + options_.patience);
}

ready_queue::rank ready_queue::rank_of_lane(slot_number lane) const {
  const auto& ranked = lanes_[lane];
  const auto& first = entries_[ranked.entries.top()];
  return {flows_[ranked.flow].pass, due(first), first.enqueued, first.sequence};
}

ready_queue::slot_number ready_queue::find_slot(task_handle task) const {
  return index_.find(task, key_of_entry{this}).value_or(none);
}

bool ready_queue::contains(task_handle task) const {
  return find_slot(task) != none;
}

ready_queue::pool_key ready_queue::key_of(const ready_work& work) {
  return {work.priority, work.activity, work.needed,
          work.guard,    work.rules,    work.placement};
}

ready_work ready_queue::work_of(slot_number entry) const {
  const auto& stored = entries_[entry];
  const auto& lane = lanes_[stored.lane];
  const auto& key = pools_[lane.pool].key;
  const auto& flow = flows_[lane.flow];
  auto work = ready_work{};
  work.task = stored.task;
  work.priority = key.priority;
  work.enqueued = stored.enqueued;
  if (stored.deadline != never)
    work.deadline = stored.deadline;
  if (stored.not_after != never)
    work.not_after = stored.not_after;
  work.fairness_key = flow.key;
  work.weight = flow.weight;
  work.activity = key.activity;
  work.needed = key.needed;
  work.guard = key.guard;
  work.rules = key.rules;
  work.placement = key.placement;
  return work;
}

std::optional<ready_work> ready_queue::find(task_handle task) const {
  const auto found = find_slot(task);
  if (found == none || entries_[found].lane == none)
    return std::nullopt;
  return work_of(found);
}

// -- entering -----------------------------------------------------------------

tl::expected<void, push_refusal> ready_queue::push(const ready_work& work,
                                                   instant now, admission how) {
  if (contains(work.task))
    return tl::unexpected{push_refusal{push_refusal::why::duplicate, {}}};
  if (how == admission::fresh && pending() >= options_.pending_max) {
    retire_overdue(now);
    if (pending() >= options_.pending_max)
      return tl::unexpected{refuse_full(now)};
  }
  auto added = entry_record{};
  added.task = work.task;
  added.enqueued = work.enqueued;
  added.deadline = work.deadline.value_or(never);
  added.not_after = work.not_after.value_or(never);
  added.sequence = sequence_++;
  const auto slot = entries_.add(added);
  index_.insert(slot, key_of_entry{this});
  if (work.not_after)
    expiries_.push(slot, expiry_rules{this});
  attach(slot, key_of(work), work.fairness_key, work.weight);
  return {};
}

push_refusal ready_queue::refuse_full(instant now) {
  // Each of those refused is sent to the end of a line of their own, so that
  // they do not all come back for the same place.
  ++refused_;
  ++owed_;
  const auto rate = is_paused_ ? std::nullopt : rate_.per_second(now);
  const auto wait = rate ? seconds_to_micros(static_cast<double>(owed_) / *rate)
                         : options_.retry_after_max;
  return {push_refusal::why::queue_full,
          std::clamp(wait, options_.retry_after_min, options_.retry_after_max)};
}

ready_queue::slot_number ready_queue::open_flow(priority_class priority,
                                                std::uint64_t key,
                                                std::uint32_t weight) {
  auto& entered = class_of(priority);
  const auto found = entered.flows.find(key);
  if (found != entered.flows.end()) {
    auto& known = flows_[found->second];
    known.weight = weight;
    if (known.pending == 0)
      entered.idle.erase(found->second, idle_rules{this});
    return found->second;
  }
  auto opened = flow_record{};
  opened.key = key;
  opened.pass = entered.pass;
  opened.weight = weight;
  opened.priority = priority;
  const auto slot = flows_.add(std::move(opened));
  entered.flows.emplace(key, slot);
  return slot;
}

// -- leaving ------------------------------------------------------------------

void ready_queue::leave_flow(slot_number flow) {
  auto& left = flows_[flow];
  auto& of = class_of(left.priority);
  if (--left.pending == 0) {
    left.lanes = {};
    left.strands = {};
    if (left.pass > of.pass)
      of.idle.push(flow, idle_rules{this});
    else
      close_flow(of, flow);
  }
  if (--of.pending > 0)
    return;
  // Nobody waits whom anybody could be ahead of: all begin anew.
  for (const auto& [key, idle] : of.flows)
    flows_.erase(idle);
  of.flows = {};
  of.idle = {};
  of.pass = 0;
}

void ready_queue::close_flow(class_state& of, slot_number flow) {
  of.flows.erase(flows_[flow].key);
  flows_.erase(flow);
}

void ready_queue::advance(class_state& of, std::uint64_t pass) {
  of.pass = std::max(of.pass, pass);
  while (!of.idle.is_empty() && flows_[of.idle.top()].pass <= of.pass) {
    const auto caught_up = of.idle.top();
    of.idle.erase(caught_up, idle_rules{this});
    close_flow(of, caught_up);
  }
}

void ready_queue::forget(slot_number entry) {
  index_.erase(entry, key_of_entry{this});
  entries_.erase(entry);
  if (owed_ > 0)
    --owed_;
}

bool ready_queue::remove(task_handle task) {
  const auto found = find_slot(task);
  if (found == none)
    return false;
  if (entries_[found].lane == none) {
    const auto place = entries_[found].expiry_place;
    overdue_[place] = overdue_.back();
    entries_[overdue_[place]].expiry_place = place;
    overdue_.pop_back();
  } else {
    detach(found);
    if (entries_[found].not_after != never)
      expiries_.erase(found, expiry_rules{this});
  }
  forget(found);
  ++removed_;
  return true;
}

void ready_queue::retire_overdue(instant now) {
  while (!expiries_.is_empty() && entries_[expiries_.top()].not_after <= now) {
    const auto late = expiries_.top();
    expiries_.erase(late, expiry_rules{this});
    detach(late);
    entries_[late].expiry_place = static_cast<slot_number>(overdue_.size());
    overdue_.push_back(late);
  }
}

std::vector<task_handle> ready_queue::expire(instant now) {
  retire_overdue(now);
  std::sort(overdue_.begin(), overdue_.end(),
            [this](slot_number left, slot_number right) {
              return expiry_rules{this}.comes_before(left, right);
            });
  auto expired = std::vector<task_handle>{};
  expired.reserve(overdue_.size());
  for (const auto late : std::exchange(overdue_, {})) {
    expired.push_back(entries_[late].task);
    forget(late);
  }
  expired_ += expired.size();
  return expired;
}

std::optional<instant> ready_queue::next_expiry() const {
  auto next = never;
  for (const auto late : overdue_)
    next = std::min(next, entries_[late].not_after);
  if (!expiries_.is_empty())
    next = std::min(next, entries_[expiries_.top()].not_after);
  if (next == never)
    return std::nullopt;
  return next;
}

bool ready_queue::reprioritise(task_handle task, priority_class priority,
                               std::optional<instant> deadline) {
  const auto found = find_slot(task);
  if (found == none || entries_[found].lane == none)
    return false;
  auto work = work_of(found);
  work.priority = priority;
  detach(found);
  entries_[found].deadline = deadline.value_or(never);
  attach(found, key_of(work), work.fairness_key, work.weight);
  return true;
}

// -- being taken --------------------------------------------------------------

tl::expected<ready_work, no_work> ready_queue::pop(const worker_offer& offer,
                                                   instant now) {
  if (is_paused_)
    return tl::unexpected{no_work::paused};
  retire_overdue(now);
  if (pending() == 0)
    return tl::unexpected{no_work::empty};
  const auto pool = choose(offer, now);
  if (!pool)
    return tl::unexpected{pool.error()};
  pools_[*pool].blocked_since.reset();
  drop_reservation(*pool);
  const auto lane = first_lane(pools_[*pool]);
  const auto taken = lanes_[lane].entries.top();
  auto work = work_of(taken);
  charge(lanes_[lane].flow);
  detach(taken);
  if (work.not_after)
    expiries_.erase(taken, expiry_rules{this});
  forget(taken);
  ++taken_;
  rate_.record(now);
  return work;
}

void ready_queue::charge(slot_number flow) {
  auto& served = flows_[flow];
  auto& of = class_of(served.priority);
  advance(of, served.pass);
  served.pass = catch_up_base(of, served) + stride_of(served);
  for (const auto lane : served.lanes)
    if (auto& beside = pools_[lanes_[lane].pool].lanes; beside.size() != 1)
      beside.update(lane, pool_rules{this});
  for (const auto strand : served.strands)
    families_[strands_[strand].family].strands.update(strand,
                                                      family_rules{this});
  turn_ = std::max(turn_, of.turn);
  of.turn = turn_ + turn_stride(static_cast<std::size_t>(served.priority));
}

void ready_queue::drop_reservation(slot_number pool) {
  if (const auto worker = std::exchange(pools_[pool].reserved_worker, {}))
    reservations_.erase(*worker);
}

void ready_queue::forget_worker(std::uint64_t worker) {
  const auto found = reservations_.find(worker);
  if (found != reservations_.end())
    drop_reservation(found->second);
}

} // namespace troupe::engine
