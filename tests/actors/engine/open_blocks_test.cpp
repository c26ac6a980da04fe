#include "actors/engine/open_blocks.hpp"
#include "actors/engine/run_records.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

using block_changes = std::vector<open_blocks::change>;

run_change changed(run_number number, bool was_open, bool is_open) {
  auto change = run_change{};
  change.number = number;
  change.was_open = was_open;
  change.is_open = is_open;
  return change;
}

std::string insert_run(run_number number, bool is_over) {
  const auto name = std::to_string(number);
  return "INSERT INTO engine_runs (number, run_id, workflow_id,"
         " workflow_digest, priority, submitted_by, parent_run, submitted_at,"
         " status, is_over, updated_at, reason, waiting_on, waiting_for,"
         " next_check) VALUES ("
         + name + ", 'run-" + name + "', 'w', 1, 2, '', '', 1, '', "
         + (is_over ? "1" : "0") + ", 1, '', '', '', 0);";
}

void open_store(const std::string& path,
                const runtime::migration_list& schema) {
  auto options = runtime::store_options{};
  options.path = path;
  REQUIRE(runtime::store_writer::open(options, schema, {}));
}

std::vector<run_range> ranges_of(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  REQUIRE(reader);
  const auto ranges = read_open_ranges(*reader);
  REQUIRE(ranges);
  return *ranges;
}

} // namespace

TEST_CASE("a block is open from its first open run to the end of its last") {
  auto blocks = open_blocks{};
  CHECK(blocks.follow({changed(5, false, true)}) == block_changes{{0, true}});
  CHECK(blocks.follow({changed(6, false, true)}).empty());
  CHECK(blocks.follow({changed(5, true, true)}).empty());
  CHECK(blocks.follow({changed(5, true, false)}).empty());
  CHECK(blocks.follow({changed(1024, false, true), changed(6, true, false)})
        == block_changes{{0, false}, {1, true}});
}

TEST_CASE("a block that is as it was before is no change") {
  auto blocks = open_blocks{};
  SECTION("a run that begins and ends at once") {
    CHECK(blocks.follow({changed(7, false, false)}).empty());
  }
  SECTION("one ends, another one begins") {
    blocks.add(7);
    CHECK(blocks.follow({changed(7, true, false), changed(8, false, true)})
            .empty());
    CHECK(blocks.follow({changed(8, true, false)})
          == block_changes{{0, false}});
  }
  SECTION("a run that goes on after its end") {
    blocks.add(7);
    CHECK(blocks.follow({changed(7, true, false)})
          == block_changes{{0, false}});
    CHECK(blocks.follow({changed(7, false, true)}) == block_changes{{0, true}});
  }
}

TEST_CASE("a store of an earlier version gets the blocks of its open runs") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  auto earlier = engine_schema();
  earlier.pop_back();
  open_store(path, earlier);
  change_store(path, insert_run(1, true) + insert_run(2, false)
                       + insert_run(1024, false) + insert_run(2500, true)
                       + insert_run(5000, false));
  open_store(path, engine_schema());
  CHECK(ranges_of(path) == std::vector<run_range>{{0, 2047}, {4096, 5119}});
}
