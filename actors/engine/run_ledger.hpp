#pragma once

#include "actors/engine/ready_queue.hpp"
#include "actors/engine/run_decision.hpp"
#include "actors/engine/run_state.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Key of a run in the store; grows with each submission.
using run_number = std::int64_t;

/// A run as somebody asks for it.
struct run_request {
  std::shared_ptr<const workflow> definition;
  /// An object that `check_inputs` has accepted.
  nlohmann::json inputs = nlohmann::json::object();
  /// In the place of the workflow's own.
  std::optional<priority_class> priority;
  std::string idempotency_key;
  std::string by;
};

struct submitted_run {
  std::string run_id;
  run_number number = 0;
  /// The idempotency key was used before: this is that run.
  bool is_known = false;
};

/// Work for a worker, claimed and begun.
struct assignment {
  std::string run_id;
  std::string step_id;
  std::string activity;
  task_claim claim;
  /// Texts of the input that are references to secrets.
  std::vector<nlohmann::json::json_pointer> secrets;
  step_timeouts timeouts;
};

/// What has to be stored, in one transaction, before anybody is told.
struct run_change {
  run_number number = 0;
  bool is_new = false;
  messages::RunEvents events;
};

/// Work that a worker is to stop.
struct called_off {
  std::uint64_t worker = 0;
  std::string run_id;
  task_key task;
  std::string step_id;
  std::uint32_t attempt = 0;
  std::uint64_t claim = 0;
};

struct run_ledger_options {
  ready_queue_options queue;
  /// How many runs that are not over it may hold.
  std::size_t runs_max = 1'000'000;
};

/// All runs of one engine that are not over: who goes next, who works on what,
/// what is due when. Pure: commands, facts and the time go in; what has to be
/// stored and told comes out. It can be rebuilt from the store at any moment.
///
/// Between two calls of `take_changes` it is ahead of the store. Whoever cannot
/// store them throws the ledger away and builds a new one.
class run_ledger {
public:
  /// What it takes from outside.
  struct sources {
    std::uint64_t epoch = 1;
    std::function<double()> draw; ///< Uniform in 0..1.
    std::function<std::string()> new_id; ///< Of a run.
    /// The newest workflow of that id; null: there is none.
    std::function<std::shared_ptr<const workflow>(const std::string&)>
      definition;
  };

  run_ledger(run_ledger_options options, sources from);

  /// From now on it is that late. Never goes back: an earlier instant counts as
  /// the one before.
  void set_time(instant now);

  // -- recovery
  // ----------------------------------------------------------------

  /// A run as it was stored; `run` is what its history makes of it. To be
  /// called before anything else happens, in the order of the numbers.
  void restore(run_number number, std::unique_ptr<run_state> run);

  /// An idempotency key that belongs to a run which is over.
  void restore_key(const std::string& key, submitted_run of);

  /// After the last one: work that was under way is lost with its workers.
  void finish_recovery(run_number last_number);

  // -- commands
  // ----------------------------------------------------------------

  /// `unavailable` beyond `runs_max` and when the queue is full (with the time
  /// to wait as hint), `conflict` when the policy of its concurrency key says
  /// so, `invalid_input` when that key cannot be evaluated.
  runtime::outcome<submitted_run> submit(const run_request& request);

  /// Decides with `f(run_decision&)` about the run of that id; `not_found`.
  template <class F>
  runtime::outcome<void> decide(std::string_view run_id, F f) {
    auto* live = find_live(run_id);
    if (live == nullptr)
      return no_such_run(run_id);
    auto done = decide_on(*live, f);
    do_deferred();
    return done;
  }

  // -- workers
  // -----------------------------------------------------------------

  /// The same for what a worker says of its work under a claim: whatever comes
  /// of it, the worker does not hold the work any more, unless it goes on.
  template <class F>
  runtime::outcome<void> report(std::string_view run_id, const task_key& task,
                                std::uint64_t claim, F f) {
    auto* live = find_live(run_id);
    if (live == nullptr)
      return no_such_run(run_id);
    release(*live, task, claim);
    auto done = decide_on(*live, f);
    do_deferred();
    return done;
  }

  /// Up to `credit` pieces of work that a worker can do.
  std::vector<assignment> assign(std::uint64_t worker,
                                 const std::vector<std::string>& activities,
                                 std::uint32_t credit);

  /// Everything it held goes to others.
  void lose_worker(std::uint64_t worker, const std::string& reason);

  // -- time
  // --------------------------------------------------------------------

  /// Lets happen what is due.
  void check_time();

  /// When that has something to do again.
  [[nodiscard]] std::optional<instant> next_check() const;

  // -- what comes out
  // ------------------------------------------------------------

  [[nodiscard]] std::vector<run_change> take_changes();

  [[nodiscard]] std::vector<called_off> take_called_off();

  /// Runs whose steps are all done: the validator has to say whether they are.
  [[nodiscard]] std::vector<run_number> take_finished();

  /// Runs that are over and whose end was among the changes taken; they are
  /// still there until `forget`.
  [[nodiscard]] std::vector<run_number> take_ended();

  /// A run that is over and stored as such.
  void forget(run_number number);

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

  /// Anybody waits for a worker.
  [[nodiscard]] bool has_ready_work() const noexcept {
    return queue_.size() != 0;
  }

  [[nodiscard]] queue_figures queue(instant now) const {
    return queue_.figures(now);
  }

  /// What is wrong inside, in words.
  [[nodiscard]] std::vector<std::string> check() const;

private:
  struct live_run {
    run_number number = 0;
    bool is_new = false;
    bool is_paused = false;
    bool is_cancelling = false;
    bool is_finished = false; ///< Told by take_finished.
    bool is_over = false; ///< Told by take_ended.
    std::unique_ptr<run_state> state;
    messages::RunEvents events; ///< Not taken yet.
    std::map<task_key, task_handle> queued;
    std::map<task_key, std::uint64_t> holders;
  };

  struct place {
    run_number number = 0;
    task_key task;
  };

  /// Something may be due; looked at when it is.
  struct alarm {
    instant at{};
    run_number number = 0;
    std::optional<task_key> task; ///< Nothing: the run as a whole.

    friend bool operator>(const alarm& left, const alarm& right) noexcept {
      return left.at > right.at;
    }
  };

  struct key_room {
    std::uint32_t limit = 1;
    std::set<run_number> running;
    std::deque<run_number> waiting;
  };

  template <class F>
  runtime::outcome<void> decide_on(live_run& live, F f) {
    auto decision = run_decision{*live.state, context_};
    auto done = f(decision);
    follow(live, decision);
    return done;
  }

  live_run* find_live(std::string_view run_id);
  live_run* find_live(run_number number);
  void do_deferred();
  void release(live_run& live, const task_key& task, std::uint64_t claim);
  void call_off(live_run& live, const task_key& task);
  void sync_all(live_run& live);
  void set_alarm(const live_run& live, const task_key& task,
                 const task_work& work);
  void set_alarm(const live_run& live);
  live_run& add(run_number number, std::unique_ptr<run_state> state);
  static tl::unexpected<runtime::problem> no_such_run(std::string_view run_id);
  runtime::outcome<messages::RunSubmitted>
  make_submission(const run_request& request);
  runtime::outcome<void> check_room(const run_request& request,
                                    const std::string& key);
  void admit(live_run& live);
  void follow(live_run& live, run_decision& decision);
  void sync(live_run& live, const task_key& task);
  void enqueue(live_run& live, const task_key& task, const task_work& work);
  void dequeue(live_run& live, const task_key& task);
  submitted_run accept(const messages::RunSubmitted& submission,
                       std::shared_ptr<const workflow> definition);
  void end(live_run& live);
  void leave_key(const live_run& live);
  void start_child(run_number parent, const task_key& task);
  void tell_parent(run_number child);
  activity_id intern(const std::string& activity);
  std::optional<assignment> hand_out(const place& at, std::uint64_t worker);

  run_ledger_options options_;
  sources from_;
  decision_context context_;
  std::unordered_map<run_number, live_run> runs_;
  std::map<std::string, run_number, std::less<>> by_id_;
  std::map<std::string, submitted_run, std::less<>> by_key_;
  run_number last_number_ = 0;
  ready_queue queue_;
  std::unordered_map<task_handle, place> places_;
  task_handle last_handle_ = 0;
  std::map<std::string, activity_id, std::less<>> activities_;
  std::priority_queue<alarm, std::vector<alarm>, std::greater<>> alarms_;
  std::map<std::string, key_room, std::less<>> keys_;
  std::map<std::uint64_t, std::set<std::pair<run_number, task_key>>> held_;
  /// What has to be done to other runs once the one at hand is settled.
  std::deque<std::function<void()>> deferred_;
  std::vector<run_number> changed_;
  std::vector<called_off> called_off_;
  std::vector<run_number> finished_;
  std::vector<run_number> ended_;
};

} // namespace troupe::engine
