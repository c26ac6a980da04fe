#include "actors/engine/activity_failure.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::engine;
using runtime::problem_kind;

TEST_CASE("a problem becomes a failure of its kind") {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "no such thing";
  reason.key = "with.argv";
  const auto failure = to_failure(reason);
  CHECK(failure.kind == "not_found");
  CHECK(failure.message == "no such thing (key with.argv)");
  CHECK(failure.details.is_null());
}

TEST_CASE("only what may pass by itself may be retried") {
  const auto is_retryable = [](problem_kind kind) {
    auto reason = runtime::problem{};
    reason.kind = kind;
    return to_failure(reason).is_retryable;
  };
  CHECK(is_retryable(problem_kind::unavailable));
  CHECK(is_retryable(problem_kind::interrupted));
  CHECK(is_retryable(problem_kind::timeout));
  CHECK(is_retryable(problem_kind::failed));
  CHECK_FALSE(is_retryable(problem_kind::invalid_input));
  CHECK_FALSE(is_retryable(problem_kind::not_found));
  CHECK_FALSE(is_retryable(problem_kind::denied));
}

TEST_CASE("bytes that are no characters are replaced one by one") {
  CHECK(to_utf8("a\xff\xc3\xa4\xc3") == "a?\xc3\xa4?");
  CHECK(to_utf8("").empty());
}
