#include "actors/simulation/census_table.hpp"
#include "actors/simulation/person_timeline.hpp"
#include "actors/simulation/year_text.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

using runtime::problem_kind;
using tests::stored_simulations;

namespace {

/// The lines of a CSV that have this key.
std::string lines_of(const std::string& csv, std::uint64_t key) {
  const auto wanted = "," + std::to_string(key) + ",";
  auto found = std::string{};
  auto begin = csv.find('\n') + 1;
  while (begin < csv.size()) {
    const auto end = csv.find('\n', begin) + 1;
    const auto line = csv.substr(begin, end - begin);
    // Year and id come before the key.
    if (line.find(wanted) == line.find(',', line.find(',') + 1))
      found += line;
    begin = end;
  }
  return found;
}

std::string text_of(const person_timeline& of, const person_ids& ids,
                    bool is_events) {
  auto text = std::string{};
  for (const auto& each : of.years) {
    const auto plan = make_year_plan({}, each.year);
    const auto writer = year_text{plan, ids};
    auto block = year_block{};
    auto events = event_writer{block.events, each.events.size()};
    for (const auto& one : each.events)
      events.add(one);
    events.finish();
    auto rows = year_row_writer{block.rows, block.next, 1};
    rows.add(each.row);
    rows.finish();
    if (is_events)
      writer.append_events(text, block.events);
    else
      writer.append_rows(text, block.rows);
  }
  return text;
}

} // namespace

TEST_CASE(
  "everybody can be followed, by id and by key, as the reference has it") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto census = tests::read_golden_census();
  const auto events = tests::read_simulation_text("events.csv");
  const auto rows = tests::read_simulation_text("snapshots.csv");
  auto keys = std::vector<std::uint64_t>{hire_key(2025, 1), hire_key(2027, 3)};
  for (auto at = std::size_t{0}; at < census.ids.keys().size(); at += 17)
    keys.push_back(census.ids.keys()[at]);
  for (const auto key : keys) {
    const auto traced = trace_person(history, "last", std::to_string(key));
    REQUIRE(traced);
    CHECK(traced->key == key);
    CHECK(text_of(*traced, census.ids, true) == lines_of(events, key));
    CHECK(text_of(*traced, census.ids, false) == lines_of(rows, key));
    CHECK(traced->start.has_value() == (key < census_key_end));
    const auto again = trace_person(history, "1", traced->id);
    REQUIRE(again);
    CHECK(again->key == key);
    CHECK(again->id == traced->id);
  }
}

TEST_CASE("somebody of the census has a start") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto staff = tests::read_golden_census().staff;
  const auto traced
    = trace_person(history, "last", std::to_string(staff.key[5]));
  REQUIRE(traced);
  REQUIRE(traced->start);
  CHECK(traced->start->birth_date == staff.birth_date[5]);
  CHECK(traced->start->hire_date == staff.hire_date[5]);
  CHECK(traced->start->pay == staff.pay[5]);
  CHECK(traced->start->level == staff.level[5]);
  CHECK(traced->start->deferral == staff.deferral[5]);
  CHECK(traced->start->plan == staff.plan[5]);
}

TEST_CASE("nobody is answered with who is meant, or with who was hired") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto id
    = trace_person(history, "last",
                   std::to_string(tests::read_golden_census().staff.key[0]))
        ->id;
  const auto hint_of = [&](const std::string& person) {
    const auto traced = trace_person(history, "last", person);
    REQUIRE_FALSE(traced);
    CHECK(traced.error().kind == problem_kind::not_found);
    return traced.error().hint;
  };
  CHECK(hint_of("X" + id) == "did you mean \"" + id + "\"?");
  CHECK(hint_of("NH_2025_999999")
          .starts_with("hires of 2025 are NH_2025_000001 to NH_2025_0000"));
  CHECK(hint_of("NH_2099_000001") == "the run has no year 2099");
  CHECK(hint_of("999999999999999").empty());
  CHECK(hint_of(std::string(1'000, 'x')).empty());
  CHECK(hint_of("").empty());
  CHECK_FALSE(trace_person(history, "9", id));
}

TEST_CASE("of a part of a run nobody can be followed") {
  auto runs = stored_simulations{};
  const auto parent = runs.add();
  runs.store(record_children(
    parent, {}, std::vector{simulation_child{.run = runs.next_id()}}));
  auto history = runs.history();
  const auto traced = trace_person(history, "2", "EMP_1");
  REQUIRE_FALSE(traced);
  CHECK(traced.error().message == "of run 2 only totals are stored, no people");
}

} // namespace troupe::simulation
