#include "actors/simulation/next_people.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_work.hpp"
#include "tests/actors/simulation/unreliable_processors.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

namespace troupe::tests {

using messages::column_block;
using simulation::simulation_run;
using simulation::with_next_people;
using simulation::without_next_people;

namespace {

std::string bytes_of(const column_block& block) {
  return block.to_message().SerializeAsString();
}

/// What the blocks of all years of a run are made into.
std::vector<column_block> simulate(simulation::simulation_run_options options) {
  auto made = std::vector<column_block>{};
  auto run = simulation_run{std::move(options)};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  while (auto offered = run.take(1)) {
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    if (offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE)
      made.push_back(done->block);
    REQUIRE(run.complete(done->result, done->block));
  }
  return made;
}

simulation::simulation_run_options options_with_columns() {
  auto options = golden_options(20);
  options.keep_text = false;
  options.keep_columns = true;
  return options;
}

/// The columns of a block, but for one.
column_block with_column(const column_block& from, std::size_t which,
                         messages::column other) {
  auto columns = simulation::column_list{};
  for (auto at = std::size_t{0}; at < from.size(); ++at)
    columns.push_back(at == which ? std::move(other) : from[at]);
  return column_block{std::move(columns)};
}

} // namespace

TEST_CASE("people of the next year follow from the rows of the year") {
  const auto made = simulate(options_with_columns());
  REQUIRE(made.size() > 20);
  auto left = std::size_t{0};
  for (const auto& each : made) {
    const auto rest = without_next_people(each);
    REQUIRE(rest);
    CHECK(rest->size() == each.size() - simulation::people_column_count);
    const auto whole = with_next_people(*rest);
    REQUIRE(whole);
    CHECK(bytes_of(*whole) == bytes_of(each));
    left
      += each[simulation::people_column_count + simulation::event_column_count]
           .size()
         - each[0].size();
  }
  CHECK(left > 0);
}

TEST_CASE("people without rows are not left out") {
  auto options = options_with_columns();
  options.keep_columns = false;
  options.keep_packed = true;
  auto run = simulation_run{options};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  auto block = column_block{};
  while (block.empty()) {
    const auto offered = run.take(1);
    REQUIRE(offered);
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    if (offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE)
      block = done->block;
    REQUIRE(run.complete(done->result, done->block));
  }
  CHECK_FALSE(without_next_people(block));
  CHECK_FALSE(without_next_people({}));
}

TEST_CASE("nobody follows from what are no rows") {
  const auto made = simulate(options_with_columns());
  const auto rest = without_next_people(made.front()).value();
  for (auto at = simulation::event_column_count; at < rest.size(); ++at) {
    CHECK_FALSE(
      with_next_people(with_column(rest, at, messages::column{{0}, ""})));
    CHECK_FALSE(with_next_people(with_column(rest, at, rest[at].slice(0, 1))));
  }
  CHECK_FALSE(with_next_people({}));
  CHECK_FALSE(with_next_people(made.front().slice(0, 0)));
}

} // namespace troupe::tests
