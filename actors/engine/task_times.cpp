#include "actors/engine/task_times.hpp"

#include <array>

namespace troupe::engine {

namespace {

using what = task_deadline::what;

/// Keeps the earliest; at one instant, the one that was considered first.
class earliest {
public:
  void consider(instant at, what expires, std::uint64_t claim = 0) {
    if (!best_ || at < best_->at)
      best_ = {at, expires, claim};
  }

  void consider(instant from,
                const std::optional<std::chrono::milliseconds>& span,
                what expires, std::uint64_t claim = 0) {
    if (span)
      consider(from + *span, expires, claim);
  }

  [[nodiscard]] const std::optional<task_deadline>& get() const noexcept {
    return best_;
  }

private:
  std::optional<task_deadline> best_;
};

/// Of whoever is at it, first or second.
template <class Claim>
void consider_attempt(const Claim& of, const step_timeouts& limits,
                      earliest& next) {
  next.consider(of.since, limits.start_to_close, what::start_to_close,
                of.claim);
  next.consider(of.heartbeat_at, limits.heartbeat, what::heartbeat, of.claim);
}

} // namespace

std::string_view to_string(what what) noexcept {
  constexpr auto names
    = std::array<std::string_view, 7>{"ready_again",    "timer",
                                      "not_begun",      "schedule_to_start",
                                      "start_to_close", "schedule_to_close",
                                      "heartbeat"};
  return names[static_cast<std::size_t>(what)];
}

const activity_call& call_of(const workflow& of, const task_key& key) {
  const auto& step = of.steps[key.step];
  return key.compensation ? *step.compensate : step.call;
}

bool is_ready(const task_work& work, instant now) noexcept {
  return work.status == work_status::ready
         || (work.status == work_status::backing_off && work.due <= now);
}

std::optional<task_deadline>
deadline_of(const workflow& of, const task_key& key, const task_work& work,
            const task_backup* backup, instant now) {
  if (is_over(work.status) || work.status == work_status::blocked)
    return std::nullopt;
  const auto& limits = call_of(of, key).timeouts;
  auto next = earliest{};
  next.consider(work.ready_since, limits.schedule_to_close,
                what::schedule_to_close, work.claim);
  if (is_ready(work, now)) {
    const auto ready_from
      = work.status == work_status::backing_off ? work.due : work.since;
    next.consider(ready_from, limits.schedule_to_start,
                  what::schedule_to_start);
    return next.get();
  }
  switch (work.status) {
    case work_status::claimed:
      next.consider(work.due, what::not_begun, work.claim);
      break;
    case work_status::running:
      consider_attempt(work, limits, next);
      if (backup != nullptr)
        consider_attempt(*backup, limits, next);
      break;
    case work_status::backing_off:
      next.consider(work.due, what::ready_again);
      break;
    default: // waiting
      if (work.due != instant{})
        next.consider(work.due, what::timer);
      break;
  }
  return next.get();
}

std::optional<task_deadline> deadline_of(const run_state& run,
                                         const task_key& key, instant now) {
  return deadline_of(run.definition(), key, *run.find(key), run.backup_of(key),
                     now);
}

} // namespace troupe::engine
