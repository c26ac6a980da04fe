#include "tools/cli/simulate_report.hpp"

#include "actors/simulation/year_totals_json.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/year_chart.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>

namespace troupe::tools {

void print_foundation(const nlohmann::ordered_json& run, output_format output) {
  if (output != output_format::text) {
    print_json(run);
    return;
  }
  const auto number = [&](const char* key) {
    return with_separators(run.at(key).get<std::uint64_t>());
  };
  const auto text = "scenario " + run.at("scenario").get<std::string>()
                    + ", digest "
                    + run.at("configuration_digest").get<std::string>() + "\n"
                    + number("people") + " people of " + number("census_rows")
                    + " rows; left out: " + number("census_dropped") + " bad, "
                    + number("census_duplicates") + " duplicates, "
                    + number("census_not_staff") + " who are no staff\n";
  std::fputs(text.c_str(), stdout);
}

void print_simulation(const nlohmann::ordered_json& run,
                      std::span<const simulation::year_totals> years,
                      output_format output) {
  if (output == output_format::text) {
    std::fputs(render_years(years).c_str(), stdout);
    return;
  }
  if (output == output_format::jsonl) {
    for (const auto& year : years)
      print_json(simulation::to_json(year));
    return;
  }
  auto all = run;
  all["years"] = nlohmann::ordered_json::array();
  for (const auto& year : years)
    all["years"].push_back(simulation::to_json(year));
  print_json(all);
}

} // namespace troupe::tools
