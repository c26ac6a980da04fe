#include "actors/engine/run_decision.hpp"

#include <utility>

// What is decided about a run because of another one.

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;

outcome<void>
run_decision::take_over(messages::RunTookOver what,
                        const std::vector<received_signal>& signals) {
  if (run_.sequence() != 1 || run_.submission().reset_of().empty())
    return runtime::fail(problem_kind::conflict,
                         "the run goes on from no other, or has begun");
  *prepare().mutable_took_over() = std::move(what);
  commit();
  for (const auto& each : signals) {
    *prepare().mutable_signal() = each.what;
    commit();
  }
  return {};
}

outcome<void> run_decision::hand_over(const std::string& to_run) {
  if (!is_over(run_.status()) || run_.status() == run_status::completed
      || !run_.heir().empty())
    return runtime::fail(problem_kind::conflict,
                         "the run has nothing that could be handed over");
  prepare().mutable_handed_over()->set_to_run(to_run);
  commit();
  return {};
}

outcome<void> run_decision::note_failure_run(const std::string& run_id,
                                             const std::string& refusal) {
  if (run_.status() != run_status::failed || run_.failure_run())
    return runtime::fail(problem_kind::conflict,
                         "a run was started for the failure already");
  auto& event = *prepare().mutable_failure_run();
  event.set_run_id(run_id);
  event.set_refusal(refusal);
  commit();
  return {};
}

} // namespace troupe::engine
