#pragma once

#include "runtime/problem.hpp"
#include "tools/activities/activity_observer.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace troupe::tools {

/// A run of one step, made of a command: what `troupe score` and `troupe
/// simulate` ask an engine for. The arguments are inputs of the run, so that
/// runs with the same arguments share a version of the workflow; a reference to
/// a secret (`secret_key`) has to stand in the workflow itself.
[[nodiscard]] messages::SubmitRun
run_of_command(const std::string& activity, const nlohmann::json& arguments,
               const std::string& secret_key, const std::string& by);

/// Arguments are flags here: `with.on_bad_item` is --on-bad-item.
[[nodiscard]] runtime::problem as_flag(runtime::problem reason);

/// The problem of a run that has ended without a result.
[[nodiscard]] runtime::problem no_result(const messages::RunResult& ended,
                                         const std::string& run,
                                         const std::stop_token& stop);

/// Where an activity, on its own thread, and the command meet.
template <class Result, class Progress>
class meeting_point {
public:
  using start_function = std::function<void(std::shared_ptr<const Progress>)>;

  explicit meeting_point(start_function on_start)
    : on_start_{std::move(on_start)} {}

  /// Now it is known which run is ours.
  void set_run(const std::string& id) {
    run_.set_value(id);
  }

  [[nodiscard]] std::string run() const {
    return id_.get();
  }

  void begin(const std::string& run_id,
             std::shared_ptr<const Progress> progress) const {
    if (run_id == run())
      on_start_(std::move(progress));
  }

  void end(const std::string& run_id, runtime::outcome<Result> result) {
    if (run_id != run())
      return;
    const auto guard = std::lock_guard{mutex_};
    result_.emplace(std::move(result));
  }

  [[nodiscard]] std::optional<runtime::outcome<Result>> take() {
    const auto guard = std::lock_guard{mutex_};
    return std::exchange(result_, std::nullopt);
  }

private:
  start_function on_start_;
  std::promise<std::string> run_;
  std::shared_future<std::string> id_ = run_.get_future().share();
  std::mutex mutex_;
  std::optional<runtime::outcome<Result>> result_;
};

template <class Result, class Progress>
activity_observer<Result, Progress>
observe(const std::shared_ptr<meeting_point<Result, Progress>>& at) {
  auto observer = activity_observer<Result, Progress>{};
  observer.reader_of_standard_input = [at] { return at->run(); };
  observer.on_start
    = [at](const std::string& run, std::shared_ptr<const Progress> progress) {
        at->begin(run, std::move(progress));
      };
  observer.on_end
    = [at](const std::string& run, runtime::outcome<Result> result) {
        at->end(run, std::move(result));
      };
  return observer;
}

/// Has an engine over the store of the settings do the run, and takes its
/// result from memory: the run is listed with all others, and when this program
/// is killed, the next engine of the store goes on with it. `setup` has the
/// observer of this meeting point. A stop request cancels the run.
template <class Result, class Progress>
runtime::outcome<Result>
run_by_engine(messages::SubmitRun request, engine_setup setup,
              meeting_point<Result, Progress>& at, const invocation& with,
              const std::stop_token& stop) {
  // It does not wait for others: those of a program that was killed go on
  // beside it.
  auto engine = start_engine(with, std::move(setup));
  if (!engine)
    return runtime::fail(engine.error());
  const auto by = request.by();
  const auto accepted = engine->submit(std::move(request));
  // Whoever waits for the id is let go.
  at.set_run(accepted ? accepted->run_id() : std::string{});
  if (!accepted)
    return runtime::fail(accepted.error());
  const auto ended = engine->await(accepted->run_id(), stop, by);
  if (!ended)
    return runtime::fail(ended.error());
  auto result = at.take();
  if (result && (*result || ended->status() != "completed"))
    return std::move(*result);
  return runtime::fail(no_result(*ended, accepted->run_id(), stop));
}

} // namespace troupe::tools
