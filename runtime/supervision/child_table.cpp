#include "runtime/supervision/child_table.hpp"

#include <algorithm>
#include <utility>

namespace troupe::runtime {

using step = supervision_step;

child_table::child_table(supervision_rules rules,
                         const std::vector<child_rules>& children)
  : rules_{rules}, intensity_{rules.intensity} {
  for (const auto& each : children) {
    auto row = child{};
    row.rules = each;
    row.instant = time_point::min();
    children_.push_back(std::move(row));
  }
}

std::optional<std::size_t> child_table::find_stopping() const noexcept {
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (children_[i].state == child_state::stopping)
      return i;
  return std::nullopt;
}

std::optional<step> child_table::next(time_point now) {
  // Each round returns, or gives up one child for good.
  while (const auto stopping = find_stopping()) {
    if (now < children_[*stopping].instant)
      return std::nullopt;
    if (const auto result = press(*stopping, now))
      return result;
  }
  if (const auto result = next_stop(now))
    return result;
  if (is_shutting_down_)
    return step{step::kind::finish, 0};
  return next_start(now);
}

std::optional<step> child_table::next_stop(time_point now) {
  for (auto i = children_.size(); i-- > 0;) {
    auto& who = children_[i];
    if (who.state == child_state::running && who.must_stop) {
      who.state = child_state::stopping;
      who.instant = now + who.rules.shutdown;
      return step{step::kind::stop, i};
    }
  }
  return std::nullopt;
}

std::optional<step> child_table::next_start(time_point now) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    auto& who = children_[i];
    if (who.state == child_state::waiting && who.instant <= now) {
      who.state = child_state::running;
      who.instant = now;
      if (!std::exchange(who.is_first_start, false))
        ++who.restarts;
      return step{step::kind::start, i};
    }
  }
  return std::nullopt;
}

std::optional<step> child_table::press(std::size_t position, time_point now) {
  auto& who = children_[position];
  if (who.was_killed) {
    ended(position, exit_kind::failed, "cannot be killed", now);
    return std::nullopt;
  }
  who.was_killed = true;
  who.instant = now + kill_grace;
  killed_.push_back(who.rules.id);
  return step{step::kind::kill, position};
}

std::optional<child_table::time_point> child_table::next_deadline() const {
  if (const auto stopping = find_stopping())
    return children_[*stopping].instant;
  auto result = std::optional<time_point>{};
  for (const auto& who : children_)
    if (who.state == child_state::waiting)
      result = result ? std::min(*result, who.instant) : who.instant;
  return result;
}

void child_table::ended(std::size_t position, exit_kind exit, std::string error,
                        time_point now) {
  auto& who = children_.at(position);
  const auto state = who.state;
  if (state != child_state::running && state != child_state::stopping)
    return;
  if (!error.empty())
    who.last_error = std::move(error);
  if (state == child_state::stopping || who.must_stop) {
    leave(who);
    return;
  }
  if (!calls_for_restart(who.rules.restart, exit)) {
    who.state = child_state::stopped;
    return;
  }
  if (intensity_.try_restart(now)) {
    restart_with_siblings(position, now);
    return;
  }
  who.state = child_state::stopped;
  escalation_ = who.rules.id
                + (who.last_error.empty() ? " ended" : ": " + who.last_error);
  shut_down();
}

void child_table::restart_with_siblings(std::size_t position, time_point now) {
  auto& failed = children_[position];
  const auto has_run_well = now - failed.instant >= rules_.intensity.period;
  if (has_run_well)
    failed.restarts_in_a_row = 0;
  const auto due = now
                   + restart_delay(rules_.delay, failed.restarts_in_a_row++,
                                   rules_.seed, position);
  failed.state = child_state::waiting;
  const auto range
    = affected_children(rules_.strategy, position, children_.size());
  for (auto i = range.first; i < range.last; ++i) {
    auto& who = children_[i];
    if (who.state == child_state::running)
      who.must_stop = true;
    else if (who.state == child_state::waiting)
      who.instant = due;
  }
  restart_due_ = due;
}

void child_table::leave(child& who) {
  const auto is_over
    = is_shutting_down_ || who.rules.restart == restart_kind::temporary;
  who.state = is_over ? child_state::stopped : child_state::waiting;
  who.must_stop = false;
  who.was_killed = false;
  who.instant = restart_due_;
}

void child_table::shut_down() {
  is_shutting_down_ = true;
  for (auto& who : children_) {
    if (who.state == child_state::waiting)
      who.state = child_state::stopped;
    else if (who.state == child_state::running)
      who.must_stop = true;
  }
}

} // namespace troupe::runtime
