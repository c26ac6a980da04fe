#include "tools/cli/bench_overload.hpp"
#include "tools/cli/bench_restart.hpp"
#include "tools/cli/bench_w1.hpp"
#include "tools/cli/bench_w3.hpp"
#include "tools/cli/bench_w4.hpp"
#include "tools/cli/bench_w7.hpp"
#include "tools/cli/bench_w8.hpp"
#include "tools/cli/invocation.hpp"

#include <cstdio>
#include <memory>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

void print_table(const json& result) {
  std::printf("%s, %s, %d runs, commit %s\n",
              result["workload"].get<std::string>().c_str(),
              result["mode"].get<std::string>().c_str(),
              result["runs"].get<int>(),
              result["commit"].get<std::string>().c_str());
  std::printf("%-16s %14s\n", "figure", "median");
  for (const auto& [key, value] : result["median"].items())
    if (!value.is_structured())
      std::printf("%-16s %14s\n", key.c_str(), value.dump().c_str());
}

int print(const runtime::outcome<json>& result, output_format output) {
  if (!result)
    return report(result.error(), output);
  if (output == output_format::text)
    print_table(*result);
  else
    print_json(*result);
  return 0;
}

void add_number(CLI::App& app, const char* name, std::size_t& to,
                const char* what, std::size_t least, std::size_t most) {
  app.add_option(name, to, what)->check(CLI::Range(least, most));
}

/// A workload, with what all have to say; more is added to what it returns.
template <class Options>
std::pair<CLI::App*, std::shared_ptr<Options>>
add_workload(CLI::App& bench, command_line& line, const char* name,
             const char* help, const char* examples,
             runtime::outcome<json> (*run)(const Options&)) {
  auto* app = bench.add_subcommand(name, help);
  app->footer(examples);
  const auto options = std::make_shared<Options>();
  add_number(*app, "--runs", options->runs, "runs to take the median of", 1,
             1'000);
  if constexpr (requires { options->folder; })
    app->add_option("--folder", options->folder, "folder of the stores")
      ->type_name("FOLDER");
  app->callback([options, run, &line] {
    line.chosen = [options, run](const invocation& with) {
      if constexpr (requires { options->workers; })
        options->workers = static_cast<std::size_t>(with.settings.workers);
      return print(run(*options), with.output);
    };
  });
  return {app, options};
}

void add_w1(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_w1_options>(
    bench, line, "w1",
    "Runs of one step that does nothing, durable, from another process",
    "Examples:\n"
    "  troupe bench w1\n"
    "  troupe bench w1 --jobs 20000 --runs 5 --output json",
    bench_w1);
  add_number(*app, "--jobs", options->jobs, "how many runs", 1, 10'000'000);
  add_number(*app, "--outstanding", options->outstanding,
             "submissions without an answer at most", 1, 1'000);
  app->add_option("--latency-seconds", options->latency_seconds,
                  "how long to measure latency, 200 jobs a second; 0: not");
}

void add_w2(CLI::App& bench, command_line& line) {
  add_workload<bench_w2_options>(
    bench, line, "w2", "One run of 1,000 steps in ten layers, durable",
    "Examples:\n  troupe bench w2 --runs 9 --output json", bench_w2);
}

void add_w3(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_w3_options>(
    bench, line, "w3", "1,000 schedules that are due each second, for 20 s",
    "Examples:\n"
    "  troupe bench w3\n"
    "  troupe bench w3 --schedules 100 --seconds 5",
    bench_w3);
  add_number(*app, "--schedules", options->schedules, "how many schedules", 1,
             10'000);
  add_number(*app, "--seconds", options->seconds, "how long they are due", 1,
             3'600);
}

void add_w4(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_w4_options>(
    bench, line, "w4",
    "Score N items x 20 criteria, in memory and from CSV to CSV",
    "Examples:\n  troupe bench w4 --items 1000000 --output json", bench_w4);
  add_number(*app, "--items", options->items, "number of items", 1, 50'000'000);
  app->add_option("--table", options->table,
                  "CSV table of these items (default: made once, in the "
                  "temporary folder)");
}

void add_w7(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_w7_options>(
    bench, line, "w7",
    "Project N people over the years of a scenario, in memory",
    "Examples:\n"
    "  troupe bench w7 --people 100000\n"
    "  troupe bench w7 --census people.csv --config scenario.yaml",
    bench_w7);
  add_number(*app, "--people", options->people, "people of a generated census",
             1, 10'000'000);
  add_number(*app, "--workers", options->workers,
             "year processors; 0: one per processor", 0, 1'024);
  app->add_option("--census", options->census,
                  "a census instead of a generated one");
  app->add_option("--config", options->config,
                  "the scenario (default: that of the reference results)");
}

void add_w8(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_w8_options>(
    bench, line, "w8",
    "Runs, a scoring and a simulation over a coordinator and workers",
    "Examples:\n"
    "  troupe bench w8 --database postgresql://troupe@localhost/bench\n"
    "  troupe bench w8 --people 0 --runs 9",
    bench_w8);
  app
    ->add_option("--database", options->store,
                 "a database that nobody else uses; without it no runs are "
                 "submitted")
    ->type_name("ADDRESS");
  add_number(*app, "--idle-seconds", options->idle_seconds,
             "how long the nodes have nothing to do, before the runs", 0,
             3'600);
  add_number(*app, "--jobs", options->jobs, "runs", 1, 10'000'000);
  add_number(*app, "--nodes", options->nodes, "nodes that work", 1, 32);
  add_number(*app, "--places", options->places,
             "activities at the same time, of each", 1, 1'000);
  add_number(*app, "--items", options->items, "items to score; 0: none", 0,
             50'000'000);
  add_number(*app, "--people", options->people, "people to simulate; 0: nobody",
             0, 10'000'000);
  add_number(*app, "--local-workers", options->local_workers,
             "workers of the node that leads, beside those that are lent", 1,
             64);
  app->add_option("--config", options->config, "the scenario of W7");
}

void add_restart(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_restart_options>(
    bench, line, "restart",
    "From the kill of a server to the next one's first answer",
    "Examples:\n  troupe bench restart --pending 100000", bench_restart);
  add_number(*app, "--pending", options->pending, "runs that wait", 1,
             1'000'000);
}

void add_overload(CLI::App& bench, command_line& line) {
  const auto [app, options] = add_workload<bench_overload_options>(
    bench, line, "overload",
    "What a server still does when ten times too much arrives",
    "Examples:\n"
    "  troupe bench overload\n"
    "  troupe bench overload --factor 20 --seconds 60 --runs 1",
    bench_overload);
  add_number(*app, "--seconds", options->seconds,
             "length of each of both stretches", 1, 3'600);
  add_number(*app, "--factor", options->factor, "times what the server can do",
             1, 1'000);
  add_number(*app, "--producers", options->producers, "processes that submit",
             1, 64);
  add_number(*app, "--work-ms", options->work_ms,
             "how long the program of each run takes; 0: it does nothing", 0,
             60'000);
  add_number(*app, "--pending", options->pending, "steps that may wait", 2,
             1'000'000);
}

} // namespace

void add_bench_command(command_line& line) {
  auto* app
    = line.app.add_subcommand("bench", "Measure a workload on this machine");
  app->footer("Examples:\n"
              "  troupe bench w4 --items 1000000\n"
              "  troupe bench w4 --items 10000 --runs 9 --output json\n\n"
              "The workloads and what others need for them: "
              "benchmarks/README.md");
  app->require_subcommand(1);
  add_w1(*app, line);
  add_w2(*app, line);
  add_w3(*app, line);
  add_restart(*app, line);
  add_overload(*app, line);
  add_w4(*app, line);
  add_w7(*app, line);
  add_w8(*app, line);
}

} // namespace troupe::tools
