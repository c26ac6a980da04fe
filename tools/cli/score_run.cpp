#include "tools/cli/score_run.hpp"

#include "tools/cli/command_run.hpp"

#include <utility>

namespace troupe::tools {

runtime::outcome<scoring::scoring_result>
score_as_run(const nlohmann::json& arguments, const invocation& with,
             const std::stop_token& stop, score_start on_start) {
  using meeting
    = meeting_point<scoring::scoring_result, scoring::scoring_progress>;
  const auto at = std::make_shared<meeting>(std::move(on_start));
  auto setup = engine_setup{};
  setup.on_scoring = observe(at);
  return run_by_engine(run_of_command("score", arguments, "token",
                                      user_of(with)),
                       std::move(setup), *at, with, stop);
}

} // namespace troupe::tools
