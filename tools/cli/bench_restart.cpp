#include "tools/cli/bench_restart.hpp"

#include "tools/cli/bench_run.hpp"
#include "tools/cli/bench_server.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// One at a time, and the first one does not end: all others wait.
constexpr auto waiting_job = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "waiting", "inputs": {"n": {"type": "string"}}, "steps": [{"id": "s",
"activity": "command", "with": {"argv": ["sleep", "${inputs.n}"]}}]})";

outcome<void> fill(bench_server& server, std::size_t pending) {
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(waiting_job);
  if (auto applied = server.client().apply(apply); !applied)
    return fail(applied.error());
  constexpr auto per_call = std::size_t{1'000};
  constexpr auto long_enough = 100'000;
  for (std::size_t sent = 0; sent < pending;) {
    auto runs = messages::SubmitRuns{};
    for (; sent < pending && runs.runs_size() < static_cast<int>(per_call);
         ++sent) {
      auto& run = *runs.add_runs();
      run.set_workflow_id("waiting");
      run.set_inputs("{\"n\":\"" + std::to_string(long_enough + sent) + "\"}");
    }
    const auto answer = server.client().submit(runs);
    if (!answer)
      return fail(answer.error());
    for (const auto& each : answer->each())
      if (!each.has_accepted())
        return fail(problem_kind::failed, each.refused().message());
  }
  return {};
}

outcome<bench_figures> restart(const bench_restart_options& options) {
  auto server = bench_server::start(options.folder, 1);
  if (!server)
    return fail(server.error());
  if (auto filled = fill(**server, options.pending); !filled)
    return fail(filled.error());
  const auto begin = seconds_now();
  if (auto again = (*server)->crash_and_restart(); !again)
    return fail(again.error());
  auto figures = json{};
  figures["ready_ms"] = (seconds_now() - begin) * 1e3;
  const auto status = (*server)->client().status();
  if (!status)
    return fail(status.error());
  if (status->open_runs() != options.pending)
    return fail(problem_kind::failed, std::to_string(status->open_runs())
                                        + " runs are there instead "
                                          "of "
                                        + std::to_string(options.pending));
  figures["pss_mib"] = (*server)->pss_mib();
  return figures;
}

} // namespace

outcome<json> bench_restart(const bench_restart_options& options) {
  auto settings = bench_settings{};
  settings.workload = "restart";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["pending"] = options.pending;
  return measure(settings, {[&] { return restart(options); }});
}

} // namespace troupe::tools
