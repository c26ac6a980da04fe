#include "actors/engine/guard_desk.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

namespace troupe::engine {

using namespace std::chrono_literals;

using runtime::call_class;
using runtime::guard_layer;
using runtime::guard_reason;

namespace {

runtime::guard_time time_at(instant now) {
  return {runtime::clock::steady_time{now.time_since_epoch()}, now};
}

/// What of a guard counts where the engine queues, tries again and times.
void reduce(runtime::guard_options& options) {
  options.deadline = {};
  options.retry.reset();
  options.attempt_timeout = {};
  options.calls_max = std::numeric_limits<std::size_t>::max();
  if (options.bulkhead) {
    options.bulkhead->queue_max = 0;
    options.bulkhead->queue_timeout = {};
  }
}

runtime::guard_call call_of_class(priority_class priority) {
  auto call = runtime::guard_call{};
  call.rank = static_cast<call_class>(priority);
  return call;
}

waiting_reason::kind kind_of(guard_layer layer) {
  switch (layer) {
    case guard_layer::rate:
    case guard_layer::quota:
      return waiting_reason::kind::quota;
    case guard_layer::bulkhead:
      return waiting_reason::kind::slot;
    default:
      return waiting_reason::kind::timer;
  }
}

std::string words_of(const runtime::guard_refusal& refused,
                     const runtime::guard_options& options) {
  switch (refused.reason) {
    case guard_reason::rate_exceeded:
      return "its rate is used up";
    case guard_reason::quota_exhausted:
      return "its quota of " + std::to_string(options.quota->limit)
             + " is used up";
    case guard_reason::quota_reserved:
      return "what is left of its quota is for critical and high runs";
    case guard_reason::too_large:
      return "its whole quota is for critical and high runs";
    case guard_reason::queue_full:
      return "all of its " + std::to_string(options.bulkhead->concurrent_max)
             + " slots are taken";
    case guard_reason::circuit_open:
      return "its circuit is open";
    default:
      return std::string{to_string(refused.reason)};
  }
}

} // namespace

guard_desk::guard_desk(const runtime::guard_file& guards) {
  guards_.reserve(guards.size());
  for (const auto& [name, options] : guards) {
    auto& added = guards_.emplace_back();
    added.name = name;
    added.options = options;
    reduce(added.options);
    added.inside.emplace(added.options, runtime::guard_time{});
    ids_[name] = static_cast<guard_id>(guards_.size());
  }
}

const guard_desk::guard_entry& guard_desk::entry(guard_id guard) const {
  return guards_.at(guard - 1);
}

guard_desk::guard_entry& guard_desk::entry(guard_id guard) {
  return guards_.at(guard - 1);
}

bool guard_desk::knows(std::string_view name) const {
  const auto found = ids_.find(name);
  return found != ids_.end() && entry(found->second).inside;
}

std::vector<std::string> guard_desk::names() const {
  auto known = std::vector<std::string>{};
  for (const auto& [name, id] : ids_)
    if (entry(id).inside)
      known.push_back(name);
  return known;
}

guard_id guard_desk::id_of(const std::string& name) {
  if (name.empty())
    return 0;
  const auto next = static_cast<guard_id>(guards_.size() + 1);
  const auto [found, is_new] = ids_.try_emplace(name, next);
  if (is_new)
    guards_.emplace_back().name = name;
  return found->second;
}

// -- work ---------------------------------------------------------------------

void guard_desk::enter(guard_id guard) {
  if (guard != 0)
    ++entry(guard).waiting;
}

void guard_desk::leave(guard_id guard) {
  if (guard != 0)
    --entry(guard).waiting;
}

/// Finds out who would be let through, and when others would.
void guard_desk::look_at(guard_entry& of, instant now,
                         const draw_source& draw) {
  of.refusal.reset();
  of.opens_at.reset();
  of.is_closed = !of.inside;
  of.closed_from = priority_class::critical;
  if (!of.inside)
    return;
  const auto at = time_at(now);
  // Chance matters to circuits alone.
  of.inside->tick(at, of.options.breaker ? draw() : 0);
  take_events_of(of);
  const auto of_all
    = of.inside->would_refuse(call_of_class(priority_class::critical), at);
  of.refusal
    = of_all
        ? of_all
        : of.inside->would_refuse(call_of_class(priority_class::normal), at);
  if (!of.refusal)
    return;
  of.is_closed = true;
  of.closed_from = of_all ? priority_class::critical : priority_class::normal;
  if (of.refusal->retry_after)
    // A moment that is over and changes nothing must not be waited for.
    of.opens_at = now
                  + std::max(std::chrono::ceil<std::chrono::microseconds>(
                               *of.refusal->retry_after),
                             std::chrono::microseconds{1ms});
}

std::vector<closed_guard> guard_desk::closed(instant now,
                                             const draw_source& draw) {
  auto found = std::vector<closed_guard>{};
  for (auto i = std::size_t{0}; i < guards_.size(); ++i) {
    auto& each = guards_[i];
    if (each.waiting == 0)
      continue;
    look_at(each, now, draw);
    if (each.is_closed)
      found.push_back({static_cast<guard_id>(i + 1), each.closed_from});
  }
  return found;
}

desk_permit guard_desk::begin(guard_id guard, priority_class priority,
                              bool is_retry, instant now,
                              const draw_source& draw) {
  auto& of = entry(guard);
  auto call = call_of_class(priority);
  call.id = ++last_call_;
  call.is_retry = is_retry;
  const auto admitted
    = of.inside
      && std::holds_alternative<runtime::guard_permit>(
        of.inside->admit(call, time_at(now), of.options.breaker ? draw() : 0));
  if (!admitted)
    throw std::logic_error{"work passed the guard " + of.name
                           + ", which lets nobody through"};
  take_events_of(of);
  of.permits.emplace(call.id, now);
  of.is_changed = true;
  return {guard, call.id};
}

desk_permit guard_desk::adopt(guard_id guard, priority_class priority,
                              instant now) {
  auto& of = entry(guard);
  auto call = call_of_class(priority);
  call.id = ++last_call_;
  // Of no guard there is, nobody is kept waiting by it.
  if (of.inside)
    static_cast<void>(of.inside->adopt(call, 1, time_at(now)));
  of.permits.emplace(call.id, now);
  return {guard, call.id};
}

void guard_desk::end(const desk_permit& permit,
                     const runtime::attempt_report& how, instant now,
                     const draw_source& draw) {
  auto& of = entry(permit.guard);
  if (of.permits.erase(permit.call) == 0 || !of.inside)
    return;
  static_cast<void>(of.inside->finished(permit.call, 1, how, time_at(now),
                                        of.options.breaker ? draw() : 0));
  take_events_of(of);
  of.is_changed = true;
}

bool guard_desk::try_retry(guard_id guard, instant now) {
  if (guard == 0 || !entry(guard).inside)
    return true;
  entry(guard).is_changed = true;
  return entry(guard).inside->try_retry(time_at(now));
}

std::optional<instant> guard_desk::next_check(instant now) const {
  auto next = std::optional<instant>{};
  for (const auto& each : guards_)
    if (each.waiting != 0 && each.is_closed && each.opens_at
        && *each.opens_at > now && (!next || *each.opens_at < *next))
      next = each.opens_at;
  return next;
}

// -- what is told and kept ----------------------------------------------------

void guard_desk::take_events_of(guard_entry& of) {
  for (auto& event : of.inside->take_events()) {
    if (auto* change = std::get_if<runtime::breaker_transition>(&event))
      events_.push_back({of.name, std::move(*change)});
    else if (auto* warning = std::get_if<runtime::quota_warning>(&event))
      events_.push_back({of.name, std::move(*warning)});
    else
      continue; // The engine has the rest in the histories of runs.
    of.is_changed = true;
  }
}

std::vector<desk_event> guard_desk::take_events() {
  return std::exchange(events_, {});
}

std::vector<named_guard_record> guard_desk::take_records(instant now) {
  auto records = std::vector<named_guard_record>{};
  for (auto& each : guards_)
    if (each.inside && std::exchange(each.is_changed, false))
      records.push_back({each.name, each.inside->save(time_at(now))});
  return records;
}

void guard_desk::restore(const named_guard_record& saved, instant now) {
  const auto found = ids_.find(saved.guard);
  if (found == ids_.end() || !entry(found->second).inside)
    return;
  auto& of = entry(found->second);
  // Of what is too old, the quota alone counts: the guard sees to it.
  static_cast<void>(of.inside->restore(saved.record, time_at(now)));
  take_events_of(of);
}

bool guard_desk::reset(std::string_view name, instant now) {
  const auto found = ids_.find(name);
  if (found == ids_.end() || !entry(found->second).inside)
    return false;
  auto& of = entry(found->second);
  of.inside->reset(time_at(now));
  take_events_of(of);
  return true;
}

// -- looking ------------------------------------------------------------------

std::size_t guard_desk::running(guard_id guard) const {
  return entry(guard).permits.size();
}

std::uint64_t guard_desk::waiting(guard_id guard) const {
  return entry(guard).waiting;
}

std::vector<desk_status> guard_desk::status(instant now,
                                            const draw_source& draw) {
  auto all = std::vector<desk_status>{};
  for (const auto& [name, id] : ids_) {
    auto& of = entry(id);
    if (!of.inside)
      continue;
    look_at(of, now, draw);
    auto& shown = all.emplace_back();
    shown.guard = name;
    shown.inside = of.inside->status(time_at(now));
    shown.waiting = of.waiting;
    shown.has_breaker = of.options.breaker.has_value();
    if (of.options.bulkhead)
      shown.concurrent_max = of.options.bulkhead->concurrent_max;
    if (of.options.quota)
      shown.quota_limit = of.options.quota->limit;
    if (!of.refusal)
      continue;
    shown.closed_from = of.closed_from;
    shown.closed = waiting_reason{kind_of(of.refusal->layer),
                                  "guard " + name + ": "
                                    + words_of(*of.refusal, of.options),
                                  instant{}, of.opens_at.value_or(instant{})};
  }
  return all;
}

} // namespace troupe::engine
