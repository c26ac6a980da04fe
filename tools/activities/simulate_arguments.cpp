#include "tools/activities/simulate_arguments.hpp"

#include "actors/engine/activity_input.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "tools/version.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tools {

using engine::activity_input;
using simulation::checked;
using problems = std::vector<runtime::problem>;

namespace {

constexpr auto block_people_max = std::int64_t{1'000'000};
constexpr auto workers_max = std::int64_t{1'024};
constexpr auto memory_limit_max = std::uint64_t{1} << 50U;

constexpr auto bad_row_ways = std::array<std::string_view, 2>{"refuse", "drop"};
constexpr auto duplicate_ways
  = std::array<std::string_view, 2>{"refuse", "keep-latest"};

std::optional<std::int64_t> count(activity_input& input, std::string_view key,
                                  std::int64_t max) {
  const auto* value = input.value(key);
  if (value == nullptr || value->is_null())
    return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= 1 && number <= max)
      return number;
  }
  input.refuse(key, "has to be a whole number from 1 to " + std::to_string(max),
               "leave it out for what suits this machine");
  return std::nullopt;
}

/// A whole number, or the text of one: a seed may be above 2^63.
void add_number(activity_input& input, std::string_view key,
                const std::string& path,
                std::vector<simulation::scenario_override>& to) {
  const auto* value = input.value(key);
  if (value == nullptr || value->is_null())
    return;
  if (value->is_number_integer())
    to.push_back({path, value->dump()});
  else if (value->is_string())
    to.push_back({path, value->get<std::string>()});
  else
    input.refuse(key, "has to be a whole number",
                 "leave it out for that of the scenario");
}

std::vector<simulation::scenario_override>
read_overrides(activity_input& input) {
  auto all = std::vector<simulation::scenario_override>{};
  for (const auto& text :
       input.texts("set").value_or(std::vector<std::string>{})) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      input.refuse("set", "\"" + text + "\" is not KEY=VALUE",
                   "for example compensation.cola_rate=0.03");
    else
      all.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  add_number(input, "start_year", "start_year", all);
  add_number(input, "end_year", "end_year", all);
  add_number(input, "seed", "random_seed", all);
  return all;
}

runtime::problem
choose_one_of(const std::vector<simulation::named_scenario>& all,
              const std::string& wanted, const activity_input& input) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = input.key_of("scenario");
  reason.message = wanted.empty() ? "the file has several scenarios"
                                  : "there is no scenario " + wanted;
  reason.hint = "one of ";
  for (const auto& one : all)
    reason.hint += (&one == &all.front() ? "" : ", ") + one.name;
  return reason;
}

checked<simulation::named_scenario>
read_scenario_of(activity_input& input, const std::string& config,
                 const std::string& wanted,
                 const std::vector<simulation::scenario_override>& overrides) {
  auto known = simulation::read_scenarios(config, overrides);
  if (!known)
    return tl::unexpected{known.error()};
  if (wanted.empty() && known->size() == 1)
    return std::move(known->front());
  for (auto& one : *known)
    if (one.name == wanted)
      return std::move(one);
  return tl::unexpected{problems{choose_one_of(*known, wanted, input)}};
}

std::string required(activity_input& input, std::string_view key,
                     const char* what) {
  auto text = input.text(key).value_or("");
  if (text.empty())
    input.refuse(key, std::string{what} + " is missing",
                 "name its file; see tools/examples/simulating.md");
  return text;
}

std::string text_of_digest(std::uint64_t digest) {
  auto text = std::string(16, '0');
  std::snprintf(text.data(), text.size() + 1, "%016llx",
                static_cast<unsigned long long>(digest));
  return text;
}

problems at_place(runtime::problem reason, const engine::source_place& place) {
  if (reason.file.empty()) {
    reason.file = place.file;
    reason.line = place.line;
  }
  return {std::move(reason)};
}

void read_manner(activity_input& input, simulate_plan& plan) {
  plan.out = input.text("out").value_or("");
  plan.workers = static_cast<std::size_t>(
    count(input, "workers", workers_max).value_or(0));
  if (const auto people = count(input, "batch_size", block_people_max))
    plan.manner.block_people = static_cast<std::size_t>(*people);
  if (const auto level
      = input.choice("optimization", simulation::optimization_words))
    plan.manner.level = static_cast<simulation::optimization>(*level);
  plan.manner.memory_limit_bytes
    = input.bytes("memory_limit", memory_limit_max).value_or(0);
  plan.manner.fail_fast = input.boolean("fail_fast").value_or(false);
  if (input.choice("on_bad_row", bad_row_ways) == std::size_t{1})
    plan.census.bad_rows = simulation::bad_row_policy::drop;
  if (input.choice("duplicates", duplicate_ways) == std::size_t{1})
    plan.census.duplicates = simulation::duplicate_policy::keep_latest;
}

} // namespace

checked<simulate_plan> plan_simulation(const nlohmann::json& input,
                                       const engine::source_place& place,
                                       bool may_read_standard_input) {
  auto reader = activity_input{input, place};
  auto plan = simulate_plan{};
  plan.census_file = required(reader, "census", "the census");
  const auto config = required(reader, "config", "the scenario");
  const auto wanted = reader.text("scenario").value_or("");
  const auto mapping = reader.text("mapping");
  const auto overrides = read_overrides(reader);
  read_manner(reader, plan);
  if (plan.census_file == "-" && !may_read_standard_input)
    reader.refuse("census", "there is no standard input to read",
                  "name a file of people");
  if (auto done = reader.finish(); !done)
    return tl::unexpected{at_place(std::move(done.error()), place)};
  auto scenario = read_scenario_of(reader, config, wanted, overrides);
  if (!scenario)
    return tl::unexpected{scenario.error()};
  plan.scenario = std::move(*scenario);
  plan.census.year = plan.scenario.values.start_year - 1;
  if (mapping) {
    auto read = simulation::read_census_mapping(*mapping);
    if (!read)
      return tl::unexpected{read.error()};
    plan.census.mapping = std::move(*read);
  }
  return plan;
}

simulate_plan plan_resumption(const nlohmann::json& input) {
  auto reader = activity_input{input, {}};
  auto plan = simulate_plan{};
  read_manner(reader, plan);
  return plan;
}

checked<simulation::census> read_census_of(const simulate_plan& plan) {
  return simulation::read_census(plan.census_file, plan.census);
}

nlohmann::ordered_json describe_foundation(const simulate_plan& plan,
                                           const simulation::census& census) {
  auto run = nlohmann::ordered_json::object();
  run["version"] = version;
  run["scenario"] = plan.scenario.name;
  run["configuration_digest"]
    = text_of_digest(simulation::digest(plan.scenario.values));
  run["seed"] = plan.scenario.values.seed;
  run["people"] = census.staff.size();
  run["census_rows"] = census.rows;
  run["census_dropped"] = census.dropped;
  run["census_duplicates"] = census.duplicates.size();
  run["census_not_staff"] = census.not_staff;
  return run;
}

nlohmann::ordered_json
describe_foundation(const simulation::stored_simulation& of) {
  auto run = nlohmann::ordered_json::object();
  run["version"] = version;
  run["scenario"] = of.scenario_name;
  run["configuration_digest"] = text_of_digest(of.digest);
  run["seed"] = of.seed;
  run["people"] = of.people;
  return run;
}

} // namespace troupe::tools
