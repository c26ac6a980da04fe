#include "runtime/guard/guard_options.hpp"

#include <catch2/catch.hpp>

#include <tuple>

using namespace std::chrono_literals;
using namespace troupe::runtime;

TEST_CASE("the profiles have the numbers of the source system") {
  using row
    = std::tuple<std::string_view, std::uint32_t, std::chrono::seconds,
                 std::uint32_t, std::chrono::seconds, std::size_t, std::size_t>;
  const auto rows
    = std::vector<row>{{"analysis_execution", 3, 120s, 2, 300s, 5, 50},
                       {"knowledge_loading", 5, 60s, 3, 60s, 10, 100},
                       {"content_processing", 8, 45s, 4, 45s, 15, 200},
                       {"vector_operations", 3, 30s, 2, 30s, 8, 80},
                       {"ai_model_inference", 4, 90s, 3, 120s, 3, 30}};
  REQUIRE(guard_profile_names().size() == rows.size());
  for (const auto& [name, failures, recovery, successes, timeout, concurrent,
                    queue] : rows) {
    INFO(name);
    const auto options = guard_profile(name);
    REQUIRE(options);
    REQUIRE(options->breaker);
    CHECK(options->breaker->mode == breaker_mode::consecutive);
    CHECK(options->breaker->failures_max == failures);
    CHECK(options->breaker->open_initial == recovery);
    CHECK(options->breaker->open_cap == recovery);
    CHECK(options->breaker->trials == successes);
    CHECK(options->attempt_timeout == timeout);
    REQUIRE(options->bulkhead);
    CHECK(options->bulkhead->concurrent_max == concurrent);
    CHECK(options->bulkhead->queue_max == queue);
  }
  CHECK_FALSE(guard_profile("default"));
}

TEST_CASE("a circuit of a profile opens for the same time again and again") {
  auto breaker = circuit_breaker{*guard_profile("vector_operations")->breaker};
  auto now = clock::steady_time{1'000s};
  const auto fail = [&] {
    const auto answer = breaker.try_acquire(now, ~std::uint64_t{0});
    return breaker.record(std::get<circuit_breaker::permit>(answer.decision),
                          call_outcome::failure, now, ~std::uint64_t{0});
  };
  CHECK_FALSE(fail());
  CHECK_FALSE(fail());
  for (int i = 0; i < 5; ++i) {
    const auto change = fail();
    REQUIRE(change);
    CHECK(change->open_until == now + 30s);
    now = change->open_until;
  }
}
