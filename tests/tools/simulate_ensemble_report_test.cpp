#include "tools/cli/simulate_ensemble_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::tools;

namespace {

std::vector<simulation::projected_years> three_members() {
  auto members = std::vector<simulation::projected_years>(3);
  for (auto i = std::size_t{0}; i < members.size(); ++i) {
    members[i].resize(1);
    members[i][0].year = 2025;
    members[i][0].end_headcount = 1'000;
    members[i][0].end_payroll = 100'000'050 * static_cast<std::int64_t>(i + 1);
  }
  return members;
}

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

} // namespace

TEST_CASE("an ensemble is a row per figure and year, then the thresholds") {
  const auto members = three_members();
  const auto thresholds
    = std::vector{simulation::parse_threshold("end_payroll>2000000.5").value()};
  const auto exceedances
    = simulation::find_exceedances(members, thresholds).value();
  const auto report
    = ensemble_report{7, simulation::find_bands(members).value(), exceedances};
  const auto text = render_ensemble(report);
  CAPTURE(text);
  CHECK(text.starts_with("3 seeds from 7; "));
  CHECK(has_line(
    text, "end headcount               2025      1,000          =        "
          "  =          =          =          =          =          ="));
  CHECK(has_line(text,
                 "end payroll                 2025  1,000,001  1,000,001  "
                 "1,000,001  2,000,001  3,000,002  3,000,002  3,000,002  "
                 "2,000,001"));
  CHECK(
    has_line(text, "threshold                   year  probability   seeds"));
  CHECK(
    has_line(text, "end payroll > 2,000,000.50  2025       66.7 %  2 of 3"));
}

TEST_CASE("an ensemble as JSON says what it was asked") {
  const auto members = three_members();
  const auto thresholds
    = std::vector{simulation::parse_threshold("hires>=0").value()};
  const auto exceedances
    = simulation::find_exceedances(members, thresholds).value();
  const auto json
    = ensemble_json({7, simulation::find_bands(members).value(), exceedances});
  CHECK(json.at("first_seed") == 7);
  CHECK(json.at("members") == 3);
  CHECK(json.at("bands").size() == simulation::year_measures().size());
  CHECK(json.at("exceedances").at(0).at("holding") == 3);
}
