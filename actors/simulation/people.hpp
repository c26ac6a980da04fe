#pragma once

#include "actors/simulation/day_number.hpp"
#include "actors/simulation/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::simulation {

/// Whether and why somebody takes part in the plan.
enum class enrollment : std::uint8_t {
  none,
  enrolled,
  /// Has opted out once, and is no candidate any more.
  opted_out,
};

/// People who are active on 1 January, column by column, by ascending key. A
/// projection has its people in blocks that follow each other by key; how many
/// a block has changes nothing in the results.
struct people {
  /// Unique: that of the census, or year * 2^32 + sequence for a hire.
  std::vector<std::uint64_t> key;
  std::vector<day_number> birth_date;
  std::vector<day_number> hire_date;
  std::vector<cents> pay;
  std::vector<std::int32_t> deferral;
  /// 1 to 5.
  std::vector<std::uint8_t> level;
  std::vector<enrollment> plan;

  [[nodiscard]] std::size_t size() const noexcept {
    return key.size();
  }

  /// All columns get so many entries.
  void resize(std::size_t count) {
    key.resize(count);
    birth_date.resize(count);
    hire_date.resize(count);
    pay.resize(count);
    deferral.resize(count);
    level.resize(count);
    plan.resize(count);
  }

  /// The person at `at` becomes that of a row of others.
  void set(std::size_t at, const people& from, std::size_t row) {
    key[at] = from.key[row];
    birth_date[at] = from.birth_date[row];
    hire_date[at] = from.hire_date[row];
    pay[at] = from.pay[row];
    deferral[at] = from.deferral[row];
    level[at] = from.level[row];
    plan[at] = from.plan[row];
  }
};

/// People whose columns somebody else owns.
struct people_view {
  std::span<const std::uint64_t> key;
  std::span<const day_number> birth_date;
  std::span<const day_number> hire_date;
  std::span<const cents> pay;
  std::span<const std::int32_t> deferral;
  std::span<const std::uint8_t> level;
  /// Values of `enrollment`.
  std::span<const std::uint8_t> plan;

  people_view() = default;

  // NOLINTNEXTLINE(google-explicit-constructor): as a span of a vector.
  people_view(const people& of) noexcept
    : key{of.key}, birth_date{of.birth_date}, hire_date{of.hire_date},
      pay{of.pay}, deferral{of.deferral}, level{of.level},
      plan{reinterpret_cast<const std::uint8_t*>(of.plan.data()),
           of.plan.size()} {}

  [[nodiscard]] std::size_t size() const noexcept {
    return key.size();
  }

  /// Rows [first, first + count).
  [[nodiscard]] people_view part(std::size_t first, std::size_t count) const {
    auto some = people_view{};
    some.key = key.subspan(first, count);
    some.birth_date = birth_date.subspan(first, count);
    some.hire_date = hire_date.subspan(first, count);
    some.pay = pay.subspan(first, count);
    some.deferral = deferral.subspan(first, count);
    some.level = level.subspan(first, count);
    some.plan = plan.subspan(first, count);
    return some;
  }
};

} // namespace troupe::simulation
