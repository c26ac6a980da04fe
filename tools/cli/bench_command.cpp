#include "tools/cli/bench_overload.hpp"
#include "tools/cli/bench_restart.hpp"
#include "tools/cli/bench_w1.hpp"
#include "tools/cli/bench_w3.hpp"
#include "tools/cli/bench_w4.hpp"
#include "tools/cli/invocation.hpp"

#include <cstdio>
#include <memory>

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

void add_w1(CLI::App& bench, command_line& line) {
  auto* app = bench.add_subcommand(
    "w1", "Runs of one step that does nothing, durable, from another process");
  app->footer("Examples:\n"
              "  troupe bench w1\n"
              "  troupe bench w1 --jobs 20000 --runs 5 --output json");
  const auto options = std::make_shared<bench_w1_options>();
  app->add_option("--jobs", options->jobs, "how many runs")
    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}));
  app
    ->add_option("--outstanding", options->outstanding,
                 "submissions without an answer at most")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app->add_option("--runs", options->runs, "runs to take the median of")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app->add_option("--latency-seconds", options->latency_seconds,
                  "how long to measure latency, 200 jobs a second; 0: not");
  app->add_option("--folder", options->folder, "folder of the stores")
    ->type_name("FOLDER");
  app->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      return print(bench_w1(*options), with.output);
    };
  });
}

void add_w2(CLI::App& bench, command_line& line) {
  auto* app = bench.add_subcommand(
    "w2", "One run of 1,000 steps in ten layers, durable");
  app->footer("Examples:\n  troupe bench w2 --runs 9 --output json");
  const auto options = std::make_shared<bench_w2_options>();
  app->add_option("--runs", options->runs, "runs to take the median of")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app->add_option("--folder", options->folder, "folder of the stores")
    ->type_name("FOLDER");
  app->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      return print(bench_w2(*options), with.output);
    };
  });
}

void add_w3(CLI::App& bench, command_line& line) {
  auto* app = bench.add_subcommand(
    "w3", "1,000 schedules that are due each second, for 20 s");
  app->footer("Examples:\n  troupe bench w3\n  troupe bench w3 --schedules 100 "
              "--seconds 5");
  const auto options = std::make_shared<bench_w3_options>();
  app->add_option("--schedules", options->schedules, "how many schedules")
    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
  app->add_option("--seconds", options->seconds, "how long they are due")
    ->check(CLI::Range(std::size_t{1}, std::size_t{3'600}));
  app->add_option("--runs", options->runs, "runs to take the median of")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app->add_option("--folder", options->folder, "folder of the stores")
    ->type_name("FOLDER");
  app->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      return print(bench_w3(*options), with.output);
    };
  });
}

void add_restart(CLI::App& bench, command_line& line) {
  auto* app = bench.add_subcommand(
    "restart", "From the kill of a server to the next one's first answer");
  app->footer("Examples:\n  troupe bench restart --pending 100000");
  const auto options = std::make_shared<bench_restart_options>();
  app->add_option("--pending", options->pending, "runs that wait")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  app->add_option("--runs", options->runs, "runs to take the median of")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app->add_option("--folder", options->folder, "folder of the stores")
    ->type_name("FOLDER");
  app->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      return print(bench_restart(*options), with.output);
    };
  });
}

void add_overload(CLI::App& bench, command_line& line) {
  auto* app = bench.add_subcommand(
    "overload", "What a server still does when ten times too much arrives");
  app->footer("Examples:\n"
              "  troupe bench overload\n"
              "  troupe bench overload --factor 20 --seconds 60 --runs 1");
  const auto options = std::make_shared<bench_overload_options>();
  const auto add = [app](const char* name, std::size_t& to, const char* what,
                         std::size_t least, std::size_t most) {
    app->add_option(name, to, what)->check(CLI::Range(least, most));
  };
  add("--runs", options->runs, "runs to take the median of", 1, 1'000);
  add("--seconds", options->seconds, "length of each of both stretches", 1,
      3'600);
  add("--factor", options->factor, "times what the server can do", 1, 1'000);
  add("--producers", options->producers, "processes that submit", 1, 64);
  add("--work-ms", options->work_ms,
      "how long the program of each run takes; 0: it does nothing", 0, 60'000);
  add("--pending", options->pending, "steps that may wait", 2, 1'000'000);
  app->add_option("--folder", options->folder, "folder of the stores")
    ->type_name("FOLDER");
  app->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      return print(bench_overload(*options), with.output);
    };
  });
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
  auto* w4 = app->add_subcommand(
    "w4", "Score N items x 20 criteria, in memory and from CSV to CSV");
  w4->footer("Examples:\n  troupe bench w4 --items 1000000 --output json");
  const auto options = std::make_shared<bench_w4_options>();
  w4->add_option("--items", options->items, "number of items")
    ->check(CLI::Range(std::size_t{1}, std::size_t{50'000'000}));
  w4->add_option("--runs", options->runs, "runs to take the median of")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  w4->add_option("--table", options->table,
                 "CSV table of these items (default: made once, in the "
                 "temporary folder)");
  w4->callback([options, &line] {
    line.chosen = [options](const invocation& with) {
      options->workers = static_cast<std::size_t>(with.settings.workers);
      return print(bench_w4(*options), with.output);
    };
  });
}

} // namespace troupe::tools
