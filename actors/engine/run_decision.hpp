#pragma once

#include "actors/engine/run_state.hpp"

#include <google/protobuf/arena.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::engine {

/// What decisions are made with, all from outside.
struct decision_context {
  instant now{};
  /// Of the engine that decides.
  std::uint64_t epoch = 0;
  /// Uniform over its type, for jitter.
  std::function<std::uint64_t()> draw;
  /// Ids for child runs.
  std::function<std::string()> new_id;
  /// Whether the guard of that name bears one more attempt; it counts as made.
  /// Absent: always.
  std::function<bool(const std::string& guard)> may_retry;
};

/// A task as its worker gets it.
struct task_claim {
  task_key task;
  std::uint32_t attempt = 0;
  std::uint64_t claim = 0;
  nlohmann::json input;
  /// Of the attempt before; null: none.
  nlohmann::json progress;
};

/// A worker that disappears this often with a task takes the task along.
inline constexpr auto lost_max = std::uint32_t{5};

/// Signals that nobody has taken; more are refused.
inline constexpr auto signals_max = std::size_t{1'000};

/// One decision about a run: a command or a fact goes in, events come out, the
/// state is that after them. Everything that follows without anybody's doing
/// (steps become ready, the run ends) is part of the same decision. Refusals
/// change nothing: `conflict` when the run has gone on meanwhile (a late
/// report, a second cancel), `not_found`, `invalid_input`.
///
/// Pure: the same state, context and call give the same events.
class run_decision {
public:
  /// Both must outlive it.
  run_decision(run_state& run, const decision_context& context);

  // -- commands
  // ----------------------------------------------------------------

  /// First of all; the rest of the run's life follows from `of`.
  runtime::outcome<void> submit(messages::RunSubmitted of);

  /// Its concurrency key has no room, or too many runs go already.
  runtime::outcome<void> queue(messages::RunQueued why = {});

  /// Before anything else: what another run did, and the signals that waited
  /// there.
  runtime::outcome<void> take_over(messages::RunTookOver what,
                                   const std::vector<received_signal>& signals);

  /// That run answers from now on for what this one did, which has to be over
  /// and must not have completed.
  runtime::outcome<void> hand_over(const std::string& to_run);

  /// Which run was started because this one failed, or why none was.
  runtime::outcome<void> note_failure_run(const std::string& run_id,
                                          const std::string& refusal);

  runtime::outcome<void> start();

  /// `id` may be empty; a signal whose id was seen before changes nothing.
  /// `invalid_input` for a payload that is no JSON or too deep, `denied` when
  /// who waits for it asks for another role, `unavailable` beyond
  /// `signals_max`.
  runtime::outcome<void> signal(messages::SignalReceived received);

  runtime::outcome<void> pause(const std::string& by);

  runtime::outcome<void> resume(const std::string& by);

  /// What runs may end in its own way until `request.stop_at`.
  runtime::outcome<void> cancel(messages::RunCancelRequested request);

  /// Failed tasks of a step, or its failed compensations, once more. Not what
  /// failed at an expression: it would do so again.
  runtime::outcome<void> retry(step_index step, const std::string& by);

  /// A run whose steps are all done ends as completed, or, with an objection,
  /// fails. `messages` sentence without a full stop.
  runtime::outcome<void> conclude(const std::string& objection);

  // -- facts about work
  // ----------------------------------------------------------

  /// Gives a task that is ready to a worker. If its input cannot be computed,
  /// the task fails and the result is that problem.
  runtime::outcome<task_claim>
  claim(const task_key& task, const std::string& worker, instant start_by);

  runtime::outcome<void> begin(const task_key& task, std::uint64_t claim);

  /// Gives an attempt that is under way to a second worker, who begins it at
  /// once. `conflict` if it may not have one (`may_speculate`).
  runtime::outcome<task_claim> speculate(const task_key& task,
                                         const std::string& worker);

  runtime::outcome<void> beat(const task_key& task, std::uint64_t claim,
                              const nlohmann::json& progress);

  runtime::outcome<void> succeed(const task_key& task, std::uint64_t claim,
                                 const nlohmann::json& output);

  runtime::outcome<void> fail(const task_key& task, std::uint64_t claim,
                              messages::TaskError error);

  /// Why a worker is not there any more.
  enum class loss : std::uint8_t {
    worker, ///< Counted, up to `lost_max`.
    restart, ///< It went down with the engine.
  };

  runtime::outcome<void> lose(const task_key& task, std::uint64_t claim,
                              const std::string& reason,
                              loss why = loss::worker);

  /// That child run is over; `error` if it did not complete.
  runtime::outcome<void>
  child_ended(const task_key& task, const std::string& child,
              const nlohmann::json& output,
              const std::optional<messages::TaskError>& error);

  // -- time
  // ----------------------------------------------------------------------

  /// Looks at the deadlines of a task; nothing happens before they are due.
  runtime::outcome<void> check_time(const task_key& task);

  /// The same for the run as a whole: its timeout, the end of a grace period,
  /// and what is to be said of its deadline.
  runtime::outcome<void> check_time();

  /// After a time in which nobody looked: begins the waits that have come due.
  runtime::outcome<void> wake();

  // -- the result
  // ----------------------------------------------------------------

  /// Everything decided so far. Lives as long as the decision.
  [[nodiscard]] const messages::RunEvents& events() const noexcept {
    return *events_;
  }

  /// Work whose status changed, as `run_state::take_touched`.
  [[nodiscard]] std::vector<task_key> take_touched();

private:
  messages::RunEvent& prepare();
  void commit();
  runtime::outcome<const task_work*>
  held_work(const task_key& task, std::uint64_t claim, work_status status);
  void advance();
  void decide_step(step_index step);
  void fail_step(step_index step, const runtime::problem& reason);
  void fail_at_expression(const task_key& task, const runtime::problem& reason);
  void wait_where_needed();
  void begin_waiting(const task_key& task);
  void begin_due_waits();
  void end_waiting(const task_key& task, const nlohmann::json& output,
                   std::uint64_t signal = 0);
  [[nodiscard]] runtime::outcome<void>
  check_signal(const messages::SignalReceived& received) const;
  void take_signals();
  bool take_signal();
  void end_attempt(const task_key& task, messages::TaskFailed what);
  void record_failure(const task_key& task, messages::TaskFailed what);
  void record_failure(const task_key& task, messages::TaskError error);
  [[nodiscard]] std::optional<std::chrono::milliseconds>
  delay_after(const task_key& task, const messages::TaskFailed& what) const;
  [[nodiscard]] bool is_retry_refused(const task_key& task,
                                      messages::TaskFailed& what) const;
  void call_off(bool also_held);
  void end_if_idle();
  void start_undoing_or_end(messages::RunEnded::Outcome outcome,
                            const std::string& reason);
  void end(messages::RunEnded::Outcome outcome, const std::string& reason);

  run_state& run_;
  const decision_context& context_;
  /// Events are small and many: they are made here, and go at once.
  std::array<char, 2'048> first_block_;
  google::protobuf::Arena arena_;
  messages::RunEvents* events_;
  std::vector<task_key> touched_;
  /// What of `touched_` was not looked at by `wait_where_needed`.
  std::size_t touched_seen_ = 0;
};

/// How much of the time to its deadline has gone when a run is said to be near
/// it.
inline constexpr auto deadline_near_percent = 80;

/// The instant at which `check_time()` of the run has something to do, or at
/// which it is to start.
[[nodiscard]] std::optional<instant> run_deadline(const run_state& run);

} // namespace troupe::engine
