#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_rules.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What the checks of staff and of hires share. Each rule is written once, and
// told to one of two notes: first to any_broken, which costs next to nothing,
// and only where something is broken to first_broken, person by person.
namespace troupe::simulation {

/// Ends a check at the first rule that is broken. A comparison with a branch
/// that is never taken is what costs least.
struct any_broken {
  static bool note(year_rule, bool is_broken) noexcept {
    return is_broken;
  }
};

/// Goes on to the end, to know the first in the order of rules.
class first_broken {
public:
  bool note(year_rule rule, bool is_broken) noexcept {
    if (is_broken && (!rule_ || rule < *rule_))
      rule_ = rule;
    return false;
  }

  [[nodiscard]] const std::optional<year_rule>& rule() const noexcept {
    return rule_;
  }

private:
  std::optional<year_rule> rule_;
};

/// Violations of a block, one for each rule that somebody breaks.
class violation_list {
public:
  explicit violation_list(std::int32_t year) : year_{year} {}

  void add(year_rule rule, std::uint64_t key);
  /// For the block or year as a whole.
  void add(year_rule rule, const std::string& detail);

  [[nodiscard]] bool empty() const noexcept {
    return violations_.empty();
  }

  [[nodiscard]] std::vector<rule_violation> take() {
    return std::move(violations_);
  }

private:
  rule_violation* find_or_null(year_rule rule);
  rule_violation& find(year_rule rule);

  std::int32_t year_;
  std::vector<rule_violation> violations_;
};

/// Arithmetic of damaged values may wrap, and must do so without harm.
[[nodiscard]] constexpr std::uint64_t wrapping(cents value) noexcept {
  return static_cast<std::uint64_t>(value);
}

/// Whether the quotient, with halves rounded up, is this one.
[[nodiscard]] constexpr bool rounds_to(std::uint64_t quotient,
                                       std::uint64_t dividend,
                                       std::uint64_t divisor) noexcept {
  return quotient * divisor - dividend + (divisor - 1) / 2 < divisor;
}

/// Which completed years on 1 January belong to a date.
class completed_years_check {
public:
  explicit completed_years_check(const year_plan& plan) noexcept {
    for (auto years = std::size_t{0}; years < latest_.size(); ++years) {
      latest_[years] = plan.new_years[years];
      earlier_[years] = plan.new_years[years + 1];
    }
    latest_.front() = std::numeric_limits<day_number>::max();
    earlier_.back() = std::numeric_limits<day_number>::min();
  }

  [[nodiscard]] bool is_wrong(std::uint8_t years,
                              day_number since) const noexcept {
    const auto at = std::size_t{years} % latest_.size();
    return years > completed_years_max || since > latest_[at]
           || since <= earlier_[at];
  }

private:
  std::array<day_number, completed_years_max + 1> latest_{};
  std::array<day_number, completed_years_max + 1> earlier_{};
};

/// The people of the next year, walked along the rows of this one.
struct next_cursor {
  const people* next;
  std::size_t at = 0;

  [[nodiscard]] bool is_at(std::uint64_t key) const noexcept {
    return at < next->size() && next->key[at] == key;
  }

  /// Whether the person with the row is there if and only if still active, and
  /// with the same values.
  template <class Note>
  [[nodiscard]] bool is_wrong(const year_row_columns& rows, std::size_t row,
                              Note& note) noexcept {
    const auto is_there = is_at(rows.key[row]);
    const auto here = at;
    at += std::size_t{is_there};
    if (rows.termination_date[row] != no_day)
      return note.note(year_rule::nobody_terminated_stays, is_there);
    if (!is_there)
      return note.note(year_rule::everybody_active_stays, true);
    return note.note(year_rule::next_year_as_the_row,
                     next->birth_date[here] != rows.birth_date[row]
                       || next->hire_date[here] != rows.hire_date[row]
                       || next->pay[here] != rows.pay[row]
                       || next->deferral[here] != rows.deferral[row]
                       || next->level[here] != rows.level[row]
                       || next->plan[here] != rows.plan[row]);
  }

  /// Past those who come before the person; `list` is told.
  void skip_strangers(std::uint64_t key, violation_list& list);
  /// Past all that are left; `list` is told.
  void skip_rest(violation_list& list);
};

/// The events of a block, walked along its rows.
struct event_cursor {
  const event_columns* events;
  std::size_t at = 0;

  /// True for events of people who should have come before as well.
  [[nodiscard]] bool is_up_to(std::uint64_t key) const noexcept {
    return at < events->count && events->key[at] <= key;
  }

  /// Past those that come before the person's; `list` is told.
  void skip_strangers(std::uint64_t key, violation_list& list);
  /// Past all that are left; `list` is told.
  void skip_rest(violation_list& list);
};

/// Compares keys of people with those of rows, and the order of events. False:
/// something is wrong with them, and told; rows cannot be looked at one by one.
[[nodiscard]] bool check_keys(std::span<const std::uint64_t> keys,
                              const year_block& made, violation_list& list);

/// Tells which fields differ, if any.
void check_totals(const year_totals& counted, const year_totals& told,
                  violation_list& list);

} // namespace troupe::simulation
