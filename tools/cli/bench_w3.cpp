#include "tools/cli/bench_w3.hpp"

#include "actors/engine/recorded_runs.hpp"
#include "runtime/clock.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/bench_run.hpp"
#include "tools/cli/bench_server.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::tools {

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto job = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "job", "steps": [{"id": "s", "activity": "noop"}]})";

std::string schedule_text(std::size_t number, runtime::instant first,
                          runtime::instant last) {
  return json{{"apiVersion", "troupe/v1"},
              {"kind", "Schedule"},
              {"id", "s" + std::to_string(number)},
              {"workflow", "job"},
              {"every", "1s"},
              {"from", runtime::to_string(first)},
              {"until", runtime::to_string(last)},
              {"overlap", "allow_all"}}
    .dump();
}

outcome<void> add_schedules(engine::engine_client& client,
                            const bench_w3_options& options,
                            runtime::instant first, runtime::instant last) {
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(job);
  if (auto applied = client.apply(apply); !applied)
    return fail(applied.error());
  for (std::size_t i = 0; i < options.schedules; ++i) {
    auto add = messages::AddSchedule{};
    add.set_text(schedule_text(i, first, last));
    if (auto added = client.add(add); !added)
      return fail(added.error());
  }
  return {};
}

/// When the step of a run began, after its due time, in milliseconds. The due
/// times are whole seconds, so that a start is late by less than one.
outcome<std::vector<double>> lateness(const std::string& store,
                                      std::size_t most) {
  auto runs = engine::recorded_runs::open(store);
  if (!runs)
    return fail(runs.error());
  auto filter = engine::run_filter{};
  filter.limit = most;
  const auto all = runs->list(filter);
  if (!all)
    return fail(all.error());
  auto found = std::vector<double>{};
  for (const auto& run : *all) {
    const auto history = runs->history(run.number);
    if (!history)
      return fail(history.error());
    for (const auto& event : *history)
      if (event.has_task_started())
        found.push_back(static_cast<double>(event.at() % 1'000'000) / 1e3);
  }
  std::ranges::sort(found);
  return found;
}

outcome<bench_figures> schedules(const bench_w3_options& options) {
  constexpr auto jobs = std::size_t{10};
  auto server = bench_server::start(options.folder, jobs);
  if (!server)
    return fail(server.error());
  // A schedule is stored within a few milliseconds, and some time is left.
  const auto lead = 2s + 4ms * options.schedules;
  const auto first = std::chrono::ceil<std::chrono::seconds>(
    runtime::real_clock{}.now() + lead);
  const auto last = first + std::chrono::seconds{options.seconds - 1};
  auto& client = (*server)->client();
  if (auto added = add_schedules(client, options, first, last); !added)
    return fail(added.error());
  if (runtime::real_clock{}.now() >= first)
    return fail(problem_kind::failed, "the schedules were not added in time",
                "use fewer of them");
  std::this_thread::sleep_until(last + 1s);
  const auto pss = (*server)->pss_mib();
  if (auto drained = (*server)->drain(); !drained)
    return fail(drained.error());
  const auto due = options.schedules * options.seconds;
  const auto late = lateness((*server)->store(), due + 1);
  if (!late)
    return fail(late.error());
  if (late->empty())
    return fail(problem_kind::failed, "nothing was started");
  const auto at = [&](double share) {
    return (*late)[static_cast<std::size_t>(
      share * static_cast<double>(late->size() - 1))];
  };
  auto figures = json{};
  figures["missed"] = due - std::min(due, late->size());
  figures["lateness_p50_ms"] = at(0.50);
  figures["lateness_p99_ms"] = at(0.99);
  figures["lateness_max_ms"] = late->back();
  figures["pss_mib"] = pss;
  return figures;
}

} // namespace

outcome<json> bench_w3(const bench_w3_options& options) {
  auto settings = bench_settings{};
  settings.workload = "w3";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["schedules"] = options.schedules;
  settings.settings["seconds"] = options.seconds;
  return measure(settings, {[&] { return schedules(options); }});
}

} // namespace troupe::tools
