#include "tools/cli/simulate_inputs.hpp"

#include "tools/cli/command_run.hpp"

#include <cstdio>
#include <utility>

namespace troupe::tools {

void declare(CLI::App& app, simulate_inputs& inputs) {
  app
    .add_option("--census", inputs.census,
                "CSV file of the people on 31 December before the first year; "
                "- for standard input")
    ->type_name("FILE");
  app
    .add_option("--config", inputs.config,
                "scenario, or several of them (YAML or JSON)")
    ->type_name("FILE");
  app
    .add_option("--mapping", inputs.mapping,
                "which columns of the census tell what, if they are not ours")
    ->type_name("FILE");
  app.add_option("--scenario", inputs.scenario,
                 "which one of the file, if it has several");
  app.add_option("--start-year", inputs.start_year,
                 "first year, in place of the scenario's");
  app.add_option("--end-year", inputs.end_year,
                 "last year, in place of the scenario's");
  app.add_option("--seed", inputs.seed,
                 "of the draws, in place of the scenario's");
  app
    .add_option("--set", inputs.settings,
                "a value in place of the scenario's, by the path of its key")
    ->type_name("KEY=VALUE");
  app
    .add_option("--on-bad-row", inputs.bad_rows,
                "refuse: stop and name the bad rows of the census; drop: leave "
                "them out and say so")
    ->check(CLI::IsMember({"refuse", "drop"}));
  app
    .add_option("--duplicates", inputs.duplicates,
                "of two rows of one person: refuse, or keep the one hired "
                "last (keep-latest)")
    ->check(CLI::IsMember({"refuse", "keep-latest"}));
  app.add_option("--max-workers", inputs.workers,
                 "blocks simulated at the same time; default: one per "
                 "processor");
}

nlohmann::json arguments_of(const simulate_inputs& inputs) {
  auto arguments = nlohmann::json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      arguments[key] = value;
  };
  add("census", inputs.census);
  add("config", inputs.config);
  add("scenario", inputs.scenario);
  add("mapping", inputs.mapping);
  add("start_year", inputs.start_year);
  add("end_year", inputs.end_year);
  add("seed", inputs.seed);
  add("on_bad_row", inputs.bad_rows);
  add("duplicates", inputs.duplicates);
  if (!inputs.settings.empty())
    arguments["set"] = inputs.settings;
  if (inputs.workers != 0)
    arguments["workers"] = inputs.workers;
  return arguments;
}

simulation::checked<simulate_plan>
plan_of(nlohmann::json arguments,
        std::span<const simulation::scenario_override> overrides) {
  for (const auto& each : overrides)
    arguments["set"].push_back(each.path + "=" + each.text);
  auto plan = plan_simulation(arguments, {}, true);
  if (!plan)
    for (auto& each : plan.error())
      each = as_flag(std::move(each));
  return plan;
}

void print_warnings(const simulation::census& census, const std::string& file) {
  for (const auto& warning : census.warnings) {
    auto place = file;
    if (warning.line != 0)
      place += ':' + std::to_string(warning.line);
    std::fprintf(stderr, "%s: warning: %s%s\n", place.c_str(),
                 warning.column.empty() ? "" : (warning.column + ": ").c_str(),
                 warning.reason.c_str());
  }
  for (const auto& twice : census.duplicates)
    std::fprintf(stderr,
                 "%s:%llu: warning: %s is left out, line %llu stays: "
                 "%s\n",
                 file.c_str(),
                 static_cast<unsigned long long>(twice.dropped_line),
                 twice.id.c_str(),
                 static_cast<unsigned long long>(twice.kept_line),
                 twice.reason.c_str());
}

} // namespace troupe::tools
