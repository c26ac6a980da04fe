#include "actors/engine/run_ledger.hpp"

#include <algorithm>
#include <utility>

// What workers have, and what of it is free.

namespace troupe::engine {

using runtime::outcome;

namespace {

/// As much as nobody asks for.
constexpr auto unlimited = std::uint64_t{1} << 62;

step_resources unlimited_room() {
  auto room = step_resources{};
  room.cpu_thousandths = ~std::uint32_t{0};
  room.memory_bytes = unlimited;
  return room;
}

template <class Amount>
void take_away(Amount& from, Amount what) {
  from -= std::min(from, what);
}

void take_away(resource_amounts& from, const resource_amounts& what) {
  take_away(from.cpu_thousandths, what.cpu_thousandths);
  take_away(from.memory_bytes, what.memory_bytes);
  for (const auto& each : what.custom) {
    const auto found
      = std::ranges::find(from.custom, each.resource, &custom_amount::resource);
    if (found != from.custom.end())
      take_away(found->amount, each.amount);
  }
}

/// The first of what is needed that this worker does not have enough of;
/// empty: there is nothing.
std::string missing(const step_resources& needed,
                    const std::optional<step_resources>& room) {
  if (room && needed.memory_bytes > room->memory_bytes)
    return "memory";
  for (const auto& [name, amount] : needed.custom) {
    if (!room)
      return name;
    const auto found = room->custom.find(name);
    if (found == room->custom.end() || found->second < amount)
      return name;
  }
  return {};
}

} // namespace

activity_id run_ledger::intern(const std::string& activity) {
  const auto next = static_cast<activity_id>(activities_.size());
  return activities_.try_emplace(activity, next).first->second;
}

resource_amounts run_ledger::amounts_of(const step_resources& named) {
  auto amounts = resource_amounts{};
  amounts.cpu_thousandths = named.cpu_thousandths;
  amounts.memory_bytes = named.memory_bytes;
  for (const auto& [name, amount] : named.custom) {
    const auto next = static_cast<resource_id>(resources_.size());
    amounts.custom.push_back(
      {resources_.try_emplace(name, next).first->second, amount});
  }
  std::ranges::sort(amounts.custom);
  return amounts;
}

outcome<void> run_ledger::check_needs(const workflow& of) const {
  if (workers_.empty())
    return {};
  for (const auto& step : of.steps) {
    auto lack = std::string{};
    const auto has_room = [&](const auto& worker) {
      lack = missing(step.resources, worker.second.room);
      return lack.empty();
    };
    if (std::ranges::any_of(workers_, has_room))
      continue;
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.key = "steps." + step.id + ".resources." + lack;
    reason.message = "no worker has that much of it";
    reason.hint = "ask for less, or give the server more: --resource NAME=N";
    return runtime::fail(std::move(reason));
  }
  return check_labels(of);
}

void run_ledger::welcome(const worker_profile& worker) {
  auto& known = workers_[worker.worker];
  known.room = worker.room;
  // A node may have more than one: they count as one place.
  known.node = worker.node.empty() ? options_.node : worker.node;
  known.offer = {};
  known.offer.worker = worker.worker;
  known.offer.total = amounts_of(worker.room.value_or(unlimited_room()));
  const auto intern_all = [this](const std::vector<std::string>& names) {
    auto ids = std::vector<activity_id>{};
    for (const auto& name : names)
      ids.push_back(intern(name));
    std::ranges::sort(ids);
    return ids;
  };
  known.activities = intern_all(worker.activities);
  known.immediate = intern_all(worker.immediate);
  known.labels = worker.labels;
  known.is_held = worker.is_held;
  placement_.welcome({worker.worker, known.node, worker.labels,
                      known.activities, known.offer.total, worker.is_held});
  move_data();
}

resource_amounts run_ledger::free_room(const worker_offer& of) const {
  auto room = of.total;
  const auto held = held_.find(of.worker);
  if (held != held_.end())
    for (const auto& [task, share] : held->second)
      take_away(room, share.needed);
  return room;
}

/// How much that a worker answers at once it may have in addition.
std::size_t run_ledger::room_beyond_credit(const known_worker& of) const {
  if (of.immediate.empty())
    return 0;
  const auto held = held_.find(of.offer.worker);
  const auto under_way = held == held_.end() ? 0 : held->second.size();
  return options_.immediate_max - std::min(options_.immediate_max, under_way);
}

std::vector<assignment> run_ledger::assign(std::uint64_t worker,
                                           std::uint32_t credit,
                                           std::size_t most) {
  auto given = std::vector<assignment>{};
  const auto known = workers_.find(worker);
  if (known == workers_.end() || paused_ || loaded_)
    return given;
  auto beyond = room_beyond_credit(known->second);
  if (credit == 0 && beyond == 0)
    return given;
  auto& offer = known->second.offer;
  offer.free = free_room(offer);
  offer.closed = desk_.closed(context_.now, context_.draw);
  offer.open = placement_.open(worker);
  offer.full = placement_.full(worker, running_);
  offer.larger = placement_.larger(worker);
  offer.activities
    = credit != 0 ? known->second.activities : known->second.immediate;
  while (given.size() < most && (credit != 0 || beyond != 0)) {
    const auto next = queue_.pop(offer, context_.now);
    if (!next) {
      if (credit != 0 && next.error() != no_work::reserved)
        pass_over(offer);
      break;
    }
    const auto found = places_.find(next->task);
    if (found == places_.end())
      continue;
    const auto group = placement_.group_of(found->second.placement);
    const auto at = leave_queue(next->task);
    auto handed = hand_out(at, worker, *next, group);
    // What it took may have been the last of its guard, or of its group.
    if (at.guard != 0)
      offer.closed = desk_.closed(context_.now, context_.draw);
    if (!handed) {
      // What was to follow it may be there already.
      offer.open = placement_.open(worker);
      offer.full = placement_.full(worker, running_);
      continue;
    }
    if (!group.empty())
      placement_.refill(worker, group, running_, offer.full);
    take_away(offer.free, next->needed);
    handed->takes_credit
      = beyond == 0
        || !std::ranges::binary_search(known->second.immediate, next->activity);
    if (!handed->takes_credit)
      --beyond;
    else if (--credit == 0)
      offer.activities = known->second.immediate;
    given.push_back(std::move(*handed));
  }
  do_deferred();
  return given;
}

} // namespace troupe::engine
