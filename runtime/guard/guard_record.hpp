#pragma once

#include "runtime/clock.hpp"
#include "runtime/guard/circuit_breaker.hpp"
#include "runtime/guard/quota.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// What a guard keeps over a restart. Calls under way are not in it: who makes
/// them knows them.
struct guard_record {
  clock::wall_time saved_at;
  std::optional<std::chrono::nanoseconds> rate_debt;
  std::optional<quota::record> window;
  std::optional<circuit_breaker::record_of_state> breaker;
  std::optional<std::int64_t> retry_balance;

  friend bool operator==(const guard_record&, const guard_record&) = default;
};

/// One line of JSON.
[[nodiscard]] std::string to_json(const guard_record& record);

/// `invalid_input` for anything else than what `to_json` writes.
[[nodiscard]] outcome<guard_record> parse_guard_record(std::string_view json);

} // namespace troupe::runtime
