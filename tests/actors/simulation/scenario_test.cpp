#include "actors/simulation/scenario.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

TEST_CASE("the rates of a year win over those of all years") {
  auto all = scenario{};
  all.growth_rate = 30'000;
  all.compensation.cola_rate = 25'000;
  all.growth_by_year = {{2026, -10'000}, {2028, 0}};
  all.cola_by_year = {{2027, 40'000}};
  const auto growths = std::vector<ppm>{30'000, -10'000, 30'000, 0, 30'000};
  const auto colas = std::vector<ppm>{25'000, 25'000, 40'000, 25'000, 25'000};
  for (auto i = std::size_t{0}; i < growths.size(); ++i) {
    const auto rules = rules_of_year(all, 2025 + static_cast<int>(i));
    CHECK(rules.growth_rate == growths[i]);
    CHECK(rules.compensation.cola_rate == colas[i]);
    CHECK(rules.growth_by_year.empty());
    CHECK(rules.cola_by_year.empty());
  }
}

} // namespace troupe::simulation
