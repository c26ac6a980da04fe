#include "actors/simulation/date_text.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

TEST_CASE("every day reads back as it is written") {
  using std::chrono::sys_days;
  const auto last = parse_date("2101-01-01").value();
  for (auto day = parse_date("1899-12-31").value(); day <= last;
       day += std::chrono::days{1}) {
    auto text = std::string{};
    append_date(text, day);
    REQUIRE(text.size() == 10);
    REQUIRE(parse_date(text) == day);
  }
  CHECK(parse_date("1970-01-02") == sys_days{std::chrono::days{1}});
}

TEST_CASE("days that do not exist are no dates") {
  for (const auto* text :
       {"", "2025-02-29", "2025-13-01", "2025-00-10", "2025-01-00", "2025-1-1",
        "2025/01/01", "20250101", "2025-01-01T", "abcd-01-01", "2025-01--1",
        "01-01-2025"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
  CHECK(parse_date("2024-02-29"));
}

} // namespace troupe::simulation
