#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_work.hpp"
#include "tests/actors/simulation/unreliable_processors.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::tests {

using messages::column;
using messages::column_block;

namespace {

/// The first task that simulates people.
simulation::simulation_tasks::offer first_offer() {
  auto options = golden_options(20);
  options.keep_text = false;
  auto run = simulation::simulation_run{std::move(options)};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  for (;;) {
    auto offered = run.take(1);
    REQUIRE(offered);
    if (offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE)
      return std::move(*offered);
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    REQUIRE(run.complete(done->result, done->block));
  }
}

/// The last of the people has this value in this column.
template <class Value>
column_block with_last(const column_block& people, std::size_t which,
                       std::vector<Value> values, Value last) {
  values.back() = last;
  auto columns = simulation::column_list{};
  for (auto at = std::size_t{0}; at < people.size(); ++at)
    columns.push_back(at == which ? column{values} : people[at]);
  return column_block{std::move(columns)};
}

/// Whether they are refused for good.
bool are_refused(const simulation::simulation_tasks::offer& offered,
                 const column_block& people) {
  const auto done = simulation::year_work{}.try_perform(offered.task, people);
  const auto* failure = std::get_if<1>(&done);
  return failure != nullptr && failure->has_input();
}

} // namespace

TEST_CASE("people whom there cannot be are refused") {
  const auto offered = first_offer();
  const auto& people = offered.block;
  REQUIRE_FALSE(are_refused(offered, people));
  const auto level = [&](std::uint8_t last) {
    const auto values = people[5].bytes();
    return with_last(people, 5, std::vector(values.begin(), values.end()),
                     last);
  };
  CHECK_FALSE(are_refused(offered, level(5)));
  for (const auto wrong : {0, 6, 255})
    CHECK(are_refused(offered, level(static_cast<std::uint8_t>(wrong))));
  const auto pay = [&](std::int64_t last) {
    const auto values = people[3].integers();
    return with_last(people, 3, std::vector(values.begin(), values.end()),
                     last);
  };
  CHECK_FALSE(are_refused(offered, pay(simulation::pay_max)));
  CHECK(are_refused(offered, pay(simulation::pay_max + 1)));
  CHECK(are_refused(offered, pay(-1)));
  const auto day = [&](std::size_t which, std::int32_t last) {
    const auto values = people[which].counts();
    return with_last(people, which, std::vector(values.begin(), values.end()),
                     static_cast<std::uint32_t>(last));
  };
  for (const auto which : {std::size_t{1}, std::size_t{2}}) {
    CHECK_FALSE(are_refused(offered, day(which, -500'000)));
    CHECK(are_refused(offered,
                      day(which, std::numeric_limits<std::int32_t>::min())));
    CHECK(are_refused(offered,
                      day(which, std::numeric_limits<std::int32_t>::max())));
  }
}

} // namespace troupe::tests
