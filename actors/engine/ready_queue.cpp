#include "actors/engine/ready_queue.hpp"

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

struct ready_queue::lane_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return queue->order_of(queue->entries_[left])
           < queue->order_of(queue->entries_[right]);
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].lane_place;
  }
};

struct ready_queue::age_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->entries_[left];
    const auto& second = queue->entries_[right];
    return std::pair{first.enqueued, first.sequence}
           < std::pair{second.enqueued, second.sequence};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].age_place;
  }
};

struct ready_queue::expiry_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->entries_[left];
    const auto& second = queue->entries_[right];
    return std::pair{first.not_after, first.sequence}
           < std::pair{second.not_after, second.sequence};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].expiry_place;
  }
};

struct ready_queue::pool_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return queue->rank_of_lane(left) < queue->rank_of_lane(right);
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->lanes_[of].pool_place;
  }
};

struct ready_queue::idle_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->flows_[left];
    const auto& second = queue->flows_[right];
    return std::pair{first.pass, first.key}
           < std::pair{second.pass, second.key};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->flows_[of].idle_place;
  }
};

struct ready_queue::key_of_entry {
  const ready_queue* queue;

  [[nodiscard]] task_handle operator()(slot_number of) const {
    return queue->entries_[of].task;
  }
};

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
  return {work.priority, work.activity, work.needed, work.guard,
          work.placement};
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

void ready_queue::attach(slot_number entry, const pool_key& key,
                         std::uint64_t fairness_key, std::uint32_t weight) {
  const auto pool = open_pool(key);
  const auto flow = open_flow(key.priority, fairness_key, weight);
  const auto lane = open_lane(pool, flow);
  entries_[entry].lane = lane;
  auto& entered = lanes_[lane];
  const auto is_new = entered.entries.is_empty();
  entered.entries.push(entry, lane_rules{this});
  if (is_new)
    pools_[pool].lanes.push(lane, pool_rules{this});
  else if (entered.entries.top() == entry)
    pools_[pool].lanes.update(lane, pool_rules{this});
  pools_[pool].ages.push(entry, age_rules{this});
  ++flows_[flow].pending;
  ++class_of(key.priority).pending;
}

ready_queue::slot_number ready_queue::open_pool(const pool_key& key) {
  const auto found = pool_of_.find(key);
  if (found != pool_of_.end())
    return found->second;
  auto opened = pool_record{};
  opened.key = key;
  auto& pools = class_of(key.priority).pools;
  opened.class_place = static_cast<slot_number>(pools.size());
  const auto slot = pools_.add(std::move(opened));
  pools.push_back(slot);
  pool_of_.emplace(key, slot);
  return slot;
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

ready_queue::slot_number ready_queue::open_lane(slot_number pool,
                                                slot_number flow) {
  for (const auto known : flows_[flow].lanes)
    if (lanes_[known].pool == pool)
      return known;
  auto opened = lane_record{};
  opened.pool = pool;
  opened.flow = flow;
  const auto slot = lanes_.add(std::move(opened));
  flows_[flow].lanes.push_back(slot);
  return slot;
}

// -- leaving ------------------------------------------------------------------

void ready_queue::detach(slot_number entry) {
  const auto lane = std::exchange(entries_[entry].lane, none);
  const auto pool = lanes_[lane].pool;
  const auto flow = lanes_[lane].flow;
  auto& left = lanes_[lane];
  pools_[pool].ages.erase(entry, age_rules{this});
  if (left.entries.size() == 1) {
    pools_[pool].lanes.erase(lane, pool_rules{this});
    std::erase(flows_[flow].lanes, lane);
    lanes_.erase(lane);
  } else {
    const auto was_first = left.entries.top() == entry;
    left.entries.erase(entry, lane_rules{this});
    if (was_first)
      pools_[pool].lanes.update(lane, pool_rules{this});
  }
  if (pools_[pool].lanes.is_empty())
    close_pool(pool);
  leave_flow(flow);
}

void ready_queue::close_pool(slot_number pool) {
  drop_reservation(pool);
  auto& pools = class_of(pools_[pool].key.priority).pools;
  const auto place = pools_[pool].class_place;
  pools[place] = pools.back();
  pools_[pools[place]].class_place = place;
  pools.pop_back();
  pool_of_.erase(pools_[pool].key);
  pools_.erase(pool);
}

void ready_queue::leave_flow(slot_number flow) {
  auto& left = flows_[flow];
  auto& of = class_of(left.priority);
  if (--left.pending == 0) {
    left.lanes = {};
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
  const auto lane = pools_[*pool].lanes.top();
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
