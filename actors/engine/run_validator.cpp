#include "actors/engine/run_validator.hpp"

#include "actors/engine/evaluation.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace troupe::engine {

using messages::RunEvent;
using json = nlohmann::json;

namespace {

/// One task as its events tell it.
struct witnessed_task {
  enum class place : std::uint8_t {
    open, ///< Nobody has it.
    held, ///< Claimed, not begun.
    begun,
    waits,
    done,
    broken,
  };

  place at = place::open;
  std::uint64_t claim = 0;
  std::uint64_t second = 0; ///< Claim of whoever is at it beside; 0: nobody.
  std::uint32_t attempts = 0;
  std::string output;

  [[nodiscard]] bool is_claim(std::uint64_t of) const {
    return of == claim || (second != 0 && of == second);
  }
};

using place = witnessed_task::place;

struct witnessed_step {
  bool is_ready = false;
  bool is_skipped = false;
  std::vector<witnessed_task> tasks;

  [[nodiscard]] bool is_done() const {
    return is_skipped
           || (is_ready
               && std::ranges::all_of(tasks, [](const witnessed_task& task) {
                    return task.at == place::done;
                  }));
  }
};

class witness {
public:
  explicit witness(const workflow& of)
    : workflow_{of}, steps_(of.steps.size()) {}

  void see(const RunEvent& event) {
    check_order(event);
    // A failed run goes on only when somebody wants it to.
    if (has_ended_ && !event.has_step_retry() && !event.has_failure_run()
        && !event.has_handed_over())
      object("event " + std::to_string(event.sequence())
             + " follows the end of the run");
    switch (event.what_case()) {
      case RunEvent::kSubmitted:
        submission_ = event.submitted();
        break;
      case RunEvent::kStarted:
        if (event.at() < submission_.not_before())
          object("it started before its time");
        is_started_ = true;
        break;
      case RunEvent::kTookOver:
        see_took_over(event.took_over());
        break;
      case RunEvent::kStepReady:
        see_ready(event.step_ready());
        break;
      case RunEvent::kStepSkipped:
        see_skipped(event.step_skipped());
        break;
      case RunEvent::kClaimed:
        see_claimed(event.claimed());
        break;
      case RunEvent::kTaskStarted:
        see_begun(event.task_started());
        break;
      case RunEvent::kSpeculated:
        see_speculated(event.speculated());
        break;
      case RunEvent::kDropped:
        see_dropped(event.dropped());
        break;
      case RunEvent::kWaiting:
        see_waiting(event.waiting());
        break;
      case RunEvent::kSucceeded:
        see_succeeded(event.succeeded());
        break;
      case RunEvent::kFailed:
        see_failed(event.failed());
        break;
      case RunEvent::kRetry:
        see_retry(event.retry());
        break;
      case RunEvent::kStepRetry:
        see_step_retry(event.step_retry());
        break;
      case RunEvent::kCancelled:
        if (auto* task = task_of(event.cancelled().task()))
          task->at = place::broken;
        break;
      case RunEvent::kCancelRequested:
      case RunEvent::kCompensationStarted:
        object("it was cancelled or undone");
        break;
      case RunEvent::kEnded:
        if (event.ended().outcome() != messages::RunEnded::FAILED)
          object("it ended before");
        has_ended_ = true;
        break;
      default:
        break;
    }
  }

  std::vector<std::string> conclude() {
    if (!is_started_)
      object("it never started");
    if (has_ended_)
      object("it ended before");
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!steps_[i].is_done())
        object("step " + workflow_.steps[i].id + " is not done");
    if (objections_.empty() && workflow_.success)
      check_success();
    return std::move(objections_);
  }

private:
  void object(std::string what) {
    // A broken history needs no full list.
    constexpr auto objections_max = std::size_t{10};
    if (objections_.size() < objections_max)
      objections_.push_back(std::move(what));
  }

  void object_to(const messages::TaskRef& ref, const std::string& what) {
    auto name = ref.step() < steps_.size() ? workflow_.steps[ref.step()].id
                                           : std::to_string(ref.step());
    object("step " + name + ", item " + std::to_string(ref.item()) + ": "
           + what);
  }

  void check_order(const RunEvent& event) {
    if (event.sequence() != sequence_ + 1)
      object("event " + std::to_string(event.sequence()) + " follows event "
             + std::to_string(sequence_));
    if (event.epoch() < epoch_)
      object("event " + std::to_string(event.sequence())
             + " was decided by an engine that had been replaced");
    if (event.at() < at_)
      object("event " + std::to_string(event.sequence())
             + " happened before the one before it");
    at_ = event.at();
    if (event.has_submitted() != (sequence_ == 0))
      object("a history begins with its submission, and has one");
    sequence_ = event.sequence();
    epoch_ = event.epoch();
  }

  bool may_begin(step_index step) {
    if (step >= steps_.size()) {
      object("there is no step " + std::to_string(step));
      return false;
    }
    for (const auto need : workflow_.steps[step].needs)
      if (!steps_[need].is_done())
        object("step " + workflow_.steps[step].id + " began before step "
               + workflow_.steps[need].id + " was done");
    if (!is_started_ || steps_[step].is_ready || steps_[step].is_skipped)
      object("step " + workflow_.steps[step].id
             + " began twice, or before its run");
    return true;
  }

  void see_took_over(const messages::RunTookOver& event) {
    if (sequence_ != 2 || submission_.reset_of().empty())
      object("it took over what no run before it did");
    for (const auto& each : event.steps()) {
      if (each.step() >= steps_.size())
        return object("there is no step " + std::to_string(each.step()));
      for (const auto need : workflow_.steps[each.step()].needs)
        if (!steps_[need].is_done())
          object("step " + workflow_.steps[each.step()].id
                 + " was taken over without step " + workflow_.steps[need].id);
      auto& step = steps_[each.step()];
      step.is_skipped = !each.skip_reason().empty();
      step.is_ready = !step.is_skipped;
      step.tasks.resize(each.items());
      for (const auto& task : each.tasks()) {
        if (task.item() >= step.tasks.size())
          return object("there is no item " + std::to_string(task.item()));
        auto& to = step.tasks[task.item()];
        to.at = place::done;
        to.attempts = task.attempts();
        to.output = task.output();
      }
    }
  }

  void see_ready(const messages::StepReady& event) {
    if (!may_begin(event.step()))
      return;
    steps_[event.step()].is_ready = true;
    steps_[event.step()].tasks.resize(event.items());
  }

  void see_skipped(const messages::StepSkipped& event) {
    if (may_begin(event.step()))
      steps_[event.step()].is_skipped = true;
  }

  witnessed_task* task_of(const messages::TaskRef& ref) {
    if (ref.compensation() || ref.step() >= steps_.size()
        || ref.item() >= steps_[ref.step()].tasks.size()) {
      object("there is no task " + std::to_string(ref.step()) + "/"
             + std::to_string(ref.item()));
      return nullptr;
    }
    return &steps_[ref.step()].tasks[ref.item()];
  }

  void see_claimed(const messages::TaskClaimed& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::open)
      object_to(event.task(), "claimed while somebody else had it");
    if (event.claim() <= claim_)
      object_to(event.task(), "claimed under an old claim");
    const auto& policy = workflow_.steps[event.task().step()].call.retry;
    if (event.attempt() > std::max(policy.attempts, 1U))
      object_to(event.task(), "more attempts than its policy allows");
    claim_ = event.claim();
    task->claim = event.claim();
    task->second = 0;
    task->attempts = event.attempt();
    task->at = place::held;
  }

  void see_begun(const messages::TaskStarted& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::held || task->claim != event.claim())
      object_to(event.task(), "begun by somebody who did not hold it");
    task->at = place::begun;
  }

  void see_speculated(const messages::TaskSpeculated& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::begun || task->second != 0
        || !workflow_.steps[event.task().step()].speculate)
      object_to(event.task(), "begun a second time without need");
    if (event.claim() <= claim_)
      object_to(event.task(), "begun a second time under an old claim");
    claim_ = task->second = event.claim();
  }

  void see_dropped(const messages::ClaimDropped& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::begun || task->second == 0
        || !task->is_claim(event.claim()))
      object_to(event.task(), "given up by one of two who did not have it");
    if (task->claim == event.claim())
      task->claim = task->second;
    task->second = 0;
  }

  void see_waiting(const messages::TaskWaiting& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::open)
      object_to(event.task(), "waits while somebody has it");
    ++task->attempts;
    task->at = place::waits;
  }

  void see_succeeded(const messages::TaskSucceeded& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    const auto is_sound
      = task->at == place::waits
        || (task->at == place::begun && task->is_claim(event.claim()));
    if (!is_sound)
      object_to(event.task(), "ended by somebody who did not have it");
    task->at = place::done;
    task->output = event.output();
  }

  void see_failed(const messages::TaskFailed& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    const auto is_held = task->at == place::held || task->at == place::begun;
    if (is_held && !task->is_claim(event.claim()))
      object_to(event.task(), "failed under an old claim");
    if (task->at == place::done || task->at == place::broken)
      object_to(event.task(), "failed after its end");
    task->at = place::broken;
  }

  void see_retry(const messages::TaskRetryScheduled& event) {
    auto* task = task_of(event.task());
    if (task == nullptr)
      return;
    if (task->at != place::broken)
      object_to(event.task(), "tried again without having failed");
    task->at = place::open;
  }

  void see_step_retry(const messages::StepRetryRequested& event) {
    if (event.step() >= steps_.size())
      return object("there is no step " + std::to_string(event.step()));
    has_ended_ = false;
    // Also what was called off because of the failure.
    for (auto& step : steps_)
      for (auto& task : step.tasks)
        if (task.at == place::broken)
          task.at = place::open;
  }

  void check_success() {
    auto values = expression_values{};
    values.run_id = submission_.run_id();
    if (!submission_.inputs().empty())
      values.inputs = json::parse(submission_.inputs(), nullptr, false);
    for (std::size_t i = 0; i < steps_.size(); ++i)
      values.steps[workflow_.steps[i].id] = values_of(i);
    const auto holds = evaluate_truth(*workflow_.success, values);
    if (!holds)
      object("success cannot be told: " + holds.error().reason.message);
    else if (!*holds)
      object("success is false: " + workflow_.success->print());
  }

  step_values values_of(std::size_t index) const {
    const auto& step = steps_[index];
    auto values = step_values{};
    values.state = step.is_skipped ? "skipped" : "succeeded";
    if (step.is_skipped)
      return values;
    auto outputs = json::array();
    for (const auto& task : step.tasks) {
      values.attempts += task.attempts;
      outputs.push_back(task.output.empty()
                          ? json{}
                          : json::parse(task.output, nullptr, false));
    }
    values.output = workflow_.steps[index].foreach ? std::move(outputs)
                                                   : std::move(outputs[0]);
    return values;
  }

  const workflow& workflow_;
  messages::RunSubmitted submission_;
  bool is_started_ = false;
  bool has_ended_ = false;
  std::int64_t at_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t claim_ = 0;
  std::vector<witnessed_step> steps_;
  std::vector<std::string> objections_;
};

} // namespace

std::vector<std::string> find_objections(const workflow& of,
                                         const std::vector<RunEvent>& history) {
  auto seen = witness{of};
  for (const auto& event : history)
    seen.see(event);
  return seen.conclude();
}

} // namespace troupe::engine
