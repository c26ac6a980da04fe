#include "actors/engine/run_validation.hpp"

#include "actors/engine/run_validator.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

struct validation_state {
  static constexpr auto name = "run_validation"; // Shown in logs.

  std::string store_path;
  std::optional<recorded_runs> runs; ///< Opened at the first question.
};

using pointer = run_validation_actor::stateful_pointer<validation_state>;

runtime::outcome<messages::RunVerdict>
try_to_judge(recorded_runs& stored, const messages::ValidateRun& question) {
  const auto of = stored.version(question.workflow_digest());
  if (!of)
    return runtime::fail(of.error());
  auto history = stored.history(question.number());
  if (!history)
    return runtime::fail(history.error());
  // What was on its way may have arrived meanwhile.
  auto unstored = messages::RunEvents{};
  if (!unstored.ParseFromString(question.unstored()))
    return runtime::fail(runtime::problem_kind::failed,
                         "what is about to be stored cannot be decoded");
  if (unstored.events_size() != 0)
    std::erase_if(*history, [&](const messages::RunEvent& event) {
      return event.sequence() >= unstored.events(0).sequence();
    });
  history->insert(history->end(),
                  std::make_move_iterator(unstored.mutable_events()->begin()),
                  std::make_move_iterator(unstored.mutable_events()->end()));
  auto verdict = messages::RunVerdict{};
  for (auto& objection : find_objections(*of->definition, *history))
    verdict.add_objections(std::move(objection));
  return verdict;
}

messages::RunVerdict nobody_can_say(const runtime::problem& why) {
  auto verdict = messages::RunVerdict{};
  verdict.set_unknown(runtime::render(why));
  return verdict;
}

messages::RunVerdict judge(validation_state& state,
                           const messages::ValidateRun& question) {
  if (!state.runs) {
    auto opened = recorded_runs::open(state.store_path);
    if (!opened)
      return nobody_can_say(opened.error());
    state.runs.emplace(std::move(*opened));
  }
  return engine::judge(*state.runs, question);
}

run_validation_actor::behavior_type run_validation(pointer self,
                                                   std::string store_path) {
  self->state.store_path = std::move(store_path);
  return {
    [=](const messages::ValidateRuns& questions) {
      auto verdicts = messages::RunVerdicts{};
      for (const auto& question : questions.runs())
        *verdicts.add_verdicts() = judge(self->state, question);
      return verdicts;
    },
  };
}

} // namespace

messages::RunVerdict judge(recorded_runs& stored,
                           const messages::ValidateRun& question) {
  auto verdict = try_to_judge(stored, question);
  return verdict ? std::move(*verdict) : nobody_can_say(verdict.error());
}

run_validation_actor spawn_run_validation(caf::actor_system& system,
                                          std::string store_path) {
  return system.spawn<caf::detached>(run_validation, std::move(store_path));
}

} // namespace troupe::engine
