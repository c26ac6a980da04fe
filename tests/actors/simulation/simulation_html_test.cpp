#include "actors/simulation/simulation_html.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <regex>
#include <set>

namespace troupe::tests {

using namespace troupe::simulation;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  auto found = std::size_t{0};
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++found;
  return found;
}

simulation_report golden_report(std::size_t seeds) {
  const auto members = project_seeds(seeds);
  auto report = simulation_report{};
  report.title = "Workforce 2025 to 2029";
  report.years = members.front();
  if (seeds == 1)
    return report;
  report.spread = find_bands(members).value();
  const auto thresholds
    = std::vector{parse_threshold("participation>=0.65").value()};
  report.exceedances = find_exceedances(members, thresholds).value();
  return report;
}

/// Tags that are opened and never closed, or the other way round.
std::string unbalanced_tags(const std::string& html) {
  static const auto lone = std::set<std::string>{"meta", "!DOCTYPE"};
  const auto tag = std::regex{"<(/?)([!A-Za-z][A-Za-z0-9]*)[^>]*?(/?)>"};
  auto open = std::vector<std::string>{};
  for (auto at = std::sregex_iterator{html.begin(), html.end(), tag};
       at != std::sregex_iterator{}; ++at) {
    const auto& found = *at;
    if (lone.contains(found[2]) || found[3].length() != 0)
      continue;
    if (found[1].length() == 0)
      open.push_back(found[2]);
    else if (open.empty() || open.back() != found[2])
      return "</" + found[2].str() + ">";
    else
      open.pop_back();
  }
  return open.empty() ? "" : open.back();
}

} // namespace

TEST_CASE("a report shows every year of the reference") {
  const auto report = golden_report(1);
  const auto html = render_html(report);
  CHECK(unbalanced_tags(html).empty());
  CHECK(occurrences(html, "<svg ") == 6);
  for (const auto& year : report.years)
    CHECK(html.find("<th scope=\"row\">" + std::to_string(year.year) + "</th>")
          != std::string::npos);
  CHECK(html.find("<td>32,473,079</td>") != std::string::npos);
  CHECK(html.find("+17.0 % in 5 years") != std::string::npos);
  CHECK(html.find("Uncertainty") == std::string::npos);
  CHECK(html.find("About this run") == std::string::npos);
}

TEST_CASE("a report of an ensemble has fans, bands and thresholds") {
  const auto html = render_html(golden_report(9));
  CHECK(unbalanced_tags(html).empty());
  CHECK(occurrences(html, "<svg ") == 10);
  CHECK(html.find("with 9 seeds") != std::string::npos);
  CHECK(html.find("the same for every seed") != std::string::npos);
  CHECK(html.find("participation &gt;= 65 %") != std::string::npos);
  CHECK(html.find(" of 9</td>") != std::string::npos);
  CHECK(html.find("<th scope=\"row\">end payroll 2027</th>")
        != std::string::npos);
}

TEST_CASE("a report needs nothing from outside and runs nothing") {
  const auto html = render_html(golden_report(3));
  for (const auto* const part :
       {"<script", "http://", "https://", "src=", "href=", "url(", "@import"}) {
    INFO(part);
    CHECK(html.find(part) == std::string::npos);
  }
  CHECK_FALSE(std::regex_search(html, std::regex{"<[^>]* on[a-z]+="}));
  CHECK(html.find("default-src 'none'") != std::string::npos);
}

TEST_CASE("the ids of a report are its own, each once") {
  const auto html = render_html(golden_report(3));
  const auto id = std::regex{" id=\"([^\"]*)\""};
  auto ids = std::set<std::string>{};
  auto count = std::size_t{0};
  for (auto at = std::sregex_iterator{html.begin(), html.end(), id};
       at != std::sregex_iterator{}; ++at, ++count)
    ids.insert((*at)[1]);
  CHECK(count == 20);
  CHECK(ids.size() == count);
}

TEST_CASE("what users wrote means itself in a report") {
  auto report = golden_report(1);
  report.title = "<img src=x onerror=alert(1)>";
  report.summary = "a </p><script>b</script>";
  report.facts = {{"<b>scenario</b>", "\"x\" & 'y' </dd>"}};
  const auto html = render_html(report);
  CHECK(unbalanced_tags(html).empty());
  CHECK(html.find("<img") == std::string::npos);
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("<b>") == std::string::npos);
  CHECK(html.find("<title>&lt;img src=x onerror=alert(1)&gt;</title>")
        != std::string::npos);
  CHECK(html.find("<dt>&lt;b&gt;scenario&lt;/b&gt;</dt><dd>&quot;x&quot; &amp; "
                  "&#39;y&#39; &lt;/dd&gt;</dd>")
        != std::string::npos);
}

TEST_CASE("a report of one year without people can be made") {
  auto report = simulation_report{};
  report.years.resize(1);
  report.spread = find_bands(std::vector(1, report.years)).value();
  const auto html = render_html(report);
  CHECK(unbalanced_tags(html).empty());
  CHECK(html.find("in one year") != std::string::npos);
  CHECK(html.find("<tfoot>") == std::string::npos);
  CHECK(html.find("<details>") == std::string::npos);
  CHECK(html.find("nan") == std::string::npos);
}

TEST_CASE("equal runs have equal reports") {
  CHECK(render_html(golden_report(2)) == render_html(golden_report(2)));
}

} // namespace troupe::tests
