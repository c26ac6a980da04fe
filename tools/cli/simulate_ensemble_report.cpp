#include "tools/cli/simulate_ensemble_report.hpp"

#include "actors/simulation/decimal_text.hpp"
#include "actors/simulation/measure_text.hpp"
#include "tools/cli/text_table.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace troupe::tools {

using simulation::exceedance;
using simulation::measure_band;

namespace {

std::string counted(std::size_t number) {
  return simulation::group_digits(static_cast<std::int64_t>(number));
}

text_table band_table(std::span<const measure_band> bands) {
  auto table = text_table{};
  table.head = {"figure", "year", "lowest", "5 %",     "25 %",
                "median", "75 %", "95 %",   "highest", "mean"};
  for (const auto& band : bands) {
    auto cells = std::vector{simulation::spoken_name(*band.measure),
                             std::to_string(band.year)};
    for (const auto value : {band.minimum, band.p5, band.p25, band.p50,
                             band.p75, band.p95, band.maximum, band.mean})
      cells.push_back(band.depends_on_draws || cells.size() == 2
                        ? simulation::render_measure(*band.measure, value)
                        : "=");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

text_table exceedance_table(std::span<const exceedance> all) {
  const auto& share = *simulation::find_measure("participation_ppm");
  auto table = text_table{};
  table.head = {"threshold", "year", "probability", "seeds"};
  for (const auto& each : all)
    table.rows.push_back(
      {simulation::render(each.threshold), std::to_string(each.year),
       simulation::render_measure(share, each.probability),
       counted(each.holding) + " of " + counted(each.members)});
  return table;
}

} // namespace

std::string render_ensemble(const ensemble_report& report) {
  auto text = counted(report.of.members) + " seeds from "
              + std::to_string(report.first_seed)
              + "; = means the same for every seed, which follows from the "
                "scenario\n\n"
              + render(band_table(report.of.bands));
  if (!report.exceedances.empty())
    text += '\n' + render(exceedance_table(report.exceedances));
  return text;
}

nlohmann::ordered_json ensemble_json(const ensemble_report& report) {
  auto json = nlohmann::ordered_json::object();
  json["first_seed"] = report.first_seed;
  json.update(simulation::to_json(report.of));
  json["exceedances"] = nlohmann::ordered_json::array();
  for (const auto& each : report.exceedances)
    json["exceedances"].push_back(simulation::to_json(each));
  return json;
}

} // namespace troupe::tools
