#include "actors/scheduler/schedule_book.hpp"

#include <algorithm>

namespace troupe::scheduler {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

schedule_book::schedule_book(std::size_t schedules_max, std::uint64_t epoch,
                             std::chrono::microseconds ahead)
  : schedules_max_{schedules_max}, epoch_{epoch}, ahead_{ahead},
    due_{schedules_max} {}

tl::unexpected<runtime::problem>
schedule_book::no_such_schedule(const std::string& id) {
  return fail(problem_kind::not_found, "there is no schedule " + id,
              "list them with troupe schedule list");
}

const known_schedule* schedule_book::find(const std::string& id) const {
  const auto found = schedules_.find(id);
  return found == schedules_.end() ? nullptr : found->second.get();
}

// -- who comes after whom -----------------------------------------------------

void schedule_book::index(const known_schedule& of) {
  for (const auto& id : of.definition.after)
    followers_[id].insert(of.definition.id);
}

void schedule_book::unindex(const known_schedule& of) {
  for (const auto& id : of.definition.after)
    followers_[id].erase(of.definition.id);
}

/// Whoever comes after itself waits for ever. What one comes after may be a
/// schedule or a workflow, that is any schedule of it.
outcome<void> schedule_book::check_cycle(const schedule_definition& of) const {
  auto seen = std::set<std::string>{of.after.begin(), of.after.end()};
  auto open = std::vector<std::string>{seen.begin(), seen.end()};
  while (!open.empty()) {
    const auto what = std::move(open.back());
    open.pop_back();
    if (what == of.id || what == of.workflow) {
      auto reason = runtime::problem{};
      reason.kind = problem_kind::conflict;
      reason.key = "after";
      reason.message = "the schedule would come after itself: what it comes "
                       "after leads to "
                       + what;
      reason.hint = "leave one of them out";
      return fail(std::move(reason));
    }
    for (const auto& [id, one] : schedules_)
      if (id == what || one->definition.workflow == what)
        for (const auto& before : one->definition.after)
          if (seen.insert(before).second)
            open.push_back(before);
  }
  return {};
}

// -- commands and facts -------------------------------------------------------

namespace {

/// Whether a start was decided ahead, and nobody was there in time.
bool is_too_late(const known_schedule& of, const start_key& key,
                 const active_start& start, instant now) {
  const auto at = of.recurrence.start_of(key.due);
  return key.kind == messages::ScheduleStart::SCHEDULED && start.fired_at < at
         && now > at && now - at > of.definition.catch_up;
}

} // namespace

void schedule_book::restore(schedule_definition definition, schedule_text text,
                            schedule_state state, std::uint64_t snapshot,
                            instant now) {
  auto recurrence = schedule_recurrence{definition};
  auto known = std::make_unique<known_schedule>(
    known_schedule{std::move(definition), std::move(recurrence),
                   std::move(text), std::move(state), snapshot});
  auto too_late = std::vector<schedule_order>{};
  for (const auto& [key, start] : known->state.active()) {
    if (is_too_late(*known, key, start, now)) {
      too_late.push_back(
        {schedule_order::kind::take_back, known->definition.id, key});
      continue;
    }
    orders_.push_back({schedule_order::kind::start, known->definition.id, key});
    if (start.is_cancel_requested)
      orders_.push_back(
        {schedule_order::kind::cancel, known->definition.id, key});
  }
  orders_.insert(orders_.end(), too_late.rbegin(), too_late.rend());
  if (!too_late.empty())
    held_back_.insert(known->definition.id);
  plan(*known);
  index(*known);
  schedules_[known->definition.id] = std::move(known);
}

void schedule_book::set_aside(const std::string& id) {
  set_aside_.insert(id);
}

outcome<bool> schedule_book::add(schedule_definition definition,
                                 schedule_text text, const std::string& by,
                                 instant now) {
  if (auto sound = check_cycle(definition); !sound)
    return fail(sound.error());
  const auto id = definition.id;
  const auto known = schedules_.find(id);
  const auto is_new = known == schedules_.end();
  if (is_new && schedules_.size() >= schedules_max_)
    return fail(problem_kind::unavailable,
                "there are " + std::to_string(schedules_.size())
                  + " schedules already",
                "remove some");
  auto state = schedule_state{};
  const auto snapshot = is_new ? 0 : known->second->snapshot;
  if (!is_new) {
    auto decision = schedule_decision{known->second->definition,
                                      known->second->state, now, epoch_};
    const auto changed = decision.change(by);
    follow(*known->second, decision);
    if (!changed)
      return fail(changed.error());
    unindex(*known->second);
    state = std::move(known->second->state);
  }
  auto recurrence = schedule_recurrence{definition};
  auto made = std::make_unique<known_schedule>(
    known_schedule{std::move(definition), std::move(recurrence),
                   std::move(text), std::move(state), snapshot});
  index(*made);
  auto& entry = *(schedules_[id] = std::move(made));
  changed_[id].has_text = true;
  changed_[id].is_removed |= set_aside_.erase(id) != 0;
  auto decision = schedule_decision{entry.definition, entry.state, now, epoch_};
  if (is_new)
    static_cast<void>(decision.create(by));
  follow(entry, decision);
  return is_new;
}

outcome<void> schedule_book::remove(const std::string& id) {
  const auto found = schedules_.find(id);
  if (set_aside_.erase(id) != 0) {
    changed_[id] = {true, false, {}};
    return {};
  }
  if (found == schedules_.end())
    return no_such_schedule(id);
  unindex(*found->second);
  due_.remove(id);
  changed_[id] = {true, false, {}};
  std::erase_if(orders_,
                [&](const schedule_order& order) { return order.id == id; });
  schedules_.erase(found);
  return {};
}

void schedule_book::end(const std::string& id, const start_key& start,
                        messages::StartEnded::Outcome outcome_of_run,
                        instant now) {
  const auto* known = find(id);
  if (known == nullptr || !known->state.active().contains(start))
    return;
  static_cast<void>(decide(id, now, [&](schedule_decision& it) {
    return it.end(start, outcome_of_run);
  }));
  const auto has_succeeded = outcome_of_run == messages::StartEnded::SUCCEEDED;
  for (const auto& what : {id, known->definition.workflow}) {
    const auto after = followers_.find(what);
    if (after == followers_.end())
      continue;
    for (const auto& follower : after->second)
      static_cast<void>(
        decide(follower, now, [&](schedule_decision& it) -> outcome<void> {
          it.end_dependency(what, has_succeeded, now);
          return {};
        }));
  }
}

void schedule_book::advance(instant now, std::size_t schedules_max) {
  for (const auto& each : due_.take_due(now, schedules_max))
    static_cast<void>(
      decide(each.id, now, [&](schedule_decision& it) -> outcome<void> {
        it.advance(ahead_);
        return {};
      }));
}

// -- what is decided ahead ----------------------------------------------------

std::vector<start_key> schedule_book::ahead(const std::string& id,
                                            instant now) const {
  auto found = std::vector<start_key>{};
  const auto* known = find(id);
  if (known == nullptr)
    return found;
  for (const auto& [key, start] : known->state.active())
    if (key.kind == messages::ScheduleStart::SCHEDULED
        && known->recurrence.start_of(key.due) > now)
      found.push_back(key);
  std::ranges::reverse(found);
  return found;
}

void schedule_book::hold_back(const std::string& id) {
  held_back_.insert(id);
  due_.remove(id);
}

void schedule_book::let_go(const std::string& id) {
  held_back_.erase(id);
  if (const auto* known = find(id))
    plan(*known);
}

outcome<void> schedule_book::withdraw(const std::string& id,
                                      const start_key& start, instant now) {
  return decide(id, now,
                [&](schedule_decision& it) { return it.withdraw(start); });
}

// -- what follows -------------------------------------------------------------

void schedule_book::follow(known_schedule& of, schedule_decision& decision) {
  const auto events = decision.take_events();
  for (const auto& event : events.events()) {
    auto order = schedule_order{};
    order.id = of.definition.id;
    if (event.has_fired()) {
      order.start = to_start_key(event.fired().start());
    } else if (event.has_cancel_requested()) {
      order.what = schedule_order::kind::cancel;
      order.start = to_start_key(event.cancel_requested().start());
    } else {
      continue;
    }
    orders_.push_back(std::move(order));
  }
  // Of repeated fields, one text after the other is all of them.
  if (events.events_size() != 0)
    events.AppendToString(&changed_[of.definition.id].events);
  plan(of);
}

/// When it has to be looked at next.
void schedule_book::plan(const known_schedule& of) {
  const auto& id = of.definition.id;
  auto next = std::optional<instant>{};
  if (of.state.is_created() && !held_back_.contains(id))
    next = waiting_on(of.definition, of.recurrence, of.state).next_check;
  if (next && may_look_ahead(of.definition, of.state))
    *next -= ahead_;
  if (next)
    static_cast<void>(due_.set(id, *next));
  else
    due_.remove(id);
}

std::vector<schedule_change> schedule_book::take_changes() {
  auto changes = std::vector<schedule_change>{};
  for (auto& [id, change] : std::exchange(changed_, {})) {
    auto& taken = changes.emplace_back();
    taken = {id, change.is_removed, change.has_text, std::move(change.events)};
    const auto found = schedules_.find(id);
    if (found == schedules_.end())
      continue;
    auto& of = *found->second;
    const auto size = of.state.active().size() + of.state.held().size();
    if (of.state.sequence() - of.snapshot
        < std::max<std::uint64_t>(snapshot_interval, size))
      continue;
    of.snapshot = of.state.sequence();
    taken.has_snapshot = true;
  }
  in_flight_.insert(in_flight_.end(), orders_.begin(), orders_.end());
  orders_.clear();
  return changes;
}

std::vector<schedule_order> schedule_book::mark_stored() {
  return std::exchange(in_flight_, {});
}

} // namespace troupe::scheduler
