#include "runtime/guard/retry_budget.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

constexpr auto start = clock::steady_time{1'000s};

int withdraw_all(retry_budget& budget, clock::steady_time now) {
  auto count = 0;
  while (budget.try_withdraw(now))
    ++count;
  return count;
}

} // namespace

TEST_CASE("retries add at most their share to the load") {
  auto budget = retry_budget{{10, 0, 10}, start};
  CHECK(withdraw_all(budget, start) == 10);
  auto retries = 0;
  for (int call = 0; call < 10'000; ++call) {
    budget.deposit();
    retries += withdraw_all(budget, start + call * 1ms);
  }
  CHECK(retries == 1'000);
}

TEST_CASE("unused retries are saved up to a limit") {
  auto budget = retry_budget{{10, 0, 5}, start};
  for (int call = 0; call < 10'000; ++call)
    budget.deposit();
  CHECK(budget.available(start) == 5);
  CHECK(withdraw_all(budget, start) == 5);
}

TEST_CASE("a call that comes alone finds a retry after a while") {
  auto budget = retry_budget{{10, 10, 2}, start};
  CHECK(withdraw_all(budget, start) == 2);
  CHECK_FALSE(budget.try_withdraw(start + 6s - 1ms));
  CHECK(budget.try_withdraw(start + 6s));
  CHECK(withdraw_all(budget, start + 1h) == 2);
}

TEST_CASE("many small spans of time give as much as a long one") {
  auto budget = retry_budget{{0, 10, 10}, start};
  withdraw_all(budget, start);
  auto retries = 0;
  for (int i = 1; i <= 600'000; ++i)
    retries += withdraw_all(budget, start + i * 100us);
  CHECK(retries == 10);
}

TEST_CASE("time that goes back gives no retries") {
  auto budget = retry_budget{{0, 10, 10}, start};
  withdraw_all(budget, start);
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(budget.try_withdraw(start - 1h));
    CHECK_FALSE(budget.try_withdraw(start));
  }
}

TEST_CASE("a retry budget goes on after a restart") {
  auto budget = retry_budget{{10, 10, 10}, start};
  withdraw_all(budget, start);
  budget.deposit();
  const auto saved = budget.balance(start);
  auto again = retry_budget{{10, 10, 10}, start};
  again.restore(saved, 0s, start);
  CHECK(again.balance(start) == saved);
  CHECK(again.available(start) == 0);
  again.restore(saved, 6s, start);
  CHECK(again.available(start) == 1);
  again.restore(-5, -1h, start);
  CHECK(again.balance(start) == 0);
}
