#include "runtime/tabular/number_run.hpp"
#include "runtime/tabular/numbers.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <random>
#include <string>
#include <vector>

using namespace troupe::runtime;

namespace {

/// What was read into the second of three rows, and where it ended.
struct reading {
  std::vector<double> values;
  std::size_t size = 0;
};

reading read(const std::string& text, std::size_t count) {
  const auto padded = text + std::string(record_chunk::padding_bytes, '\0');
  auto columns = std::vector<std::array<double, 3>>(count);
  auto targets = std::vector<double*>{};
  for (auto& column : columns)
    targets.push_back(column.data());
  const auto run = read_number_run(
    std::string_view{padded}.substr(0, text.size()), count, targets.data(), 1);
  auto result = reading{};
  result.size = run.size;
  for (std::size_t i = 0; i < run.count; ++i)
    result.values.push_back(columns[i][1]);
  for (const auto& column : columns)
    CHECK((column[0] == 0.0 && column[2] == 0.0));
  return result;
}

} // namespace

TEST_CASE("neighbouring plain numbers are read up to the line's end") {
  const auto run = read("1,-2.5,0.125\n7,8\n", 5);
  CHECK(run.values == std::vector{1.0, -2.5, 0.125});
  CHECK(run.size == 12);
}

TEST_CASE("no more numbers are read than were asked for") {
  const auto run = read("1,2,3,4\n", 2);
  CHECK(run.values == std::vector{1.0, 2.0});
  CHECK(run.size == 3);
}

TEST_CASE("a run ends before the first field of another form") {
  for (const std::string other :
       {"", "x", "1e3", "+1", "\"1\"", " 1", "1.", ".5", "12345678",
        "0.12345678", "-", "1.2.3", "nan"}) {
    INFO(other);
    CHECK(read(other + ",5\n", 2).values.empty());
    const auto run = read("4," + other + ",5\n", 3);
    CHECK(run.values == std::vector{4.0});
    CHECK(run.size == 1);
  }
}

TEST_CASE("a run reads what the general parser reads, bit by bit") {
  auto random = std::mt19937_64{7};
  auto failures = 0;
  for (auto round = 0; round < 20'000; ++round) {
    auto text = std::string{};
    auto expected = std::vector<double>{};
    const auto count = 1 + random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      auto field = std::string{random() % 4 == 0 ? "-" : ""};
      field += std::to_string(random() % 10'000'000);
      if (random() % 2 == 0)
        field += "." + std::to_string(random() % 10'000'000);
      expected.push_back(parse_number(field).value());
      text += (i == 0 ? "" : ",") + field;
    }
    const auto run = read(text + "\n", count);
    // It may stop early for no reason, but not at once.
    const auto is_start
      = !run.values.empty() && run.values.size() <= expected.size()
        && std::equal(run.values.begin(), run.values.end(), expected.begin());
    failures += is_start ? 0 : 1;
  }
  CHECK(failures == 0);
}
