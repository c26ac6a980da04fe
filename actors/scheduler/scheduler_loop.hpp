#pragma once

#include "actors/scheduler/schedule_book.hpp"
#include "actors/scheduler/scheduler.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The inside of the scheduler actor; for nobody else.

namespace troupe::scheduler {

/// Tells a scheduler to look at the time. Only the newest one counts.
struct scheduler_tick {
  instant due{};
};

/// Tells it to start something once more.
struct start_again {
  schedule_order what;
};

} // namespace troupe::scheduler

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::scheduler::scheduler_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::scheduler::start_again)

namespace troupe::scheduler {

using private_scheduler_actor
  = scheduler_actor::extend<caf::reacts_to<scheduler_tick>,
                            caf::reacts_to<start_again>>;
using answer_promise = caf::typed_response_promise<messages::ScheduleAnswer>;

struct answer_due {
  answer_promise to;
  messages::ScheduleAnswer what;
};

/// What somebody wants of a schedule, and hears of it.
struct schedule_command {
  answer_promise to;
  std::function<void(const answer_promise& to)> act;
};

/// Commands about one schedule, in order.
struct command_queue {
  std::deque<schedule_command> waiting;
  /// Starts that the first one waits for, to be taken back.
  std::size_t taken_back_open = 0;
  /// Why they could not be.
  std::optional<runtime::problem> failure;
};

struct scheduler_state {
  static constexpr auto name = "scheduler"; // Shown in logs.

  scheduler_state() = default;
  scheduler_state(const scheduler_state&) = delete;
  scheduler_state& operator=(const scheduler_state&) = delete;

  /// Whoever still waits must not do so until a timeout.
  ~scheduler_state() {
    const auto reason = runtime::to_error(
      runtime::fail(runtime::problem_kind::unavailable,
                    "the scheduler stopped before this was stored",
                    "look with troupe schedule show, and try again")
        .value());
    for (auto* some : {&in_flight, &waiting})
      for (auto& each : *some)
        each.to.deliver(reason);
    for (auto& [id, line] : commands)
      for (auto& each : line.waiting)
        each.to.deliver(reason);
  }

  scheduler_options options;
  runtime::store_actor store;
  run_starter_actor engine;
  std::uint64_t epoch = 0;
  std::unique_ptr<schedule_book> book;
  std::vector<answer_due> waiting; ///< For the next commit.
  std::vector<answer_due> in_flight;
  std::map<std::string, command_queue> commands; ///< By schedule.
  std::size_t commands_waiting = 0;
  /// Runs of active starts, and those to be cancelled once they have one.
  std::map<std::pair<std::string, start_key>, std::string> runs;
  bool is_committing = false;
  std::optional<instant> next_tick;
};

using scheduler_pointer
  = private_scheduler_actor::stateful_pointer<scheduler_state>;

/// Decides what is due, stores what is decided, and then acts on it.
void pursue(scheduler_pointer self);

/// Starts runs, or finds them by their keys, and waits for their ends.
void start_all(scheduler_pointer self,
               const std::vector<schedule_order>& orders);

/// Does what follows from stored decisions.
void follow(scheduler_pointer self, const std::vector<schedule_order>& orders);

/// Acts once no start of that schedule is ahead of its time: what was decided
/// ahead is taken back first, as if nobody had thought of it.
answer_promise command(scheduler_pointer self, const std::string& id,
                       std::function<void(const answer_promise& to)> act);

/// Takes back what was decided ahead and is too late by now; commands wait for
/// that.
void take_back_late(scheduler_pointer self,
                    const std::vector<schedule_order>& orders);

/// Goes on with commands that waited for a commit.
void resume_commands(scheduler_pointer self);

} // namespace troupe::scheduler
