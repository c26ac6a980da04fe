#pragma once

#include "actors/engine/activity_hold.hpp"
#include "actors/engine/durable_reports.hpp"
#include "actors/engine/engine.hpp"
#include "actors/engine/engine_clock.hpp"
#include "actors/engine/engine_outbox.hpp"
#include "actors/engine/open_blocks.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/unstored_reports.hpp"
#include "actors/engine/workflow_table.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The inside of the engine actor; for nobody else.

namespace troupe::engine {

/// Sent to oneself, behind all that has arrived so far.
struct pursue_now {};

/// Tells an engine to look at the time. Only the newest one counts: else each
/// that came too late would bring forth others for ever.
struct engine_tick {
  instant due{};
};

/// Tells it to ask once more about a run that has no verdict.
struct ask_again {
  run_number run = 0;
};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::pursue_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::engine_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::ask_again)

namespace troupe::engine {

using private_engine_actor
  = engine_actor::extend_with<activity_holder_actor>::extend_with<
    durable_source_actor>::extend<caf::reacts_to<pursue_now>,
                                  caf::reacts_to<engine_tick>,
                                  caf::reacts_to<ask_again>>;

/// A host that pulls.
struct pulling_host {
  activity_host_actor handle;
  worker_profile profile;
  std::uint32_t credit = 0;
  bool is_held = false; ///< It gets nothing new.
  /// What it runs already, until there is a ledger to answer for it.
  std::vector<messages::ActivityRef> running;
  unstored_reports unstored; ///< Of one that wants to know.
};

using result_promise = caf::typed_response_promise<messages::RunResult>;

struct engine_state {
  static constexpr auto name = "engine"; // Shown in logs.

  engine_state() = default;
  engine_state(const engine_state&) = delete;
  engine_state& operator=(const engine_state&) = delete;

  /// However it ends, nobody waits for ever.
  ~engine_state() {
    for (auto& [run, waiting] : watchers)
      for (auto& promise : waiting)
        promise.deliver(runtime::to_error(
          runtime::fail(runtime::problem_kind::unavailable,
                        "the engine stopped while the run was under way",
                        "ask again")
            .value()));
  }

  engine_options options;
  std::optional<engine_clock> clock;
  runtime::store_actor store;
  run_validation_actor validator;
  std::uint64_t epoch = 0;
  /// Why nothing can be stored; then there is no ledger, and a tick tries to
  /// start again.
  std::optional<runtime::problem> outage;
  std::unique_ptr<recorded_runs> stored;
  std::unique_ptr<workflow_table> workflows;
  std::unique_ptr<run_ledger> ledger;
  open_blocks open_runs; ///< As the store has them with all that was taken.
  engine_outbox outbox;
  /// What operators did, to be stored with the next changes.
  messages::CommitTransaction by_hand;
  /// When the load of the machine was last looked at.
  instant load_seen{};
  std::map<std::uint64_t, pulling_host> hosts; ///< By actor id.
  std::map<run_number, std::vector<result_promise>> watchers;
  bool is_committing = false;
  bool is_pursuit_due = false;
  std::optional<instant> next_tick;
};

using engine_pointer = private_engine_actor::stateful_pointer<engine_state>;

/// Claims the next epoch and takes over what is stored; nobody is heard before.
void start_engine(engine_pointer self);

/// Sees to it that what follows from what just happened is done, once what has
/// arrived meanwhile is taken in.
void pursue(engine_pointer self);

/// Hands out work, stores what changed and then tells of it.
void do_pursue(engine_pointer self);

/// From now on a host is given work; it is told what becomes of what it runs.
void welcome(engine_pointer self, pulling_host& host);

/// Takes in a run that goes on from another one; nothing is stored yet.
[[nodiscard]] runtime::outcome<messages::RunAccepted>
derive(engine_state& state, const messages::SubmitRun& wanted);

/// Takes back a run whose instant has not come; nothing is stored yet.
[[nodiscard]] runtime::outcome<messages::RunChanged>
withdraw(engine_state& state, const messages::ChangeRun& wanted);

/// Lets nothing new begin, or goes on.
caf::typed_response_promise<messages::QueueChanged>
change_queue(engine_pointer self, const messages::ChangeQueue& wanted);

[[nodiscard]] caf::result<messages::QueueReport>
show_queue(engine_pointer self);

/// Looks at the load of the machine, if there are limits to it and it was not
/// looked at just now.
void look_at_load(engine_state& state, instant now);

/// When it has to be looked at again, if anything waits for that.
[[nodiscard]] std::optional<instant> next_look(const engine_state& state);

/// After a start: what is stored of the queue holds again, and the runs in
/// `set_aside`, with why, are the ones that are marked as such.
[[nodiscard]] runtime::outcome<void>
restore_queue(engine_state& state,
              const std::map<run_number, std::string>& set_aside);

/// Tells hosts which of the reports they keep are stored.
void tell_stored(engine_pointer self);

/// Asks about runs whose steps are all done.
void ask_validator(engine_pointer self, const std::vector<run_number>& runs);

} // namespace troupe::engine
