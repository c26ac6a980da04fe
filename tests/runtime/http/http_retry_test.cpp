#include "runtime/http/http_retry.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

/// 1994-11-06T08:49:37Z.
constexpr auto noon = clock::wall_time{784111777s};

std::optional<std::chrono::milliseconds> wait(const std::string& value) {
  auto reply = http_reply{};
  reply.headers = {{"Retry-After", value}};
  return retry_after(reply, noon);
}

} // namespace

TEST_CASE("only what may pass by itself is worth another attempt") {
  for (const auto status : {408, 425, 429, 500, 502, 503, 504})
    CHECK(is_retryable(status));
  for (const auto status : {200, 302, 400, 401, 403, 404, 409, 412, 501})
    CHECK_FALSE(is_retryable(status));
  auto failure = problem{};
  for (const auto kind : {problem_kind::timeout, problem_kind::unavailable}) {
    failure.kind = kind;
    CHECK(is_retryable(failure));
  }
  for (const auto kind : {problem_kind::denied, problem_kind::interrupted,
                          problem_kind::failed, problem_kind::invalid_input}) {
    failure.kind = kind;
    CHECK_FALSE(is_retryable(failure));
  }
}

TEST_CASE("a server says how long to wait in seconds or by a date") {
  CHECK(wait("30") == 30s);
  CHECK(wait("0") == 0s);
  CHECK(wait("1.25") == 1250ms);
  CHECK(wait("99999999999999999999") == 24h);
  CHECK(wait("Sun, 06 Nov 1994 08:50:37 GMT") == 60s);
  CHECK(wait("Sun, 06 Nov 1994 08:49:00 GMT") == 0s);
  CHECK(wait("Mon, 06 Nov 2094 08:49:00 GMT") == 24h);
  for (const auto* text :
       {"", "-1", "soon", "1 s", "nan", "Sun, 06 Nov 1994",
        "Sun, 31 Feb 1994 "
        "08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06"})
    CHECK_FALSE(wait(text));
  CHECK_FALSE(retry_after({}, noon));
}

TEST_CASE("waits double up to a longest, with chance in the upper half") {
  const auto policy = backoff_policy{100ms, 1s};
  CHECK(backoff(1, 0.0, policy) == 50ms);
  CHECK(backoff(1, 0.999, policy) == 99ms);
  CHECK(backoff(2, 0.0, policy) == 100ms);
  CHECK(backoff(4, 0.5, policy) == 600ms);
  CHECK(backoff(5, 0.0, policy) == 500ms);
  CHECK(backoff(1'000'000, 0.0, policy) == 500ms);
}
