#include "actors/simulation/census_cells.hpp"
#include "actors/simulation/census_generator.hpp"
#include "runtime/tabular/csv_reader.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace troupe::simulation {

namespace {

std::string line_of(const census_generator& maker, std::uint64_t index) {
  auto text = std::string{};
  maker.append(index, text);
  return text;
}

std::string many(const census_generator& maker, std::uint64_t count) {
  auto text = census_generator::header();
  for (auto i = std::uint64_t{0}; i < count; ++i)
    maker.append(i, text);
  return text;
}

} // namespace

TEST_CASE("a person depends on seed and index only") {
  const auto maker = census_generator{42, 2025};
  const auto text = many(maker, 50);
  CHECK(text.ends_with(line_of(maker, 49)));
  CHECK(text == many(census_generator{42, 2025}, 50));
  CHECK(line_of(maker, 7) != line_of(census_generator{43, 2025}, 7));
  CHECK(line_of(maker, 7).starts_with("EMP_0000008,8,"));
  CHECK(line_of(maker, 12'345'677).starts_with("EMP_12345678,12345678,"));
}

TEST_CASE("made-up people are plausible") {
  const auto text = many(census_generator{1, 2025}, 20'000);
  const auto chunk = runtime::make_chunk(text, runtime::record_format::csv);
  auto rows = runtime::csv_rows{chunk};
  REQUIRE(rows.next().value());
  const auto header
    = std::vector<std::string>{rows.fields().begin(), rows.fields().end()};
  auto cells = census_cells::find({}, header, 2024).value();
  auto levels = std::array<int, level_count>{};
  auto recent = 0;
  auto enrolled = 0;
  auto row = census_row{};
  const auto last_day = 20'088; // 2024-12-31.
  while (rows.next().value()) {
    REQUIRE(cells.read(rows.fields(), row) == row_use::staff);
    ++levels[row.level - 1U];
    const auto age = last_day - row.birth_date;
    REQUIRE(age >= 22 * 365);
    REQUIRE(age < 65 * 366);
    REQUIRE(row.hire_date - row.birth_date >= 18 * 365);
    recent += last_day - row.hire_date <= 6 * 365 ? 1 : 0;
    enrolled += row.deferral > 0 ? 1 : 0;
  }
  CHECK(levels[0] > 8'000);
  CHECK(levels[0] > levels[1]);
  CHECK(levels[1] > levels[2]);
  CHECK(levels[2] > levels[3]);
  CHECK(levels[3] > levels[4]);
  CHECK(levels[4] > 200);
  CHECK(recent > 10'000);
  CHECK(recent < 17'000);
  CHECK(enrolled > 11'000);
  CHECK(enrolled < 13'000);
}

} // namespace troupe::simulation
