#pragma once

#include "actors/engine/run_status.hpp"
#include "actors/engine/workflow.hpp"
#include "messages/engine.pb.h"
#include "messages/run_snapshot.pb.h"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe::engine {

using instant = runtime::clock::wall_time;

/// Names a piece of work within a run.
struct task_key {
  step_index step = 0;
  std::uint32_t item = 0;
  /// The compensation of the task instead of the task.
  bool compensation = false;

  friend auto operator<=>(const task_key&, const task_key&) = default;
};

[[nodiscard]] task_key from_message(const messages::TaskRef& ref) noexcept;
[[nodiscard]] messages::TaskRef to_message(const task_key& key);

/// A task, or the compensation of one.
struct task_work {
  work_status status = work_status::blocked;
  /// Attempts begun that count.
  std::uint32_t attempts = 0;
  /// Attempts whose worker was lost; they do not count.
  std::uint32_t lost = 0;
  /// The newest claim; reports under an older one are refused.
  std::uint64_t claim = 0;
  instant since{}; ///< Of the status.
  std::uint64_t entered = 0; ///< Sequence of the event that led to the status.
  instant ready_since{}; ///< Of the first time it was ready.
  /// claimed: when it has to have begun. backing_off: when it is ready again.
  /// waiting: the end, if it is known. Else zero.
  instant due{};
  instant heartbeat_at{}; ///< The last sign of life while it runs.
  messages::TaskWaiting::Reason waits_for = messages::TaskWaiting::TIMER;
  std::string what; ///< The worker, the signal or the child it is bound to.
  std::vector<std::string> roles; ///< Who may approve; none: anybody.
  nlohmann::json progress;
  nlohmann::json output;
  messages::TaskError error; ///< Of the last attempt that failed.
  /// Another run did it, and answers for it: it is not undone here.
  bool is_borrowed = false;
  /// Claims of this attempt by a second worker, up to `second_claims_max`.
  std::uint32_t second_claims = 0;
};

/// A second worker that is lost may be replaced, not for ever: perhaps it is
/// the work that kills them.
inline constexpr auto second_claims_max = std::uint32_t{2};

/// A second claim of an attempt, beside that of the task.
struct task_backup {
  std::uint64_t claim = 0;
  std::string worker;
  instant since{};
  instant heartbeat_at{};
};

/// One step of a run with its tasks: one, or as many as its fan-out has.
struct step_state {
  bool is_skipped = false;
  std::string skip_reason;
  std::vector<task_work> tasks; ///< None while the step is blocked.
  /// As many as tasks once the step is being undone, else none.
  std::vector<task_work> compensations;
  /// Needs that are not satisfied yet.
  std::uint32_t unmet = 0;
  std::uint32_t open = 0; ///< Tasks that are neither blocked nor over.
  std::uint32_t next = 0; ///< The first task that was never ready.
  std::uint32_t succeeded = 0;
  std::uint32_t failed = 0;
  std::uint32_t borrowed = 0; ///< Of those that succeeded.
  bool is_taken_over = false; ///< Begun by the run that this one goes on from.
  /// How long those that succeeded took, ascending; of a step that speculates.
  std::vector<instant::duration> durations;
  /// Dependents that are not undone yet, and compensations that are not.
  std::uint32_t unmet_undo = 0;
  std::uint32_t to_undo = 0;
  std::uint32_t open_undo = 0; ///< As `open` and `next`, of compensations.
  std::uint32_t next_undo = 0;
  std::uint32_t failed_undo = 0;
  bool is_undone = false;
  /// What `elements_of` found: follows from what was there when the step began.
  mutable std::shared_ptr<const nlohmann::json> elements;

  /// There is something that this run would have to undo.
  [[nodiscard]] bool has_effects() const noexcept {
    return succeeded > borrowed;
  }

  [[nodiscard]] bool is_done() const noexcept {
    return is_skipped || succeeded == tasks.size();
  }
};

/// A signal that nobody has taken.
struct received_signal {
  std::uint64_t sequence = 0; ///< Of its event.
  messages::SignalReceived what;
};

/// Why something does not go on, and when that is looked at again.
struct waiting_reason {
  enum class kind : std::uint8_t {
    timer,
    slot,
    dependency,
    signal,
    worker,
    quota,
    approval,
    child_run,
    paused,
  };

  kind what = kind::worker;
  /// For example the step that is not done, the signal's name.
  std::string detail;
  instant since{};
  /// Zero: as soon as what it waits for happens.
  instant next_check{};
  /// For a worker, and any may have it.
  bool is_ready = false;
};

[[nodiscard]] std::string_view to_string(waiting_reason::kind what) noexcept;

/// What was said of a run's deadline.
enum class deadline_notice : std::uint8_t { none, near, missed };

[[nodiscard]] std::string_view to_string(deadline_notice what) noexcept;

/// A run: what its history makes of it. Pure; time is in the events.
class run_state {
public:
  /// `of` is the version that the run is pinned to.
  explicit run_state(std::shared_ptr<const workflow> of);

  /// Lets one event happen. `failed` with what is wrong when the event may not
  /// happen in this state (nothing has changed then): a history that contains
  /// it is broken.
  [[nodiscard]] runtime::outcome<void> apply(const messages::RunEvent& event);

  /// All there is of it but the workflow, so that the events so far need not be
  /// read again.
  [[nodiscard]] messages::RunSnapshot to_snapshot() const;

  /// The state that `to_snapshot` was asked of. `failed` if it is one of
  /// another version or workflow, or no JSON is where some has to be.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<run_state>>
  from_snapshot(std::shared_ptr<const workflow> of,
                const messages::RunSnapshot& snapshot);

  [[nodiscard]] const workflow& definition() const noexcept {
    return *workflow_;
  }

  /// The same for whoever outlives the run.
  [[nodiscard]] const std::shared_ptr<const workflow>&
  shared_definition() const noexcept {
    return workflow_;
  }

  [[nodiscard]] const messages::RunSubmitted& submission() const noexcept {
    return submission_;
  }

  /// An object.
  [[nodiscard]] const nlohmann::json& inputs() const noexcept {
    return inputs_;
  }

  [[nodiscard]] run_status status() const noexcept;

  [[nodiscard]] const std::vector<step_state>& steps() const noexcept {
    return steps_;
  }

  [[nodiscard]] step_status status_of(step_index step) const;

  /// Nothing if there is no such work.
  [[nodiscard]] const task_work* find(const task_key& key) const noexcept;

  /// The second claim of a task that runs; null: there is none.
  [[nodiscard]] const task_backup*
  backup_of(const task_key& key) const noexcept;

  /// Whether whoever has that claim has the task now.
  [[nodiscard]] bool is_held_under(const task_key& key,
                                   std::uint64_t claim) const noexcept;

  /// Signals nobody has taken yet, oldest first.
  [[nodiscard]] const std::vector<received_signal>& signals() const noexcept {
    return signals_;
  }

  [[nodiscard]] bool has_seen_signal(const std::string& id) const;

  /// Sequence of the last event.
  [[nodiscard]] std::uint64_t sequence() const noexcept {
    return sequence_;
  }

  /// Of the last claim that anybody got.
  [[nodiscard]] std::uint64_t last_claim() const noexcept {
    return last_claim_;
  }

  [[nodiscard]] bool is_paused() const noexcept {
    return is_paused_;
  }

  [[nodiscard]] bool is_cancelling() const noexcept {
    return cancel_.has_value();
  }

  [[nodiscard]] const std::optional<messages::RunCancelRequested>&
  cancellation() const noexcept {
    return cancel_;
  }

  /// A step has failed for good, so nothing new begins.
  [[nodiscard]] bool is_failing() const noexcept {
    return failed_steps_ != 0;
  }

  /// Steps with a task that failed for good.
  [[nodiscard]] std::uint32_t failed_steps() const noexcept {
    return failed_steps_;
  }

  /// Why it failed, was cancelled or is being undone; empty: nothing of these.
  [[nodiscard]] const std::string& reason() const noexcept {
    return reason_;
  }

  /// Why it is being undone; empty if it never was.
  [[nodiscard]] const std::string& undo_reason() const noexcept {
    return undo_reason_;
  }

  /// The run that answers for what this one did; empty: it does itself.
  [[nodiscard]] const std::string& heir() const noexcept {
    return heir_;
  }

  /// The run that was started because this one failed, or why none was.
  [[nodiscard]] const std::optional<messages::FailureRunStarted>&
  failure_run() const noexcept {
    return failure_run_;
  }

  /// What a queued run waits for.
  [[nodiscard]] const messages::RunQueued& queued_for() const noexcept {
    return queued_for_;
  }

  /// When the run as a whole has to be over; nothing: never.
  [[nodiscard]] std::optional<instant> timeout_at() const noexcept {
    return timeout_at_;
  }

  /// What was said of its deadline, if it has one.
  [[nodiscard]] deadline_notice said_of_deadline() const noexcept {
    return deadline_notice_;
  }

  /// Tasks and compensations of all steps that are there.
  [[nodiscard]] std::size_t work_count() const noexcept;

  /// Work of this kind that is not over: with a worker or ready for one, and
  /// waiting for anything else.
  [[nodiscard]] std::uint32_t busy() const noexcept {
    return busy_;
  }

  [[nodiscard]] std::uint32_t idle() const noexcept {
    return idle_;
  }

  /// Every step succeeded or was skipped; what is left is the verdict.
  [[nodiscard]] bool is_finished() const noexcept {
    return settled_steps_ == steps_.size();
  }

  /// Compensations that failed for good.
  [[nodiscard]] std::uint32_t failed_undos() const noexcept {
    return failed_undos_;
  }

  /// It is accepted, and neither queued nor started; it may be paused.
  [[nodiscard]] bool is_pending() const noexcept {
    return phase_ == phase::pending;
  }

  /// When a pending run is to start; nothing: at once, or not while it is
  /// paused.
  [[nodiscard]] std::optional<instant> starts_at() const noexcept;

  /// It was taken back before it started.
  [[nodiscard]] bool is_withdrawn() const noexcept {
    return cancel_ && cancel_->withdrawn();
  }

  /// It is, or was, more than pending or queued.
  [[nodiscard]] bool has_started() const noexcept {
    return phase_ >= phase::started;
  }

  /// Its compensation has begun.
  [[nodiscard]] bool is_compensating() const noexcept {
    return phase_ == phase::compensating;
  }

  /// Every step with something to undo is undone.
  [[nodiscard]] bool is_undone() const noexcept {
    return undone_steps_ == steps_.size();
  }

  /// Steps whose needs are satisfied and of which nothing was decided yet, in
  /// the order in which that came about.
  [[nodiscard]] const std::vector<step_index>& unblocked() const noexcept {
    return unblocked_;
  }

  /// Work whose status changed since the last call, oldest change first; may
  /// repeat. For whoever keeps queues and timers in step with the run.
  [[nodiscard]] std::vector<task_key> take_touched();

  /// Why the run does not end right now; nothing once it is over.
  [[nodiscard]] std::optional<waiting_reason> waiting_on() const;

  /// The same of a step.
  [[nodiscard]] std::optional<waiting_reason> waiting_on(step_index step) const;

  [[nodiscard]] instant submitted_at() const noexcept {
    return submitted_at_;
  }

  [[nodiscard]] instant updated_at() const noexcept {
    return updated_at_;
  }

private:
  enum class phase : std::uint8_t {
    nothing,
    pending,
    queued,
    started,
    compensating,
    ended,
  };

  using applied = runtime::outcome<void>;

  applied apply_to_run(const messages::RunEvent& event, instant before);
  applied apply_to_work(const messages::RunEvent& event);
  applied submit(const messages::RunSubmitted& event);
  applied queue(const messages::RunQueued& event);
  applied start();
  applied take_over(const messages::RunTookOver& event);
  applied hand_over(const messages::RunHandedOver& event);
  applied note_failure_run(const messages::FailureRunStarted& event);
  applied make_ready(const messages::StepReady& event);
  applied skip(const messages::StepSkipped& event);
  applied claim(const messages::TaskClaimed& event);
  applied begin(const messages::TaskStarted& event);
  applied speculate(const messages::TaskSpeculated& event);
  applied drop(const messages::ClaimDropped& event);
  applied beat(const messages::TaskHeartbeat& event);
  applied wait(const messages::TaskWaiting& event);
  applied succeed(const messages::TaskSucceeded& event);
  applied fail(const messages::TaskFailed& event);
  applied back_off(const messages::TaskRetryScheduled& event);
  applied cancel(const messages::TaskCancelled& event);
  applied receive(const messages::RunEvent& event);
  applied take_signal(std::uint64_t sequence, const task_work& by);
  applied pause(bool paused);
  applied request_cancel(const messages::RunCancelRequested& event);
  applied start_compensation(const messages::CompensationStarted& event);
  applied retry(const messages::StepRetryRequested& event, instant before);
  applied end(const messages::RunEnded& event);
  applied notice_deadline(deadline_notice what);

  task_work* find_work(const task_key& key) noexcept;
  runtime::outcome<task_work*> work_in(const messages::TaskRef& ref,
                                       work_status next);
  void enter(const task_key& key, task_work& work, work_status next);
  void keep_duration(const task_key& key, task_work& work, std::uint64_t claim);
  void refill(step_index step);
  void settle(step_index step);
  void begin_undo(step_index step);
  void refill_undo(step_index step);
  void settle_undo(step_index step);
  void revive(const task_key& key, task_work& work);
  [[nodiscard]] std::uint32_t parallel_max(step_index step) const;

  std::shared_ptr<const workflow> workflow_;
  messages::RunSubmitted submission_;
  nlohmann::json inputs_;
  phase phase_ = phase::nothing;
  bool was_started_ = false; ///< A run may end before.
  bool is_paused_ = false;
  std::optional<messages::RunCancelRequested> cancel_;
  messages::RunEnded::Outcome outcome_ = messages::RunEnded::COMPLETED;
  std::string reason_;
  std::string undo_reason_;
  std::string heir_;
  std::optional<messages::FailureRunStarted> failure_run_;
  messages::RunQueued queued_for_;
  std::optional<instant> timeout_at_;
  deadline_notice deadline_notice_ = deadline_notice::none;
  std::vector<step_state> steps_;
  std::map<task_key, task_backup> backups_;
  std::vector<step_index> unblocked_;
  std::vector<task_key> touched_;
  std::vector<received_signal> signals_;
  std::unordered_set<std::string> signal_ids_;
  std::uint64_t sequence_ = 0;
  std::uint64_t last_claim_ = 0;
  std::uint32_t busy_ = 0;
  std::uint32_t idle_ = 0;
  std::uint32_t failed_steps_ = 0;
  std::size_t settled_steps_ = 0;
  std::size_t undone_steps_ = 0;
  std::uint32_t failed_undos_ = 0;
  instant submitted_at_{};
  instant updated_at_{};
};

/// Calls `handle(task_key)` for all work of the run whose status satisfies
/// `is_wanted(work_status)`, in order of the steps.
template <class Predicate, class Handle>
void for_each_work(const run_state& run, Predicate is_wanted, Handle handle) {
  for (auto step = step_index{0}; step < run.steps().size(); ++step)
    for (const auto compensation : {false, true}) {
      const auto& state = run.steps()[step];
      const auto& works = compensation ? state.compensations : state.tasks;
      for (auto item = std::uint32_t{0}; item < works.size(); ++item)
        if (is_wanted(works[item].status))
          handle(task_key{step, item, compensation});
    }
}

} // namespace troupe::engine
