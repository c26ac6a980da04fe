#include "actors/engine/run_status.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>

namespace troupe::engine {

namespace {

constexpr auto run_names = std::array<std::string_view, 10>{
  "pending",      "queued",      "running",   "waiting", "paused",
  "compensating", "compensated", "completed", "failed",  "cancelled"};

constexpr auto work_names
  = std::array<std::string_view, 9>{"blocked",   "ready",       "claimed",
                                    "running",   "backing_off", "waiting",
                                    "succeeded", "failed",      "cancelled"};

constexpr auto step_names
  = std::array<std::string_view, 13>{"blocked",
                                     "ready",
                                     "claimed",
                                     "running",
                                     "backing_off",
                                     "waiting",
                                     "succeeded",
                                     "failed",
                                     "skipped",
                                     "cancelled",
                                     "compensating",
                                     "compensated",
                                     "compensation_failed"};

/// The states that may follow one, as a set of bits.
using successors = std::uint32_t;

template <class Status>
constexpr successors set_of(std::initializer_list<Status> members) {
  auto bits = successors{0};
  for (const auto member : members)
    bits |= successors{1} << static_cast<unsigned>(member);
  return bits;
}

using enum run_status;

/// By the state that is left.
constexpr auto run_table = std::array<successors, 10>{
  // Before it starts only what it took over can be undone.
  /* pending */
  set_of({queued, running, paused, compensating, failed, cancelled}),
  /* queued */ set_of({running, paused, compensating, failed, cancelled}),
  /* running */
  set_of({waiting, paused, compensating, completed, failed, cancelled}),
  /* waiting */
  set_of({running, paused, compensating, completed, failed, cancelled}),
  /* paused */
  set_of({pending, queued, running, waiting, compensating, failed, cancelled}),
  /* compensating */ set_of({compensated, failed, cancelled}),
  /* compensated */ set_of<run_status>({}),
  /* completed */ set_of<run_status>({}),
  /* failed */ set_of({running, compensating}),
  /* cancelled */ set_of<run_status>({}),
};

using work = work_status;

constexpr auto work_table = std::array<successors, 9>{
  /* blocked */ set_of({work::ready, work::cancelled}),
  /* ready */
  set_of({work::claimed, work::waiting, work::failed, work::cancelled}),
  /* claimed */ set_of({work::running, work::failed, work::cancelled}),
  /* running */ set_of({work::succeeded, work::failed, work::cancelled}),
  /* backing_off */
  set_of({work::claimed, work::waiting, work::failed, work::cancelled}),
  /* waiting */ set_of({work::succeeded, work::failed, work::cancelled}),
  /* succeeded */ set_of<work_status>({}),
  /* failed */ set_of({work::backing_off, work::ready}),
  /* cancelled */ set_of({work::ready}),
};

template <class Status, std::size_t Size>
bool is_in(const std::array<successors, Size>& table, Status from, Status to) {
  return (table[static_cast<std::size_t>(from)] >> static_cast<unsigned>(to)
          & 1U)
         != 0;
}

} // namespace

std::string_view to_string(run_status status) noexcept {
  return run_names[static_cast<std::size_t>(status)];
}

std::string_view to_string(work_status status) noexcept {
  return work_names[static_cast<std::size_t>(status)];
}

std::string_view to_string(step_status status) noexcept {
  return step_names[static_cast<std::size_t>(status)];
}

std::optional<run_status> parse_run_status(std::string_view text) noexcept {
  for (std::size_t i = 0; i < run_names.size(); ++i)
    if (run_names[i] == text)
      return static_cast<run_status>(i);
  return std::nullopt;
}

bool is_over(run_status status) noexcept {
  return status == run_status::completed || status == run_status::failed
         || status == run_status::cancelled
         || status == run_status::compensated;
}

bool is_over(work_status status) noexcept {
  return status == work::succeeded || status == work::failed
         || status == work::cancelled;
}

bool is_held(work_status status) noexcept {
  return status == work::claimed || status == work::running;
}

bool may_become(run_status from, run_status to) noexcept {
  return is_in(run_table, from, to);
}

bool may_become(work_status from, work_status to) noexcept {
  return is_in(work_table, from, to);
}

} // namespace troupe::engine
