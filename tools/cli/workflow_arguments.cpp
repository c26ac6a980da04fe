#include "tools/cli/workflow_arguments.hpp"

#include "actors/engine/run_submission.hpp"

namespace troupe::tools {

engine::workflow_surroundings workflow_surroundings_here() {
  auto result = engine::workflow_surroundings{};
  result.zone_exists = engine::may_be_zone;
  return result;
}

engine::workflow_surroundings
workflow_surroundings_at(engine::engine_client& server) {
  auto result = workflow_surroundings_here();
  // Whoever does not answer refuses the workflow by himself.
  const auto states = server.guards();
  if (!states)
    return result;
  auto& names = result.guards.emplace();
  for (const auto& guard : states->guards())
    names.push_back(guard.name());
  return result;
}

runtime::outcome<engine::input_texts>
split_inputs(const std::vector<std::string>& arguments) {
  auto result = engine::input_texts{};
  for (const auto& argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
      return runtime::fail(runtime::problem_kind::invalid_input,
                           "not an input: \"" + argument + "\"",
                           "write --input name=value");
    auto name = argument.substr(0, equals);
    if (!result.emplace(name, argument.substr(equals + 1)).second)
      return runtime::fail(runtime::problem_kind::invalid_input,
                           "the input \"" + name + "\" is given twice",
                           "keep one of them");
  }
  return result;
}

} // namespace troupe::tools
