#include "tools/api/engine_port.hpp"

#include "actors/engine/engine_answer.hpp"
#include "runtime/config/quantities.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>

namespace troupe::tools {

using engine::part_of;
using messages::EngineAnswer;
using messages::EngineCall;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Threads that may wait at the same time: others are needed for the rest.
constexpr auto waiting_max = std::size_t{64};
/// Runs whose end somebody has asked for, also if nobody waits any more: each
/// costs the engine a promise until it is over. Few beside what a node takes.
constexpr auto runs_max = std::size_t{1'000};

/// A question on its way.
struct open_call {
  std::optional<EngineAnswer> answer;
  std::string run_id; ///< Whose end is asked for; empty: something else.
};

using shared_call = std::shared_ptr<open_call>;

} // namespace

/// Questions that are not answered yet. Those for ends of runs are asked once
/// each: those who wait come and go, the question stays until the run is over.
struct engine_port::call_book {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, shared_call> open;
  std::map<std::string, shared_call> endings; ///< Of the open ones, by run.
  std::size_t waiting = 0;
  std::stop_source stopping;

  /// Whether the answer came. Needs the mutex, and lets go of it meanwhile.
  bool wait(std::unique_lock<std::mutex>& guard, const open_call& of,
            std::chrono::milliseconds patience) {
    return changed.wait_for(guard, stopping.get_token(), patience,
                            [&of] { return of.answer.has_value(); });
  }

  /// Needs the mutex.
  std::pair<std::uint64_t, shared_call> begin(std::string run_id = {}) {
    auto made = std::make_shared<open_call>();
    made->run_id = std::move(run_id);
    if (!made->run_id.empty())
      endings[made->run_id] = made;
    open.emplace(++last_id, made);
    return {last_id, std::move(made)};
  }

  void take(std::span<const std::string> payloads) {
    {
      const auto guard = std::lock_guard{mutex};
      for (const auto& payload : payloads) {
        auto answer = EngineAnswer{};
        if (!answer.ParseFromString(payload))
          continue; // Its caller gives up in time.
        const auto found = open.find(answer.id());
        if (found == open.end())
          continue;
        endings.erase(found->second->run_id);
        found->second->answer = std::move(answer);
        open.erase(found);
      }
    }
    changed.notify_all();
  }
};

engine_port::engine_port(const open_engine_line& open,
                         std::chrono::milliseconds patience)
  : patience_{patience}, book_{std::make_shared<call_book>()},
    line_{open([book = book_](std::span<const std::string> payloads) {
      book->take(payloads);
    })} {}

engine_port::~engine_port() = default;

outcome<EngineAnswer> engine_port::ask(EngineCall call,
                                       std::chrono::milliseconds patience) {
  auto guard = std::unique_lock{book_->mutex};
  const auto [id, entry] = book_->begin();
  call.set_id(id);
  guard.unlock();
  line_(call.SerializeAsString());
  guard.lock();
  if (book_->wait(guard, *entry, patience))
    return *entry->answer;
  book_->open.erase(id);
  if (book_->stopping.stop_requested())
    return fail(problem_kind::unavailable, "the server is stopping",
                "it may have happened: look, or ask again with the same "
                "idempotency key");
  return fail(problem_kind::timeout, "the engine does not answer");
}

outcome<messages::RunAccepted>
engine_port::submit(const messages::SubmitRun& wanted) {
  auto call = EngineCall{};
  *call.mutable_submit() = wanted;
  return part_of(ask(std::move(call)), &EngineAnswer::accepted);
}

outcome<messages::RunChanged>
engine_port::change(const messages::ChangeRun& wanted) {
  auto call = EngineCall{};
  *call.mutable_change() = wanted;
  return part_of(ask(std::move(call)), &EngineAnswer::changed);
}

outcome<messages::WorkflowApplied>
engine_port::apply(const messages::ApplyWorkflow& wanted) {
  auto call = EngineCall{};
  *call.mutable_apply() = wanted;
  return part_of(ask(std::move(call)), &EngineAnswer::applied);
}

outcome<messages::EngineStatus>
engine_port::status(std::chrono::milliseconds patience) {
  auto call = EngineCall{};
  call.mutable_status();
  return part_of(ask(std::move(call), patience), &EngineAnswer::status);
}

outcome<messages::GuardStates> engine_port::guards() {
  auto call = EngineCall{};
  call.mutable_guards();
  return part_of(ask(std::move(call)), &EngineAnswer::guards);
}

outcome<messages::QueueReport> engine_port::queue() {
  auto call = EngineCall{};
  call.mutable_queue();
  return part_of(ask(std::move(call)), &EngineAnswer::queue);
}

outcome<messages::QueueChanged>
engine_port::change(const messages::ChangeQueue& wanted) {
  auto call = EngineCall{};
  *call.mutable_change_queue() = wanted;
  return part_of(ask(std::move(call)), &EngineAnswer::queue_changed);
}

outcome<messages::ClusterStatus> engine_port::cluster() {
  auto call = EngineCall{};
  call.mutable_cluster();
  return part_of(ask(std::move(call)), &EngineAnswer::cluster);
}

outcome<messages::ClusterLoad> engine_port::cluster_load(bool only_this) {
  auto call = EngineCall{};
  call.mutable_cluster_load()->set_only_this(only_this);
  return part_of(ask(std::move(call)), &EngineAnswer::cluster_load);
}

void engine_port::stop() {
  book_->stopping.request_stop();
}

std::size_t engine_port::waiting() const {
  const auto guard = std::lock_guard{book_->mutex};
  return book_->waiting;
}

outcome<messages::RunResult>
engine_port::await(const std::string& run_id,
                   std::chrono::milliseconds patience) {
  auto guard = std::unique_lock{book_->mutex};
  const auto known = book_->endings.find(run_id);
  const auto is_new = known == book_->endings.end();
  if (book_->waiting >= waiting_max
      || (is_new && book_->endings.size() >= runs_max))
    return fail(problem_kind::unavailable,
                "too many wait for the end of runs already",
                "ask how it stands instead, and wait in between");
  ++book_->waiting;
  auto entry = is_new ? shared_call{} : known->second;
  if (is_new) {
    auto call = EngineCall{};
    call.mutable_await()->set_run_id(run_id);
    auto [id, made] = book_->begin(run_id);
    call.set_id(id);
    entry = std::move(made);
    guard.unlock();
    line_(call.SerializeAsString());
    guard.lock();
  }
  const auto is_over = book_->wait(guard, *entry, patience);
  --book_->waiting;
  if (is_over)
    return part_of(outcome<EngineAnswer>{*entry->answer},
                   &EngineAnswer::result);
  if (book_->stopping.stop_requested())
    return fail(problem_kind::unavailable, "the server is stopping",
                "the run goes on with the next server: ask it");
  return fail(problem_kind::timeout,
              "run " + run_id + " is not over after "
                + runtime::render_duration(patience),
              "ask again: it goes on");
}

} // namespace troupe::tools
