#include "tools/cli/simulate_page.hpp"

#include "runtime/tabular/output_file.hpp"

#include <utility>

namespace troupe::tools {

simulation::simulation_report
page_of(const nlohmann::ordered_json& facts,
        std::span<const simulation::year_totals> years) {
  auto page = simulation::simulation_report{};
  page.title = "Workforce projection";
  if (!years.empty())
    page.title += " " + std::to_string(years.front().year) + " to "
                  + std::to_string(years.back().year);
  page.years.assign(years.begin(), years.end());
  for (const auto& [name, value] : facts.items()) {
    auto words = name;
    for (auto& each : words)
      if (each == '_')
        each = ' ';
    page.facts.push_back({std::move(words), value.is_string()
                                              ? value.get<std::string>()
                                              : value.dump()});
  }
  return page;
}

runtime::outcome<void> write_html(const std::string& file,
                                  const simulation::simulation_report& page) {
  auto to = runtime::output_file::create(file);
  if (!to)
    return runtime::fail(to.error());
  if (auto written = to->write(simulation::render_html(page)); !written)
    return written;
  return to->commit();
}

} // namespace troupe::tools
