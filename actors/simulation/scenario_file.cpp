#include "actors/simulation/scenario_file.hpp"

#include "actors/simulation/scenario_reading.hpp"
#include "runtime/config/problem_order.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

namespace troupe::simulation {

using runtime::problem;

namespace {

/// By file and line. Scenarios share files, and with them their mistakes: each
/// is told once.
std::vector<problem> each_once(std::vector<problem> problems) {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  auto seen = std::unordered_set<std::string>{};
  std::erase_if(problems, [&](const problem& each) {
    return !seen.insert(runtime::render(each)).second;
  });
  auto ordered = runtime::in_file_order(std::move(problems), all);
  std::ranges::stable_sort(ordered, {}, &problem::file);
  if (ordered.size() <= runtime::problems_told_max)
    return ordered;
  auto rest = problem{};
  rest.kind = runtime::problem_kind::invalid_input;
  rest.message = "and "
                 + std::to_string(ordered.size() - runtime::problems_told_max)
                 + " more problems";
  ordered.resize(runtime::problems_told_max);
  ordered.push_back(std::move(rest));
  return ordered;
}

} // namespace

checked<std::vector<named_scenario>>
parse_scenarios(const runtime::yaml_document& document, const std::string& path,
                std::span<const scenario_override> overrides) {
  auto problems = std::vector<problem>{};
  auto scenarios = std::vector<named_scenario>{};
  for (auto& source : find_scenarios(document, path, overrides, problems)) {
    auto values = read_scenario(source, problems);
    scenarios.push_back({std::move(source.name), std::move(values)});
  }
  if (!problems.empty())
    return tl::unexpected{each_once(std::move(problems))};
  return scenarios;
}

checked<std::vector<named_scenario>>
read_scenarios(const std::string& path,
               std::span<const scenario_override> overrides) {
  const auto document = runtime::yaml_document::read(path);
  if (!document)
    return tl::unexpected{std::vector{document.error()}};
  return parse_scenarios(*document, path, overrides);
}

} // namespace troupe::simulation
