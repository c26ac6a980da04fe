#include "tests/actors/simulation/golden_simulation.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/year_text.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "tests/support/places.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

namespace troupe::tests {

namespace {

using namespace troupe::simulation;

/// YYYY-MM-DD
std::chrono::sys_days date_of(const std::string& text) {
  return std::chrono::year{std::stoi(text.substr(0, 4))}
         / std::stoi(text.substr(5, 2)) / std::stoi(text.substr(8, 2));
}

day_number day_of(const std::string& text) {
  return simulation::day_of(date_of(text));
}

std::vector<std::vector<std::string>> read_rows(const std::string& text) {
  const auto chunk = runtime::make_chunk(text, runtime::record_format::csv);
  auto rows = std::vector<std::vector<std::string>>{};
  auto cursor = runtime::csv_rows{chunk};
  while (cursor.next().value())
    rows.emplace_back(cursor.fields().begin(), cursor.fields().end());
  rows.erase(rows.begin()); // The header.
  return rows;
}

people as_people(const std::vector<std::vector<std::string>>& rows) {
  auto staff = people{};
  staff.resize(rows.size());
  for (auto i = std::size_t{0}; i < rows.size(); ++i) {
    const auto& fields = rows[i];
    staff.key[i] = std::stoull(fields[1]);
    staff.birth_date[i] = day_of(fields[2]);
    staff.hire_date[i] = day_of(fields[3]);
    staff.level[i] = static_cast<std::uint8_t>(std::stoi(fields[4]));
    staff.pay[i] = std::stoll(fields[5]);
    staff.deferral[i] = std::stoi(fields[6]);
    staff.plan[i]
      = staff.deferral[i] > 0 ? enrollment::enrolled : enrollment::none;
  }
  return staff;
}

template <std::size_t Count>
std::array<ppm, Count> rates(const nlohmann::json& json, ppm unit = 1) {
  auto values = json.get<std::array<ppm, Count>>();
  for (auto& value : values)
    value *= unit;
  return values;
}

} // namespace

std::string read_simulation_text(std::string_view name) {
  return read_file(golden("simulation/" + std::string{name}));
}

nlohmann::json read_simulation_json(std::string_view name) {
  return nlohmann::json::parse(read_simulation_text(name));
}

golden_census read_golden_census(unsigned shuffled_by) {
  auto rows = read_rows(read_simulation_text("census.csv"));
  std::ranges::sort(rows, {},
                    [](const auto& fields) { return std::stoull(fields[1]); });
  auto keys = std::vector<std::uint64_t>{};
  auto ids = runtime::text_column{};
  for (const auto& fields : rows) {
    keys.push_back(std::stoull(fields[1]));
    ids.characters += fields[0];
    ids.offsets.push_back(static_cast<std::uint32_t>(ids.characters.size()));
  }
  if (shuffled_by != 0)
    std::ranges::shuffle(rows, std::mt19937{shuffled_by});
  return {.staff = as_people(rows), .ids = {std::move(keys), ids}};
}

scenario read_golden_scenario() {
  const auto json = read_simulation_json("scenario.json");
  auto read = scenario{};
  read.start_year = json.at("start_year");
  read.end_year = json.at("end_year");
  read.seed = json.at("random_seed");
  read.growth_rate = json.at("growth_ppm");
  read.workforce.termination_rate = json.at("termination_ppm");
  read.workforce.new_hire_termination_rate
    = json.at("new_hire_termination_ppm");
  read.eligibility.waiting_period_days = json.at("waiting_period_days");
  read.eligibility.minimum_age = json.at("minimum_age");
  read.compensation.cola_rate = json.at("cola_ppm");
  read.compensation.merit_by_level = rates<5>(json.at("merit_ppm"));
  for (auto level = std::size_t{0}; level < level_count; ++level)
    read.compensation.hire_band_by_level[level]
      = {json.at("hire_band")[level][0], json.at("hire_band")[level][1]};
  const auto& promotion = json.at("promotion");
  read.promotion.base_rate = promotion.at("base_pct").get<ppm>() * 10'000;
  read.promotion.level_dampener
    = promotion.at("level_dampener_pct").get<ppm>() * 10'000;
  read.promotion.age_multipliers
    = rates<6>(promotion.at("age_mult_x10"), 100'000);
  read.promotion.tenure_multipliers
    = rates<5>(promotion.at("tenure_mult_x10"), 100'000);
  const auto& plan = json.at("enrollment");
  auto& rules = read.enrollment;
  rules.hire_date_cutoff = date_of(plan.at("hire_date_cutoff"));
  rules.rate_by_age_segment = rates<4>(plan.at("rate_ppm"));
  rules.income_multipliers = rates<4>(plan.at("income_permille"), 1'000);
  rules.deferral_by_age_segment = rates<4>(plan.at("deferral_ppm"));
  rules.opt_out_rate_young = plan.at("opt_out_ppm");
  rules.opt_out_income_multipliers
    = rates<4>(plan.at("opt_out_income_permille"), 1'000);
  return read;
}

headcount_source golden_headcounts() {
  auto counts = std::map<std::int64_t, year_headcounts>{};
  for (const auto& year : read_simulation_json("invariants.json"))
    counts[year.at("start_headcount")]
      = {.terminations = year.at("terminations"),
         .hires = year.at("hires"),
         .new_hire_terminations = year.at("new_hire_terminations")};
  return [counts](std::int32_t,
                  std::int64_t start) -> runtime::outcome<year_headcounts> {
    return counts.at(start);
  };
}

std::vector<std::vector<year_totals>>
project_totals(std::span<const scenario> scenarios) {
  const auto census = read_golden_census();
  auto all = std::vector<std::vector<year_totals>>{};
  for (const auto& each : scenarios)
    all.push_back(project(each, make_blocks(census.staff, block_people),
                          block_people, planned_headcounts(each),
                          [](const projected_year&) -> runtime::outcome<void> {
                            return {};
                          })
                    .value());
  return all;
}

std::vector<std::vector<year_totals>> project_seeds(std::size_t count) {
  auto scenarios = std::vector<scenario>(count, read_golden_scenario());
  for (auto i = std::size_t{0}; i < count; ++i)
    scenarios[i].seed += i;
  return project_totals(scenarios);
}

namespace {

projection_text project_text(const scenario& parameters,
                             const golden_census& census,
                             std::size_t block_size,
                             const headcount_source& headcounts) {
  auto told = projection_text{};
  told.events = events_csv_header;
  told.rows = rows_csv_header;
  told.years
    = project(parameters, make_blocks(census.staff, block_size), block_size,
              headcounts,
              [&](const projected_year& year) -> runtime::outcome<void> {
                const auto text = year_text{year.plan, census.ids};
                for (const auto& block : year.blocks) {
                  text.append_events(told.events, block.events);
                  text.append_rows(told.rows, block.rows);
                }
                return {};
              })
        .value();
  return told;
}

} // namespace

projection_text project_golden(std::size_t block_size, unsigned shuffled_by) {
  return project_text(read_golden_scenario(), read_golden_census(shuffled_by),
                      block_size, golden_headcounts());
}

projection_text project_text(const scenario& parameters,
                             std::size_t block_size) {
  return project_text(parameters, read_golden_census(), block_size,
                      planned_headcounts(parameters));
}

scenario read_ruled_scenario() {
  auto parameters = read_golden_scenario();
  auto& selection = parameters.workforce.selection;
  selection.method = leaver_selection::hazard_weighted;
  selection.age_multipliers
    = {700'000, 1'300'000, 1'000'000, 1'600'000, 1'000'000, 1'200'000};
  selection.tenure_multipliers
    = {1'800'000, 600'000, 500'000, 400'000, 300'000};
  parameters.workforce.level_quotas = true;
  parameters.bands.age = {30, 36, 42, 48, 54};
  parameters.bands.tenure = {1, 3, 6, 9};
  return parameters;
}

} // namespace troupe::tests
