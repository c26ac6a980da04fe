#include "runtime/guard/guard_record.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

guard_record full() {
  auto record = guard_record{};
  record.saved_at = clock::wall_time{1'700'000'000'123'456us};
  record.rate_debt = 1'234ns;
  record.window = quota::record{clock::wall_time{1'699'999'200s},
                                18'000'000'000'000'000'000U, 80};
  record.breaker
    = circuit_breaker::record_of_state{breaker_state::half_open, 17s, 3};
  record.retry_balance = 42;
  return record;
}

} // namespace

TEST_CASE("a saved guard is read back as it was") {
  CHECK(parse_guard_record(to_json(full())) == full());
  auto empty = guard_record{};
  empty.saved_at = clock::wall_time{-5us};
  CHECK(parse_guard_record(to_json(empty)) == empty);
  for (const auto state :
       {breaker_state::closed, breaker_state::open, breaker_state::half_open}) {
    auto record = full();
    record.breaker->state = state;
    CHECK(parse_guard_record(to_json(record)) == record);
  }
}

TEST_CASE("a saved guard is one line") {
  CHECK(to_json(full())
        == R"({"version":1,"saved_at_us":1700000000123456,)"
           R"("rate":{"debt_ns":1234},)"
           R"("quota":{"window_begin_us":1699999200000000,)"
           R"("used":18000000000000000000,"warned_percent":80},)"
           R"("breaker":{"state":"half_open","open_left_ns":17000000000,)"
           R"("opened_in_a_row":3},"retries":{"balance":42}})");
}

TEST_CASE("what is no saved guard is refused") {
  for (const auto* text :
       {"", "{", "[]", "{}", R"({"version":2,"saved_at_us":1})",
        R"({"version":1})", R"({"version":1,"saved_at_us":"1"})",
        R"({"version":1,"saved_at_us":1.5})",
        R"({"version":1,"saved_at_us":18446744073709551615})",
        R"({"version":1,"saved_at_us":1,"rate":{}})",
        R"({"version":1,"saved_at_us":1,"rate":7})",
        R"({"version":1,"saved_at_us":1,"retries":{"balance":null}})",
        R"({"version":1,"saved_at_us":1,"quota":{"window_begin_us":1,)"
        R"("used":-1,"warned_percent":0}})",
        R"({"version":1,"saved_at_us":1,"breaker":{"state":"ajar",)"
        R"("open_left_ns":1,"opened_in_a_row":1}})"}) {
    INFO(text);
    const auto read = parse_guard_record(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == problem_kind::invalid_input);
  }
}
