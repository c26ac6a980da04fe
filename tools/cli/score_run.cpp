#include "tools/cli/score_run.hpp"

#include "tools/cli/engine_setup.hpp"

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace troupe::tools {

using json = nlohmann::json;
using runtime::fail;
using runtime::outcome;

namespace {

/// Where the activity, on its own thread, and the command meet.
class meeting_point {
public:
  explicit meeting_point(score_start on_start)
    : on_start_{std::move(on_start)} {}

  /// Now it is known which run is ours.
  void set_run(const std::string& id) {
    run_.set_value(id);
  }

  [[nodiscard]] std::string run() const {
    return id_.get();
  }

  void begin(const std::string& run_id,
             std::shared_ptr<const scoring::scoring_progress> progress) const {
    if (run_id == run())
      on_start_(std::move(progress));
  }

  void end(const std::string& run_id, outcome<scoring::scoring_result> result) {
    if (run_id != run())
      return;
    const auto guard = std::lock_guard{mutex_};
    result_.emplace(std::move(result));
  }

  [[nodiscard]] std::optional<outcome<scoring::scoring_result>> take() {
    const auto guard = std::lock_guard{mutex_};
    return std::exchange(result_, std::nullopt);
  }

private:
  score_start on_start_;
  std::promise<std::string> run_;
  std::shared_future<std::string> id_ = run_.get_future().share();
  std::mutex mutex_;
  std::optional<outcome<scoring::scoring_result>> result_;
};

const char* type_of(const json& value) {
  if (value.is_array())
    return "array";
  if (value.is_boolean())
    return "boolean";
  return value.is_number() ? "integer" : "string";
}

/// One step whose arguments are the inputs of the run, so that runs with the
/// same arguments share a version of the workflow. A reference to a secret has
/// to stand in the workflow itself.
messages::SubmitRun request_of(const json& arguments, const std::string& by) {
  auto flow = json{{"apiVersion", "troupe/v1"},
                   {"kind", "Workflow"},
                   {"id", "score"},
                   {"description", "What troupe score does."},
                   {"on_failure", "keep"}};
  auto inputs = json::object();
  auto with = json::object();
  for (const auto& [key, value] : arguments.items()) {
    if (key == "token") {
      with[key] = value;
      continue;
    }
    flow["inputs"][key] = json{{"type", type_of(value)}};
    with[key] = "${inputs." + key + "}";
    inputs[key] = value;
  }
  auto step = json{{"id", "score"}, {"activity", "score"}};
  step["with"] = std::move(with);
  flow["steps"] = json::array();
  flow["steps"].push_back(std::move(step));
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(flow.dump());
  wanted.set_workflow_file("troupe score");
  wanted.set_inputs(inputs.dump());
  wanted.set_by(by);
  return wanted;
}

score_observer observe(const std::shared_ptr<meeting_point>& at) {
  auto observer = score_observer{};
  observer.reader_of_standard_input = [at] { return at->run(); };
  observer.on_start
    = [at](const std::string& run,
           std::shared_ptr<const scoring::scoring_progress> progress) {
        at->begin(run, std::move(progress));
      };
  observer.on_end
    = [at](const std::string& run, outcome<scoring::scoring_result> result) {
        at->end(run, std::move(result));
      };
  return observer;
}

} // namespace

outcome<scoring::scoring_result> score_as_run(const json& arguments,
                                              const invocation& with,
                                              const std::stop_token& stop,
                                              score_start on_start) {
  const auto at = std::make_shared<meeting_point>(std::move(on_start));
  // It does not wait for others: those of a program that was killed go on
  // beside it.
  auto setup = engine_setup{};
  setup.on_scoring = observe(at);
  auto engine = start_engine(with, std::move(setup));
  if (!engine)
    return fail(engine.error());
  const auto by = user_of(with);
  const auto accepted = engine->submit(request_of(arguments, by));
  // Whoever waits for the id is let go.
  at->set_run(accepted ? accepted->run_id() : std::string{});
  if (!accepted)
    return fail(accepted.error());
  const auto ended = engine->await(accepted->run_id(), stop, by);
  if (!ended)
    return fail(ended.error());
  auto result = at->take();
  if (result && (*result || ended->status() != "completed"))
    return std::move(*result);
  if (stop.stop_requested())
    return fail(runtime::problem_kind::interrupted, "interrupted");
  return fail(runtime::problem_kind::failed,
              "run " + accepted->run_id() + " is " + ended->status() + ": "
                + ended->reason(),
              "see troupe run show " + accepted->run_id());
}

} // namespace troupe::tools
