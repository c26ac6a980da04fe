#include "actors/simulation/ensemble.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>

namespace troupe::tests {

using namespace troupe::simulation;
using runtime::problem_kind;

namespace {

/// Two years, alike but for how many were promoted.
projected_years promoted(std::int64_t first, std::int64_t second) {
  auto years = projected_years(2);
  years[0].year = 2025;
  years[1].year = 2026;
  years[0].promotions = first;
  years[1].promotions = second;
  return years;
}

const measure_band& band_of(const ensemble& of, const char* name,
                            std::size_t year) {
  return of.bands_of(*find_measure(name))[year];
}

} // namespace

TEST_CASE("seeds count up from the first, and from the highest to 0") {
  CHECK(ensemble_seeds(7, 3) == std::vector<std::uint64_t>{7, 8, 9});
  const auto highest = std::numeric_limits<std::uint64_t>::max();
  CHECK(ensemble_seeds(highest, 3)
        == std::vector<std::uint64_t>{highest, 0, 1});
  CHECK(ensemble_seeds(7, 0).empty());
}

TEST_CASE("a percentile is the value of the nearest rank") {
  // The example of many textbooks: ranks 1, 2, 2, 3, 5.
  const auto five = std::vector<std::int64_t>{15, 20, 35, 40, 50};
  CHECK(percentile(five, 5) == 15);
  CHECK(percentile(five, 30) == 20);
  CHECK(percentile(five, 40) == 20);
  CHECK(percentile(five, 50) == 35);
  CHECK(percentile(five, 100) == 50);
  const auto two = std::vector<std::int64_t>{1, 2};
  CHECK(percentile(two, 50) == 1);
  CHECK(percentile(two, 51) == 2);
  CHECK(percentile(std::vector<std::int64_t>{9}, 5) == 9);
}

TEST_CASE("a mean is exact where the sum is not within 64 bits") {
  const auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(exact_mean(std::vector<std::int64_t>{1, 2}) == 2);
  CHECK(exact_mean(std::vector<std::int64_t>{1, 1, 2}) == 1);
  CHECK(exact_mean(std::vector<std::int64_t>{1, 2, 2}) == 2);
  CHECK(exact_mean(std::vector<std::int64_t>{-1, -2}) == -1);
  CHECK(exact_mean(std::vector<std::int64_t>{most, most, most - 3})
        == most - 1);
  CHECK(exact_mean(std::vector<std::int64_t>{most, -most, 3}) == 1);
}

TEST_CASE("a band tells how a measure spreads over the members") {
  auto members = std::vector<projected_years>{};
  for (auto i = 1; i <= 20; ++i)
    members.push_back(promoted(21 - i, 100));
  const auto found = find_bands(members);
  REQUIRE(found);
  CHECK(found->members == 20);
  CHECK(found->years == std::vector{2025, 2026});
  CHECK(found->bands.size() == 2 * year_measures().size());
  const auto& first = band_of(*found, "promotions", 0);
  CHECK(first.year == 2025);
  CHECK(first.depends_on_draws);
  CHECK(first.minimum == 1);
  CHECK(first.p5 == 1);
  CHECK(first.p25 == 5);
  CHECK(first.p50 == 10);
  CHECK(first.p75 == 15);
  CHECK(first.p95 == 19);
  CHECK(first.maximum == 20);
  CHECK(first.mean == 11); // 10.5
  const auto& second = band_of(*found, "promotions", 1);
  CHECK(second.year == 2026);
  CHECK(second.minimum == 100);
  CHECK(second.maximum == 100);
}

TEST_CASE("members that differ where draws do not count are an error") {
  auto members = std::vector{promoted(1, 2), promoted(1, 2), promoted(1, 2)};
  members[2][1].hires = 5;
  const auto found = find_bands(members);
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == problem_kind::failed);
  CHECK(found.error().message
        == "hires of 2026 does not depend on draws, yet it is 0 with the "
           "first seed and 5 with seed number 3");
}

TEST_CASE("the payroll of the start may differ from the second year on") {
  auto members = std::vector{promoted(1, 2), promoted(1, 2)};
  members[1][1].start_payroll = 5;
  REQUIRE(find_bands(members));
  members[1][0].start_payroll = 5;
  CHECK_FALSE(find_bands(members));
}

TEST_CASE("no members, no years and other years are refused") {
  const auto none = std::vector<projected_years>{};
  CHECK(find_bands(none).error().kind == problem_kind::invalid_input);
  CHECK_FALSE(find_bands(std::vector<projected_years>(2)));
  auto members = std::vector{promoted(1, 2), promoted(1, 2)};
  members[1][1].year = 2027;
  CHECK(find_bands(members).error().kind == problem_kind::invalid_input);
  members[1].pop_back();
  CHECK_FALSE(find_bands(members));
  CHECK_FALSE(find_exceedances(members, {}));
}

TEST_CASE("an exceedance is the share of the members in which it holds") {
  const auto members
    = std::vector{promoted(1, 9), promoted(2, 9), promoted(3, 9)};
  const auto thresholds
    = std::vector{parse_threshold("promotions>1").value(),
                  parse_threshold("promotions[2025]<=1").value(),
                  parse_threshold("promotions[2026]>9").value()};
  const auto found = find_exceedances(members, thresholds);
  REQUIRE(found);
  REQUIRE(found->size() == 4);
  CHECK((*found)[0].year == 2025);
  CHECK((*found)[0].holding == 2);
  CHECK((*found)[0].members == 3);
  CHECK((*found)[0].probability == 666'667);
  CHECK((*found)[1].year == 2026);
  CHECK((*found)[1].probability == ppm_whole);
  CHECK((*found)[2].probability == 333'333);
  CHECK((*found)[3].holding == 0);
  const auto later = std::vector{parse_threshold("promotions[2027]>1").value()};
  const auto refused = find_exceedances(members, later);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(refused.error().hint == "a year from 2025 to 2026");
}

TEST_CASE("an ensemble as JSON has its bands by name") {
  const auto members = std::vector{promoted(1, 9), promoted(4, 9)};
  const auto told = to_json(*find_bands(members));
  CHECK(told.at("members") == 2);
  CHECK(told.at("years") == nlohmann::ordered_json{2025, 2026});
  CHECK(told.at("bands").size() == 2 * year_measures().size());
  const auto start = told.at("bands").at(0);
  CHECK(start.at("measure") == "start_headcount");
  CHECK(start.at("unit") == "people");
  CHECK(start.at("depends_on_draws") == false);
  for (const auto& band : told.at("bands"))
    if (band.at("measure") == "promotions" && band.at("year") == 2025) {
      CHECK(band.at("minimum") == 1);
      CHECK(band.at("p50") == 1);
      CHECK(band.at("p95") == 4);
      CHECK(band.at("mean") == 3);
    }
  const auto thresholds = std::vector{parse_threshold("hires>=0").value()};
  const auto share = to_json(find_exceedances(members, thresholds)->front());
  CHECK(share.at("threshold") == "hires>=0");
  CHECK(share.at("probability_ppm") == 1'000'000);
}

TEST_CASE("an ensemble of the reference holds it, and differs only by draws") {
  const auto members = project_seeds(12);

  const auto found = find_bands(members);
  REQUIRE(found);
  const auto& reference = members.front();
  auto spread = 0;
  for (const auto& band : found->bands) {
    INFO(band.measure->name << " of " << band.year);
    const auto year = static_cast<std::size_t>(band.year - reference[0].year);
    const auto value = band.measure->of(reference[year]);
    CHECK(band.minimum <= value);
    CHECK(value <= band.maximum);
    CHECK(band.minimum <= band.p5);
    CHECK(band.p25 <= band.p50);
    CHECK(band.p50 <= band.p75);
    CHECK(band.p95 <= band.maximum);
    CHECK(band.minimum <= band.mean);
    CHECK(band.mean <= band.maximum);
    if (band.minimum != band.maximum)
      ++spread;
    if (!band.depends_on_draws)
      CHECK(band.minimum == band.maximum);
  }
  CHECK(spread > 20);
}

} // namespace troupe::tests
