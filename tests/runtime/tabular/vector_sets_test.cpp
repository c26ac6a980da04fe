#include "runtime/tabular/csv_reader.hpp"

#include <catch2/catch.hpp>
#include <hwy/targets.h>

#include <random>

using namespace troupe::runtime;

TEST_CASE("every set of vector instructions reads the same") {
  auto random = std::mt19937_64{31};
  auto text = std::string{};
  for (auto row = 0; row < 300; ++row) {
    for (auto column = 0; column < 6; ++column) {
      const auto number = static_cast<double>(random() % 100'000'000) / 1e4;
      text += column == 0 ? "\"i\nd\"," : "";
      text += random() % 2 == 0 ? "-" : "";
      text += std::to_string(number).substr(0, 1 + random() % 14);
      text += column == 5 ? "\n" : ",";
    }
  }
  const auto uses = [] {
    auto result = std::vector<column_use>(7, column_use::number);
    result.front() = column_use::text;
    return result;
  }();
  const auto sets = hwy::SupportedTargets();
  auto expected = std::optional<column_set>{};
  for (auto set = sets; set != 0; set &= set - 1) {
    hwy::SetSupportedTargetsForTest(set & -set);
    const auto chunk = make_chunk(text, record_format::csv);
    CHECK(chunk.records == 300);
    auto columns = column_set{};
    REQUIRE(read_columns(chunk, uses, columns));
    if (!expected)
      expected = columns;
    CHECK(columns.numbers == expected->numbers);
    CHECK(columns.texts[0].characters == expected->texts[0].characters);
  }
  hwy::SetSupportedTargetsForTest(0);
}
