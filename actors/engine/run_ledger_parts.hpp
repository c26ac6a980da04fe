#pragma once

#include "actors/engine/guard_desk.hpp"
#include "actors/engine/placement_desk.hpp"
#include "actors/engine/ready_queue.hpp"
#include "actors/engine/run_decision.hpp"
#include "actors/engine/run_state.hpp"
#include "runtime/guard/guard_file.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a ledger of runs is told, and what it says.

namespace troupe::engine {

/// Key of a run in the store; grows with each submission.
using run_number = std::int64_t;

/// A piece of work of all there is.
using held_work = std::pair<run_number, task_key>;

/// A piece of work of a run, and the claim of somebody who has it.
using task_claim_key = std::pair<task_key, std::uint64_t>;

/// Of all work that somebody has, one or two for each piece, in order.
[[nodiscard]] std::vector<task_claim_key> claims_of(const run_state& run);

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
  /// That it is ready is stored: the worker may begin before the claim is. If
  /// that is lost in a crash, the work is as if it had never been given out.
  bool may_begin = false;
  /// It takes up credit of its worker. Not what that answers at once.
  bool takes_credit = true;
};

/// What a worker can do, and what it has while nothing runs there.
struct worker_profile {
  std::uint64_t worker = 0;
  std::vector<std::string> activities;
  /// Absent: as many processors and as much memory as anybody asks for, and
  /// nothing else.
  std::optional<step_resources> room;
  /// What of its activities it answers at once.
  std::vector<std::string> immediate{};
  /// The node it is on; empty: that of the engine.
  std::string node{};
  worker_labels labels{};
  /// It gets nothing new, as its node drains.
  bool is_held = false;
};

/// Names a claim. Those that were not stored before a crash are given out once
/// more, hence the epoch.
struct claim_id {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0; ///< Within the run.
};

/// Events from one snapshot of a run to the next; more where it has more work
/// than that, so that snapshots cost no more than what they save.
inline constexpr auto snapshot_interval = std::uint64_t{200};

/// What becomes of the snapshot of a run.
enum class snapshot_change : std::uint8_t {
  none,
  store, ///< As it stands behind the events of the change.
  drop, ///< It is over.
};

/// What has to be stored, in one transaction, before anybody is told.
struct run_change {
  run_number number = 0;
  bool is_new = false;
  /// A serialised RunEvents, as the store has it.
  std::shared_ptr<const std::string> events;
  std::uint64_t last_sequence = 0;
  snapshot_change snapshot = snapshot_change::none;
  /// Whether the run was open when its changes were last taken, and is now.
  bool was_open = false;
  bool is_open = false;
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

/// Why work is lost that was under way when the engine started.
inline constexpr auto lost_with_engine
  = "the engine stopped while it was under way";

/// How long work may take to end by itself when its run is cancelled by another
/// one.
inline constexpr auto cancel_grace = std::chrono::seconds{30};

struct run_ledger_options {
  ready_queue_options queue;
  /// How many runs that are not over it may hold.
  std::size_t runs_max = 1'000'000;
  /// How deep runs may start runs.
  std::uint32_t depth_max = 16;
  /// What steps may name as their guard.
  runtime::guard_file guards;
  /// How many runs may go at once, others wait for their turn; 0: all. Those
  /// that other runs start go along with these.
  std::size_t running_max = 0;
  /// How many runs may be submitted per minute, others are refused; 0: any.
  std::uint32_t submissions_per_minute = 0;
  /// Events for each task of a run from one snapshot to the next, or 200 if
  /// that is more. A task that succeeds at once has three: a run of many pays
  /// for no snapshot that saves less than it costs.
  std::uint64_t snapshot_events_per_task = 8;
  /// Work that a worker may have under way beyond its credit, as long as it is
  /// answered at once.
  std::size_t immediate_max = 1'000;
  /// How long after a start work that was under way may be named by whoever
  /// goes on with it (`run_ledger::rebind`); then it is lost. Zero: at once, as
  /// nobody survives the engine.
  std::chrono::milliseconds rebind_window{0};
  /// How long work waits for the node that has its data, or for one with the
  /// fewest of its group, before any may have it: from when a worker had room
  /// for it and had to pass it over.
  std::chrono::microseconds placement_patience = std::chrono::seconds{3};
  /// The node of the engine, which is that of workers that name none; empty: it
  /// is alone.
  std::string node;
};

/// Why nothing new is given to workers.
struct queue_hold {
  std::string by; ///< Empty: the engine itself.
  std::string reason;
  instant since{};
};

// -- what it keeps for itself
// ------------------------------------------------------------------

/// Whether work may wait for the best of those that may have it.
enum class patience : std::uint8_t { whole, over };

/// Where work that is in the queue belongs.
struct queued_place {
  run_number number = 0;
  task_key task;
  guard_id guard = 0;
  placement_id placement = 0;
  rules_id rules = 0;
  /// Patient work: what its owner is the owner of.
  std::string data{};
  /// Until then it waits for the best of those that may have it.
  std::optional<instant> patient_until{};
  bool is_backup = false; ///< Somebody is at it already.
};

/// Work by what it asks of its worker.
struct placed_task {
  rules_id rules = 0;
  placement_id kind = 0;
  task_handle task = 0;

  friend auto operator<=>(const placed_task&, const placed_task&) = default;
};

/// Finds texts by views of them.
struct text_hash {
  using is_transparent = void;

  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// A worker that may be given work.
struct known_worker {
  std::optional<step_resources> room; ///< As it says.
  worker_offer offer;
  std::vector<activity_id> activities;
  std::vector<activity_id> immediate; ///< Of these.
  std::string node; ///< Empty: that of the engine has no name.
  worker_labels labels;
  bool is_held = false;
};

/// What work that is with a worker takes up.
struct held_share {
  resource_amounts needed;
  std::string group; ///< That it is spread with; empty: none.
  std::string node; ///< Where it is.
  std::uint64_t claim = 0;
};

/// A run of a ledger.
struct live_run {
  run_number number = 0;
  bool is_new = false;
  bool is_paused = false;
  bool is_cancelling = false;
  bool is_finished = false; ///< Told by take_finished.
  bool is_over = false; ///< Told by take_ended.
  bool was_open = false; ///< When changes were last taken.
  bool awaits_verdict = false;
  bool must_store = true; ///< With the next changes, verdict or not.
  std::uint64_t stored = 0; ///< Sequence of the last event that is.
  /// The same of the last one that follows from these by time alone.
  std::uint64_t follows = 0;
  std::uint64_t snapshot = 0; ///< Sequence of the last one, about.
  std::unique_ptr<run_state> state;
  /// Not taken yet: a serialised RunEvents, which grows by its end.
  std::string events;
  std::shared_ptr<const std::string> in_flight; ///< Not stored yet.
  std::uint64_t in_flight_last = 0; ///< Sequence of its last event.
  std::map<task_key, task_handle> queued;
  /// What somebody has, and a second one may have.
  std::map<task_key, task_handle> queued_backups;
  /// Workers, by what they have and their claim to it.
  std::map<task_claim_key, std::uint64_t> holders;
  std::map<task_key, desk_permit> permits;
  std::map<task_key, std::string> children; ///< Runs its tasks wait for.
  std::map<std::optional<task_key>, instant> alarms;
  std::map<step_index, instant> looks; ///< For stragglers.
};

/// Requests that were not let in, since the start.
struct refusal_figures {
  std::uint64_t full = 0;
  std::uint64_t rate = 0;
  queue_hold last;
};

/// The runs of a concurrency key.
struct key_room {
  std::uint32_t limit = 1;
  std::set<run_number> running;
  std::deque<run_number> waiting;
};

} // namespace troupe::engine
