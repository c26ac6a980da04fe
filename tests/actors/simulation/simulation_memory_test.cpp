#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_work.hpp"
#include "tests/actors/simulation/unreliable_processors.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace troupe::tests {

using simulation::simulation_run;
using simulation::simulation_run_options;

namespace {

/// People are loaded from where packed rows go to.
simulation_run_options stored_options(std::size_t block_people,
                                      std::uint64_t limit) {
  auto options = golden_options(block_people);
  options.keep_packed = true;
  options.can_load = true;
  options.memory_limit_bytes = limit;
  return options;
}

/// Does what there is to do, until there is nothing, or something is wrong.
runtime::outcome<void> do_all(simulation_run& run) {
  auto work = simulation::year_work{};
  while (auto offered = run.take(1)) {
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    if (auto told = run.complete(done->result, done->block); !told)
      return told;
    while (run.take_output())
      REQUIRE(run.output_written());
    while (run.take_commit())
      REQUIRE(run.committed());
  }
  return {};
}

} // namespace

TEST_CASE("a run within any limit is the reference, loading who is away") {
  const auto seed = GENERATE(range(1U, 21U));
  const auto limit = GENERATE(8'000U, 12'000U, 100'000U);
  auto run = simulation_run{stored_options(seed % 2 == 0 ? 9 : 5, limit)};
  auto processors = unreliable_processors{run, seed};
  REQUIRE(run.start());
  processors.finish();
  CHECK(processors.wrote_golden_files());
  // What comes of a block is guessed, and in tiny ones people differ most.
  CHECK(processors.memory_bytes <= limit + limit / 20);
  CHECK(processors.loads_at_once <= 4);
  CHECK((run.blocks_spilled() > 0) == (limit < 100'000));
  CHECK((processors.loads > 0) == (limit < 100'000));
  // Nobody is put away twice without having been loaded in between.
  CHECK(run.blocks_spilled() >= processors.loads);
}

TEST_CASE("without a store, people are packed to stay within a limit") {
  const auto seed = GENERATE(range(1U, 21U));
  auto options = golden_options(40);
  options.memory_limit_bytes = 27'000;
  auto run = simulation_run{std::move(options)};
  auto processors = unreliable_processors{run, seed};
  REQUIRE(run.start());
  processors.finish();
  CHECK(processors.wrote_golden_files());
  CHECK(processors.memory_bytes <= 27'000);
  CHECK(run.blocks_spilled() > 0);
  CHECK(processors.loads == 0);
}

TEST_CASE("a limit below what one block takes ends a run, saying what it "
          "needs") {
  const auto is_stored = GENERATE(true, false);
  auto options = stored_options(50, 10'000);
  options.can_load = is_stored;
  auto run = simulation_run{std::move(options)};
  const auto started = run.start();
  REQUIRE_FALSE(started);
  const auto& reason = started.error();
  CHECK(reason.kind == runtime::problem_kind::unavailable);
  CHECK(reason.key == "memory_limit");
  CHECK_THAT(reason.message, Catch::StartsWith("2025 takes ")
                               && Catch::EndsWith("KiB of memory at least"));
  CHECK_THAT(reason.hint,
             Catch::Contains(is_stored ? "smaller blocks" : "use a store"));
}

TEST_CASE("people that are not those of a block end the run") {
  auto run = simulation_run{stored_options(9, 8'000)};
  REQUIRE(run.start());
  REQUIRE(do_all(run));
  const auto wanted = run.take_load();
  REQUIRE(wanted);
  CHECK(wanted->year == 2025);
  const auto told
    = run.loaded(wanted->block, simulation::to_block(simulation::people{}));
  REQUIRE_FALSE(told);
  CHECK_THAT(told.error().message,
             Catch::EndsWith("was loaded with other people than it had"));
}

TEST_CASE("a load that fails ends the run with its problem") {
  auto run = simulation_run{stored_options(9, 8'000)};
  REQUIRE(run.start());
  REQUIRE(do_all(run));
  REQUIRE(run.take_load());
  auto reason = runtime::problem{};
  reason.message = "the disk is gone";
  const auto told = run.load_failed(reason);
  REQUIRE_FALSE(told);
  CHECK(told.error().message == "the disk is gone");
}

} // namespace troupe::tests
