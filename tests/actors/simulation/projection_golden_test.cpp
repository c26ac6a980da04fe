#include "actors/simulation/year_totals_json.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace troupe::tests {

namespace {

/// Says where two texts part instead of showing both.
void check_lines(const std::string& made, const std::string& expected) {
  auto made_lines = std::istringstream{made};
  auto expected_lines = std::istringstream{expected};
  auto made_line = std::string{};
  auto expected_line = std::string{};
  for (auto line = 1; std::getline(expected_lines, expected_line); ++line) {
    REQUIRE(std::getline(made_lines, made_line));
    INFO("line " << line);
    REQUIRE(made_line == expected_line);
  }
  REQUIRE(made == expected);
}

} // namespace

TEST_CASE("a projection is the reference to the byte, whatever its blocks") {
  const auto block_size = GENERATE(std::size_t{1}, std::size_t{7},
                                   std::size_t{64}, std::size_t{100'000});
  const auto shuffled_by = GENERATE(0U, 1U, 2U);
  const auto told = project_golden(block_size, shuffled_by);
  check_lines(told.events, read_simulation_text("events.csv"));
  check_lines(told.rows, read_simulation_text("snapshots.csv"));
  check_lines(simulation::to_json_text(told.years),
              read_simulation_text("years.json"));
}

TEST_CASE("what is expected is that of the reference") {
  const auto told = project_golden(64, 0);
  const auto expected = read_simulation_json("invariants.json");
  REQUIRE(expected.size() == told.years.size());
  for (auto i = std::size_t{0}; i < expected.size(); ++i) {
    const auto made = simulation::to_json(told.years[i]);
    for (const auto& [name, value] : expected[i].items())
      if (made.contains(name)) {
        INFO(name);
        CHECK(made.at(name) == nlohmann::ordered_json(value));
      }
  }
  const auto& first = told.years.front();
  const auto& promotions = first.expected_promotions;
  CHECK(promotions.candidates == expected[0].at("promotion_candidates"));
  CHECK(promotions.mean
        == expected[0].at("expected_promotions_before_departures_ppm"));
  CHECK(promotions.variance == expected[0].at("promotion_variance_ppm2"));
  CHECK(first.raise_candidates == expected[0].at("raise_candidates"));
  const auto& enrollments = first.expected_enrollments;
  CHECK(enrollments.candidates == expected[0].at("enrollment_candidates"));
  CHECK(enrollments.mean
        == expected[0].at("expected_enrollments_before_departures_ppm"));
  CHECK(enrollments.variance == expected[0].at("enrollment_variance_ppm2"));
}

} // namespace troupe::tests
