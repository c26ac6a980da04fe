#pragma once

#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_rules.hpp"
#include "tests/actors/simulation/made_year.hpp"
#include "tests/actors/simulation/year_damage.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe::tests {

using namespace simulation;

/// A year whose check has to find one thing.
class damaged_year : public made_year {
public:
  damaged_year() : made_year{make_year()} {}

  year_row_columns& rows = staff.rows;
  event_columns& events = staff.events;
  people& next = staff.next;

  /// The row of somebody who stays or leaves and has an event of this type.
  std::size_t row_with(event_type type, bool stays) {
    return first_of(rows.count, [&](std::size_t at) {
      return rows[at].is_active() == stays && has_event(at, type);
    });
  }

  bool has_event(std::size_t row, event_type type) {
    for (auto at = std::size_t{0}; at < events.count; ++at)
      if (events.key[at] == rows.key[row] && events.type[at] == type)
        return true;
    return false;
  }

  std::size_t event_of(std::size_t row, event_type type) {
    return first_of(events.count, [&](std::size_t at) {
      return events.key[at] == rows.key[row] && events.type[at] == type;
    });
  }

  std::size_t active_row() {
    return first_of(rows.count,
                    [&](std::size_t at) { return rows[at].is_active(); });
  }

  std::size_t left_row() {
    return first_of(rows.count,
                    [&](std::size_t at) { return !rows[at].is_active(); });
  }

  std::size_t next_of(std::size_t row) {
    return first_of(next.size(), [&](std::size_t at) {
      return next.key[at] == rows.key[row];
    });
  }

  std::size_t row_in_plan(enrollment plan_of) {
    return first_of(rows.count, [&](std::size_t at) {
      return before.plan[at] == plan_of && rows.plan[at] == plan_of
             && rows[at].is_active();
    });
  }

  /// Nothing has happened to them.
  std::size_t untouched_row() {
    return first_of(rows.count, [&](std::size_t at) {
      return rows.tenure[at] == 0 && rows[at].is_active() && rows.level[at] < 5
             && !has_event(at, event_type::enrollment);
    });
  }

  void give_event(std::size_t row, event_type type, day_number day,
                  cents amount, cents previous) {
    insert_event(events,
                 {.key = rows.key[row],
                  .amount = amount,
                  .previous = previous,
                  .probability = 1,
                  .day = static_cast<std::uint16_t>(day - plan.days.first),
                  .type = type,
                  .level = rows.level[row],
                  .age = rows.age[row],
                  .tenure = rows.tenure[row]});
  }
};

/// Changes one thing, and tells the key of whom it is about.
using damage = std::function<std::uint64_t(damaged_year&)>;

struct damage_case {
  year_rule rule;
  std::string what;
  damage change;
};

inline void check_damage(const damage_case& of) {
  INFO(text_of(of.rule).name << ": " << of.what);
  auto year = damaged_year{};
  const auto key = of.change(year);
  const auto found = check_staff_block(year.plan, year.before, year.staff);
  REQUIRE(found.size() == 1);
  CHECK(found.front().rule == text_of(of.rule).name);
  CHECK(found.front().year == 2025);
  CHECK(found.front().keys == std::vector{key});
  CHECK(found.front().people == 1);
  CHECK(found.front().detail == text_of(of.rule).broken);
}

inline void check_all(const std::vector<damage_case>& cases) {
  for (const auto& one : cases)
    check_damage(one);
}

} // namespace troupe::tests
