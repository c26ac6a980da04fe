#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_row_columns.hpp"
#include "actors/simulation/year_text.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

runtime::text_column make_texts(std::initializer_list<std::string_view> texts) {
  auto column = runtime::text_column{};
  for (const auto text : texts) {
    column.characters += text;
    column.offsets.push_back(
      static_cast<std::uint32_t>(column.characters.size()));
  }
  return column;
}

std::string write_id(const person_ids& ids, std::uint64_t key) {
  auto text = std::string(ids.bytes_max(), ' ');
  auto cursor = person_ids::cursor{ids};
  text.resize(
    static_cast<std::size_t>(cursor.write(text.data(), key) - text.data()));
  return text;
}

} // namespace

TEST_CASE("ids of the start are found by key, those of hires are made") {
  const auto ids = person_ids{{3, 5, 8}, make_texts({"A", "B,\"b\"", "C"})};
  CHECK(write_id(ids, 3) == "A");
  CHECK(write_id(ids, 5) == "\"B,\"\"b\"\"\"");
  CHECK(write_id(ids, 8) == "C");
  CHECK(write_id(ids, hire_key(2025, 1)) == "NH_2025_000001");
  CHECK(write_id(ids, hire_key(2025, 999'999)) == "NH_2025_999999");
  CHECK(write_id(ids, hire_key(2031, 1'234'567)) == "NH_2031_1234567");
  CHECK(write_id({}, hire_key(2031, 40)) == "NH_2031_000040");
}

TEST_CASE("a cursor may skip people") {
  const auto ids
    = person_ids{{1, 2, 3, 4, 5}, make_texts({"a", "b", "c", "d", "e"})};
  auto cursor = person_ids::cursor{ids};
  auto text = std::string(64, ' ');
  auto* to = text.data();
  for (const auto key : {std::uint64_t{1}, std::uint64_t{1}, std::uint64_t{4},
                         std::uint64_t{5}, hire_key(2025, 2)})
    to = cursor.write(to, key);
  CHECK(text.substr(0, static_cast<std::size_t>(to - text.data()))
        == "aadeNH_2025_000002");
}

TEST_CASE("long ids have room, and rows many pieces") {
  const auto id = std::string(5'000, 'x');
  const auto plan = make_year_plan({}, 2028);
  const auto ids = person_ids{{1}, make_texts({id})};
  auto columns = event_columns{};
  auto writer = event_writer{columns, 1'000};
  for (auto i = 0; i < 1'000; ++i)
    writer.add({.key = 1,
                .amount = pay_max,
                .day = 59,
                .type = event_type::opt_out,
                .level = 5,
                .age = 127,
                .tenure = 10});
  writer.finish();
  auto text = std::string{"before\n"};
  year_text{plan, ids}.append_events(text, columns);
  const auto line
    = "2028," + id + ",1,opt_out,2028-02-29,100000000000,0,5,127,10,5,3,0\n";
  REQUIRE(text.size() == 7 + 1'000 * line.size());
  CHECK(text.substr(0, 7) == "before\n");
  for (auto i = std::size_t{0}; i < 1'000; ++i)
    REQUIRE(text.compare(7 + i * line.size(), line.size(), line) == 0);
}

TEST_CASE("ids of a range of keys are those between its ends") {
  const auto all = person_ids{{3, 5, 8, 9}, make_texts({"A", "B", "C", "D"})};
  const auto some = all.between(4, 8);
  REQUIRE(some.keys().size() == 2);
  CHECK(write_id(some, 5) == "B");
  CHECK(write_id(some, 8) == "C");
  CHECK(write_id(some, 9) == "NH_0_000009");
  CHECK(all.between(6, 7).keys().empty());
  CHECK(all.between(10, 20).keys().empty());
}

TEST_CASE("rows end with the last day of who has left") {
  const auto plan = make_year_plan({}, 2025);
  auto block = year_block{};
  auto writer = year_row_writer{block.rows, block.next, 2};
  writer.add({.key = hire_key(2025, 1),
              .pay = 10,
              .prorated = 9,
              .birth_date = -1,
              .hire_date = plan.days.first,
              .termination_date = plan.days.last,
              .deferral = 3,
              .status = year_status::new_hire_termination,
              .level = 2,
              .age = 100,
              .tenure = 11,
              .plan = enrollment::enrolled});
  writer.add({.key = hire_key(2025, 2), .level = 1});
  writer.finish();
  CHECK(block.next.key == std::vector<std::uint64_t>{hire_key(2025, 2)});
  auto text = std::string{};
  const auto ids = person_ids{};
  year_text{plan, ids}.append_rows(text, block.rows);
  CHECK(text
        == "2025,NH_2025_000001,8697308774401,1969-12-31,2025-01-01,2025-12-31,"
           "new_hire_termination,2,10,9,100,11,1,3\n"
           "2025,NH_2025_000002,8697308774402,1970-01-01,1970-01-01,,"
           "continuous_active,1,0,0,0,0,0,0\n");
}

} // namespace troupe::simulation
