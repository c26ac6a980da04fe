#pragma once

#include "actors/engine/guard_desk.hpp"
#include "actors/engine/ready_queue.hpp"
#include "actors/engine/run_decision.hpp"
#include "actors/engine/run_derivation.hpp"
#include "actors/engine/run_ledger_parts.hpp"
#include "actors/engine/run_state.hpp"
#include "actors/engine/run_submission.hpp"
#include "messages/queue_call.pb.h"
#include "runtime/guard/rate_limit.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::engine {

/// All runs of one engine that are not over: who goes next, who works on what,
/// what is due when. Pure: commands, facts and the time go in; what has to be
/// stored and told comes out. It can be rebuilt from the store at any moment.
///
/// Between two calls of `take_changes` it is ahead of the store. Whoever cannot
/// store them throws the ledger away and builds a new one.
class run_ledger {
public:
  static constexpr auto unbounded = std::numeric_limits<std::size_t>::max();

  /// What it takes from outside.
  struct sources {
    std::uint64_t epoch = 1;
    std::function<std::uint64_t()> draw; ///< Uniform over its type.
    std::function<std::string()> new_id; ///< Of a run.
    /// The newest workflow of that id; null: there is none.
    std::function<pinned_workflow(const std::string&)> definition;
    /// The run of an idempotency key that is over, if there is one. Absent:
    /// such keys are forgotten with their runs.
    std::function<std::optional<submitted_run>(const std::string&)> known_run;
  };

  run_ledger(run_ledger_options options, sources from);

  /// From now on it is that late. Never goes back: an earlier instant counts as
  /// the one before.
  void set_time(instant now);

  [[nodiscard]] instant now() const noexcept {
    return context_.now;
  }

  [[nodiscard]] std::uint64_t epoch() const noexcept {
    return from_.epoch;
  }

  // -- recovery ---------------------------------------------------------------

  /// A run as it was stored; `run` is what its history makes of it. To be
  /// called before anything else happens, in the order of the numbers; later
  /// only for a run that is over and is to go on.
  void restore(run_number number, std::unique_ptr<run_state> run);

  /// After the last one: work that was under way is lost with its workers, or,
  /// with a `rebind_window`, when nobody has named it by its end.
  void finish_recovery(run_number last_number);

  // -- commands
  // ----------------------------------------------------------------

  /// `unavailable` beyond `runs_max` and when the queue is full (with the time
  /// to wait as hint), `conflict` when the policy of its concurrency key says
  /// so, `invalid_input` when that key cannot be evaluated, a step needs more
  /// than any worker has or labels that no worker will ever have, or names a
  /// guard that there is not.
  runtime::outcome<submitted_run> submit(const run_request& request);

  /// Decides with `f(run_decision&)` about the run of that id; `not_found`.
  template <class F>
  runtime::outcome<void> decide(std::string_view run_id, F f) {
    auto* live = find_live(run_id);
    if (live == nullptr)
      return no_such_run(run_id);
    // Somebody is told of it as soon as the next changes are stored.
    live->must_store = true;
    auto done = decide_on(*live, f);
    do_deferred();
    return done;
  }

  /// Takes back the run of that idempotency key, whose instant has not come: it
  /// is cancelled; its number. The key is free again once that is stored, and
  /// the run is forgotten. `not_found` if there is none, `conflict` if it has
  /// begun.
  runtime::outcome<run_number> withdraw(const std::string& key,
                                        const std::string& by,
                                        const std::string& reason);

  /// A run that goes on from another one of this ledger, over or not. Errors as
  /// `submit` and `plan_derivation`; `not_found`; `conflict` if the other run
  /// is not over and is not to be cancelled.
  runtime::outcome<submitted_run> derive(const derived_run_request& wanted);

  /// From now on nothing new is given to workers, until it is resumed.
  /// `conflict` if it is so already.
  runtime::outcome<void> pause_queue(queue_hold why);

  runtime::outcome<void> resume_queue();

  /// The same while the machine has too much to do; nothing: it has not.
  void hold_queue(std::optional<std::string> reason);

  // -- workers
  // -----------------------------------------------------------------

  /// The same for what a worker says of its work under a claim: whatever comes
  /// of it, the worker does not hold the work any more, unless it goes on.
  template <class F>
  runtime::outcome<void> report(std::string_view run_id, const task_key& task,
                                const claim_id& claim, F f) {
    if (auto current = check_epoch(claim); !current)
      return current;
    auto* live = find_live(run_id);
    if (live == nullptr)
      return no_such_run(run_id);
    release(*live, {task, claim.number});
    auto done = decide_on(*live, f);
    do_deferred();
    return done;
  }

  /// A sign of life of work under a claim.
  runtime::outcome<void> beat(std::string_view run_id, const task_key& task,
                              const claim_id& claim,
                              const nlohmann::json& progress);

  /// From now on that worker may be given work.
  void welcome(const worker_profile& worker);

  /// A worker gets nothing new, or goes on: what its node has the data of need
  /// not wait for it.
  void hold_worker(std::uint64_t worker, bool is_held);

  /// Up to `credit` pieces of work that a worker can do, and has room for, and
  /// beyond them what it answers at once; `most` in all. Work that needs more
  /// processors than it has gets all of them.
  std::vector<assignment> assign(std::uint64_t worker, std::uint32_t credit,
                                 std::size_t most = unbounded);

  /// Everything it held goes to others.
  void lose_worker(std::uint64_t worker, const std::string& reason);

  /// The worker says that it runs this, given out under that claim by an engine
  /// that was replaced. If the work waits for exactly that, the worker holds it
  /// from now on, under the claim's number and the epoch of now; also if it
  /// holds it already. False: it has to drop it. Nothing that is stored
  /// changes.
  [[nodiscard]] bool rebind(std::uint64_t worker, std::string_view run_id,
                            const task_key& task, const claim_id& claim);

  /// What the worker holds and does not name goes to others.
  void lose_others(std::uint64_t worker, const std::set<held_work>& named,
                   const std::string& reason);

  /// Nobody else will name anything: what waits for its worker is lost, before
  /// the window is over.
  void end_rebinding();

  /// Work under way that waits for its worker since the start.
  [[nodiscard]] std::size_t orphans() const noexcept {
    return orphans_.size();
  }

  // -- time
  // --------------------------------------------------------------------

  /// Lets happen what is due, `most` of it, the longest due first. Whether
  /// there is more.
  bool check_time(std::size_t most = unbounded);

  /// When that has something to do again.
  [[nodiscard]] std::optional<instant> next_check() const;

  // -- what comes out
  // ------------------------------------------------------------

  /// Without those of runs whose verdict is awaited: their end goes along. One
  /// at a time: the next ones once `mark_stored` was called.
  [[nodiscard]] std::vector<run_change> take_changes();

  /// The changes taken last are stored.
  void mark_stored();

  [[nodiscard]] std::vector<called_off> take_called_off();

  /// Runs that were withdrawn since the last call: their idempotency keys are
  /// to be free again once their end is stored.
  [[nodiscard]] std::vector<run_number> take_withdrawn() {
    return std::exchange(withdrawn_, {});
  }

  /// Runs whose steps are all done: the validator has to say whether they are,
  /// by what is stored and, behind it, `unstored`. Their changes are held back
  /// until the run goes on, one way or the other.
  [[nodiscard]] std::vector<run_number> take_finished();

  /// What happened to a run and is not stored, oldest first: a serialised
  /// RunEvents.
  [[nodiscard]] std::string unstored(run_number of) const;

  /// Whether a run is stored up to the event of that sequence; one that is over
  /// and forgotten is.
  [[nodiscard]] bool is_stored(run_number of, std::uint64_t sequence) const;

  /// Nobody can say: lets its changes be stored all the same.
  void stop_waiting(run_number of);

  /// Runs whose deadline is near, or missed, since the last call; some may be
  /// over by now.
  [[nodiscard]] std::vector<std::pair<run_number, deadline_notice>>
  take_deadline_notices() {
    return std::exchange(deadline_notices_, {});
  }

  /// Runs that are over and stored as such; they are still there until
  /// `forget`.
  [[nodiscard]] std::vector<run_number> take_ended();

  /// A run that is over and stored as such.
  void forget(run_number number);

  // -- guards
  // ------------------------------------------------------------------

  /// The state of before, to be called before `finish_recovery`.
  void restore(const named_guard_record& saved);

  /// What guards have to keep of what is decided since it was taken last.
  [[nodiscard]] std::vector<named_guard_record> take_guard_records();

  /// What happened to circuits and quotas.
  [[nodiscard]] std::vector<desk_event> take_guard_events();

  [[nodiscard]] std::vector<desk_status> guards();

  /// Closes the circuit of a guard: `not_found`.
  runtime::outcome<void> reset_guard(std::string_view name);

  // -- looking
  // -----------------------------------------------------------------

  /// Nothing if it is over and forgotten, or was never there.
  [[nodiscard]] const run_state* find(run_number number) const;

  [[nodiscard]] const run_state* find(std::string_view run_id) const;

  [[nodiscard]] std::optional<run_number>
  number_of(std::string_view run_id) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return runs_.size();
  }

  /// Tasks that wait for a worker.
  [[nodiscard]] std::size_t ready_tasks() const noexcept {
    return queue_.size();
  }

  [[nodiscard]] queue_figures queue(instant now) const {
    return queue_.figures(now);
  }

  [[nodiscard]] const std::optional<queue_hold>& queue_pause() const noexcept {
    return paused_;
  }

  /// By the load of the machine.
  [[nodiscard]] const std::optional<queue_hold>& queue_load() const noexcept {
    return loaded_;
  }

  /// Everything about the queue in sum. Linear in runs.
  [[nodiscard]] messages::QueueReport queue_report() const;

  /// What is wrong inside, in words.
  [[nodiscard]] std::vector<std::string> check() const;

private:
  /// When to look at a task of a run, or, without one, at the run as a whole.
  using alarm = std::tuple<instant, run_number, std::optional<task_key>>;

  template <class F>
  runtime::outcome<void> decide_on(live_run& live, F f) {
    auto decision = run_decision{*live.state, context_};
    auto done = f(decision);
    follow(live, decision);
    return done;
  }

  live_run* find_live(std::string_view run_id);
  live_run* find_live(run_number number);
  [[nodiscard]] const live_run* find_live(run_number number) const;
  void do_deferred();
  snapshot_change snapshot_of(live_run& live) const;
  [[nodiscard]] runtime::outcome<void> check_epoch(const claim_id& claim) const;
  void hold(std::uint64_t worker, const held_work& what, held_share share);
  void let_go(std::uint64_t worker, const held_work& what);
  void release(live_run& live, const task_claim_key& what);
  void call_off(const live_run& live, const task_claim_key& what);
  void release_losers(live_run& live, const task_key& task);
  void lose_held(const held_work& what, std::uint64_t claim,
                 const std::string& reason);
  [[nodiscard]] bool adopt(live_run& live, const task_claim_key& what);
  void drop_orphans(const live_run& live);
  [[nodiscard]] bool has_due_orphans() const;
  void lose_due_orphans(std::size_t& most);
  void check_holders(const live_run& live,
                     std::vector<std::string>& found) const;
  void check_orphans(const live_run& live,
                     std::vector<std::string>& found) const;
  void sync_all(live_run& live);
  void set_alarm(live_run& live, const task_key& task);
  void set_alarm(live_run& live);
  void set_alarm(live_run& live, const std::optional<task_key>& task,
                 std::optional<instant> at);
  void drop_alarms(live_run& live);
  void settle_permits(live_run& live, const messages::RunEvents& events);
  void settle_permits(live_run& live, const messages::RunEvent& event);
  void end_permit(live_run& live, const task_key& task,
                  const runtime::attempt_report& how);
  [[nodiscard]] runtime::outcome<void> check_guards(const workflow& of) const;
  void check_permits(const live_run& live,
                     std::vector<std::string>& found) const;
  void check_desk(std::vector<std::string>& found) const;
  [[nodiscard]] static priority_class priority_of(const live_run& live);
  void sync_child(live_run& live, const task_key& task);
  live_run& add(run_number number, std::unique_ptr<run_state> state);
  static tl::unexpected<runtime::problem> no_such_run(std::string_view run_id);
  runtime::outcome<void> check_room(const run_request& request);
  [[nodiscard]] runtime::outcome<void> check_key(const run_request& request,
                                                 const std::string& key,
                                                 run_number leaving = 0) const;
  runtime::outcome<void> check_rate(const run_request& request);
  void note_refusal(std::uint64_t& count, const run_request& request,
                    const runtime::problem& reason);
  [[nodiscard]] std::optional<submitted_run>
  find_known(const std::string& key) const;
  void admit(live_run& live);
  void admit_in_time(live_run& live);
  bool begin_in_time(live_run& live);
  void withdraw(live_run& live, const std::string& by,
                const std::string& reason);
  void start_in_turn(live_run& live);
  void leave_turn(const live_run& live);
  void fill_turns();
  void restore_turn(const live_run& live);
  void follow(live_run& live, run_decision& decision);
  void sync(live_run& live, const task_key& task);
  [[nodiscard]] ready_work prepare(const live_run& live, const task_key& task);
  void enqueue(live_run& live, const task_key& task, const task_work& work,
               patience left);
  task_handle push(const ready_work& ready, queued_place at);
  void dequeue(std::map<task_key, task_handle>& from, const task_key& task);
  void sync_backup(live_run& live, const task_key& task);
  [[nodiscard]] bool has_node_beside(const std::string& node) const;
  void enqueue_backup(live_run& live, const task_key& task);
  void watch(live_run& live, step_index step, instant at);
  [[nodiscard]] bool has_due_looks() const;
  void look_for_stragglers(std::size_t& most);
  void drop_looks(live_run& live);
  submitted_run accept(const messages::RunSubmitted& submission,
                       std::shared_ptr<const workflow> definition,
                       const derivation_plan* taken = nullptr);
  void terminate(live_run& live, const std::string& by,
                 const std::string& reason);
  void start_failure_run(run_number failed);
  runtime::outcome<std::string> try_start_failure_run(const live_run& failed);
  void end(live_run& live);
  void leave_key(const live_run& live);
  void fill_room(key_room& room);
  void revive(live_run& live);
  void start_child(run_number parent, const task_key& task);
  runtime::outcome<void> try_start_child(const live_run& parent,
                                         const task_key& task);
  void cancel_child(const std::string& run_id, bool terminate);
  void tell_parent(run_number child);
  activity_id intern(const std::string& activity);
  resource_amounts amounts_of(const step_resources& named);
  [[nodiscard]] runtime::outcome<void> check_needs(const workflow& of) const;
  [[nodiscard]] resource_amounts free_room(const worker_offer& of) const;
  queued_place leave_queue(task_handle handle);
  [[nodiscard]] placement_wish wish_of(const live_run& live,
                                       const task_key& task) const;
  void find_place(const live_run& live, const task_work& work,
                  ready_work& ready, queued_place& at, patience left);
  void pass_over(const worker_offer& offer);
  void pass_over(const worker_offer& offer, rules_id rules, placement_id kind);
  void enter_place(placement_wish wish, ready_work& ready, queued_place& at,
                   bool is_patient);
  void set_patience(task_handle handle, queued_place& at, instant until);
  void end_patience(std::size_t& most);
  void move_data();
  [[nodiscard]] bool has_impatient() const;
  void count_group(const held_share& share, bool is_there);
  [[nodiscard]] runtime::outcome<void> check_labels(const workflow& of) const;
  void add_placed(messages::QueueReport& report) const;
  void check_placement(std::vector<std::string>& found) const;
  [[nodiscard]] std::size_t room_beyond_credit(const known_worker& of) const;
  [[nodiscard]] std::string name_of(std::uint64_t worker) const;
  void fill(messages::QueueReport::Worker& worker, std::uint64_t id,
            const known_worker& known) const;
  std::optional<assignment> hand_out(const queued_place& at,
                                     std::uint64_t worker,
                                     const ready_work& what,
                                     const std::string& group);

  run_ledger_options options_;
  sources from_;
  decision_context context_;
  std::unordered_map<run_number, live_run> runs_;
  std::unordered_map<std::string, run_number, text_hash, std::equal_to<>>
    by_id_;
  std::map<std::string, submitted_run, std::less<>> by_key_;
  run_number last_number_ = 0;
  ready_queue queue_;
  guard_desk desk_;
  placement_desk placement_;
  std::unordered_map<task_handle, queued_place> places_;
  /// What waits for the best of those that may have it, and until when.
  std::set<std::pair<instant, task_handle>> patient_;
  /// Of these and others, what no worker with room has passed over yet.
  std::set<placed_task> not_passed_;
  task_handle last_handle_ = 0;
  std::map<std::string, activity_id, std::less<>> activities_;
  std::set<alarm> alarms_;
  /// When to look whether any element of a step takes long beside the others.
  std::set<std::tuple<instant, run_number, step_index>> looks_;
  std::map<std::string, key_room, std::less<>> keys_;
  /// Runs that go, as far as they count, and those that wait for their turn:
  /// by priority, then by number.
  std::set<run_number> going_;
  std::set<std::pair<std::uint32_t, run_number>> awaiting_turn_;
  std::optional<runtime::rate_limit> submissions_;
  refusal_figures refusals_;
  std::optional<queue_hold> paused_;
  std::optional<queue_hold> loaded_;
  std::map<std::string, resource_id, std::less<>> resources_;
  std::map<std::uint64_t, known_worker> workers_;
  /// What each worker has under way, and what that needs: what is free follows.
  std::map<std::uint64_t, std::map<held_work, held_share>> held_;
  group_counts running_; ///< Of what is held.
  /// Held in the store by nobody who is known yet, and until when.
  std::set<std::pair<run_number, task_claim_key>> orphans_;
  instant orphans_until_{};
  /// What has to be done to other runs once the one at hand is settled.
  std::deque<std::function<void()>> deferred_;
  std::vector<run_number> changed_;
  std::vector<run_number> in_flight_;
  std::vector<called_off> called_off_;
  std::vector<run_number> withdrawn_;
  std::vector<run_number> finished_;
  std::vector<run_number> ended_;
  std::uint64_t runs_ended_ = 0; ///< Since the start, and stored as such.
  std::vector<std::pair<run_number, deadline_notice>> deadline_notices_;
};

} // namespace troupe::engine
