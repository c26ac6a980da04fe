#pragma once

#include "actors/simulation/scenario_source.hpp"
#include "tools/activities/simulate_arguments.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace troupe::tools {

/// What was typed to say what a simulation starts from.
struct simulate_inputs {
  std::string census;
  std::string config;
  std::string mapping;
  std::string scenario;
  std::string start_year;
  std::string end_year;
  std::string seed;
  std::vector<std::string> settings;
  std::string bad_rows;
  std::string duplicates;
  std::size_t workers = 0;
};

void declare(CLI::App& app, simulate_inputs& inputs);

/// What the activity `simulate` is given.
[[nodiscard]] nlohmann::json arguments_of(const simulate_inputs& inputs);

/// The plan of such arguments, with some values of the scenario replaced.
/// Problems name flags.
[[nodiscard]] simulation::checked<simulate_plan>
plan_of(nlohmann::json arguments,
        std::span<const simulation::scenario_override> overrides = {});

/// Says on stderr what was wrong with a census that is used all the same.
void print_warnings(const simulation::census& census, const std::string& file);

} // namespace troupe::tools
