#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_recorder.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "actors/simulation/simulator.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store_host.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::tests {

using simulation::simulation_history;
using simulation::simulation_request;
using simulation::simulator;

namespace {

simulator open_simulator(const std::filesystem::path& store,
                         simulation::year_hook hook = {},
                         std::uint64_t runs_kept = 50) {
  auto options = simulation::simulator_options{};
  options.workers = 2;
  options.store = store.string();
  options.runs_kept = runs_kept;
  options.before_task = std::move(hook);
  return std::move(*simulator::create(options));
}

/// A store that several simulators share, as attempts of an engine's steps do.
class shared_store {
public:
  explicit shared_store(const std::filesystem::path& path) {
    auto options = runtime::store_host_options{};
    options.threads = 8; // Two processors and a coordinator for each, at least.
    options.store.path = path.string();
    options.schema = simulation::simulation_schema();
    host_.emplace(std::move(*runtime::store_host::create(std::move(options))));
    REQUIRE(host_->open());
  }

  [[nodiscard]] simulator attempt(simulation::year_hook hook = {}) const {
    auto options = simulation::simulator_options{};
    options.workers = 2;
    options.store = host_->path();
    options.before_task = std::move(hook);
    return simulator::attach(host_->system(), *host_->store(), options);
  }

private:
  std::optional<runtime::store_host> host_;
};

std::string report_years(const messages::SimulationSummary& of) {
  return "{\"years\": " + std::to_string(of.years_size()) + "}\n";
}

simulation_request golden_request(std::string key = {}) {
  auto census = read_golden_census();
  auto request = simulation_request{};
  request.parameters = read_golden_scenario();
  request.staff = std::move(census.staff);
  request.ids = census.ids;
  request.names.scenario = "golden";
  request.names.census = "census.csv";
  request.names.idempotency_key = std::move(key);
  request.manner.block_people = 32;
  request.manner.fail_fast = true;
  request.describe = report_years;
  return request;
}

/// Fails every block of a year.
simulation::year_hook fail_in(std::int32_t year) {
  // Blocks do not say which year they are of; the context does, once.
  const auto now = std::make_shared<std::atomic<std::int32_t>>(0);
  return
    [=](const messages::SimulationTask& task, const messages::column_block&) {
      if (task.has_context())
        *now = task.context().year();
      if (*now == year && task.stage() == messages::SIMULATION_STAGE_SIMULATE)
        throw std::runtime_error{"a bad year"};
    };
}

void check_golden_files(const std::filesystem::path& folder) {
  for (const auto* name : {"events.csv", "snapshots.csv", "years.json"}) {
    INFO(name);
    const auto is_equal
      = read_file(folder / name) == read_simulation_text(name);
    CHECK(is_equal);
  }
  CHECK(read_file(folder / "run.json") == "{\"years\": 5}\n");
}

/// Behind the program's back.
void change_store(const std::filesystem::path& store, const std::string& sql) {
  auto options = runtime::sqlite_options{};
  options.mode = runtime::open_mode::read_write;
  const auto connection
    = runtime::sqlite_connection::open(store.string(), options);
  REQUIRE((*connection)->execute(sql));
}

simulation::stored_simulation find_run(const std::filesystem::path& store,
                                       std::string_view name = "last") {
  return simulation_history::open(store.string())->find_run(name).value();
}

} // namespace

TEST_CASE("a run is stored year by year, and its files are the same") {
  const auto folder = temporary_folder{};
  auto request = golden_request();
  request.out = folder / "results";
  const auto store = folder / "store.db";
  const auto result = open_simulator(store).simulate(std::move(request));
  REQUIRE(result);
  check_golden_files(folder / "results");
  CHECK(result->packed_bytes > 0);
  CHECK(result->packed_bytes < result->raw_bytes);
  const auto run = find_run(store);
  CHECK(run.id == result->run);
  CHECK(run.status == "completed");
  CHECK(run.years == 5);
  CHECK(run.scenario_name == "golden");
  CHECK(run.people == 200);
  auto history = simulation_history::open(store.string());
  const auto years = history->load_years(run);
  REQUIRE(years);
  for (std::size_t at = 0; at < years->size(); ++at)
    CHECK((*years)[at].totals == result->years[at]);
}

TEST_CASE("a run that failed goes on after its last year, to the same bytes") {
  const auto year = GENERATE(range(2025, 2030));
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  {
    const auto result
      = open_simulator(store, fail_in(year)).simulate(golden_request());
    REQUIRE_FALSE(result);
  }
  const auto failed = find_run(store);
  CHECK(failed.status == "failed");
  CHECK_THAT(failed.reason, Catch::Contains("a bad year"));
  CHECK(failed.years == static_cast<std::uint64_t>(year - 2025));
  auto again = simulation::resume_request{};
  again.out = folder / "results";
  again.describe = report_years;
  again.manner.block_people = 77;
  const auto result = open_simulator(store).resume(again);
  REQUIRE(result);
  CHECK(result->years_before == static_cast<std::size_t>(year - 2025));
  CHECK(simulation::to_json_text(result->years)
        == read_simulation_text("years.json"));
  check_golden_files(folder / "results");
  CHECK(find_run(store).status == "completed");
}

TEST_CASE("a stored run whose processors fail goes on at a lower level") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto request = golden_request();
  request.manner.fail_fast = false;
  request.out = folder / "results";
  const auto failures = std::make_shared<std::atomic<int>>(0);
  const auto in_2027 = fail_in(2027);
  auto run = open_simulator(store, [=](const auto& task, const auto& block) {
    try {
      in_2027(task, block);
    } catch (...) {
      // As in simulator_test: enough for a lower level, too few for the last.
      if (failures->fetch_add(1) < 11)
        throw;
    }
  });
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  CHECK(result->level != simulation::optimization::high);
  CHECK(result->years_before == 2);
  check_golden_files(folder / "results");
}

TEST_CASE("under one key there is one run, which goes on or answers") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  REQUIRE_FALSE(
    open_simulator(store, fail_in(2027)).simulate(golden_request("step-1")));
  auto other = golden_request("step-1");
  other.staff = {}; // Neither people nor scenario are looked at any more.
  other.out = folder / "results";
  const auto result = open_simulator(store).simulate(std::move(other));
  REQUIRE(result);
  CHECK(result->years_before == 2);
  check_golden_files(folder / "results");
  std::filesystem::remove_all(folder / "results");
  auto third = golden_request("step-1");
  third.out = folder / "results";
  const auto told = open_simulator(store).simulate(std::move(third));
  REQUIRE(told);
  CHECK(told->run == result->run);
  CHECK(told->years_before == 5);
  check_golden_files(folder / "results");
  auto history = simulation_history::open(store.string());
  CHECK(history->list_runs(10)->size() == 1);
}

TEST_CASE("a run within a limit of memory loads its people from the store") {
  const auto limit = GENERATE(19'500U, 24'000U, 60'000U);
  const auto folder = temporary_folder{};
  auto request = golden_request();
  request.out = folder / "results";
  request.manner.memory_limit_bytes = limit;
  const auto result
    = open_simulator(folder / "store.db").simulate(std::move(request));
  REQUIRE(result);
  check_golden_files(folder / "results");
  CHECK(result->blocks_spilled > 0);
}

TEST_CASE("a run that failed goes on within a limit of memory") {
  const auto year = GENERATE(2025, 2027);
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto request = golden_request();
  request.manner.memory_limit_bytes = 7'000;
  REQUIRE_FALSE(
    open_simulator(store, fail_in(year)).simulate(std::move(request)));
  auto again = simulation::resume_request{};
  again.out = folder / "results";
  again.describe = report_years;
  again.manner.block_people = 23; // Each has people of two stored blocks.
  again.manner.memory_limit_bytes = 7'000;
  const auto result = open_simulator(store).resume(again);
  REQUIRE(result);
  CHECK(result->blocks_spilled > 0);
  check_golden_files(folder / "results");
}

TEST_CASE("people that cannot be loaded end a run, which says why") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto request = golden_request();
  request.manner.memory_limit_bytes = 7'000;
  const auto spoil = [&](const auto& task, const auto&) {
    if (task.has_context() && task.context().year() == 2027
        && task.stage() == messages::SIMULATION_STAGE_COUNT)
      change_store(store, "UPDATE simulation_blocks SET year_rows = x'00'");
  };
  const auto result = open_simulator(store, spoil).simulate(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::failed);
  CHECK_THAT(result.error().message,
             Catch::Contains(" before the beginning of 2027 of run 1"));
  const auto run = find_run(store);
  CHECK(run.status == "failed");
  CHECK(run.reason == result.error().message);
  CHECK(run.years == 2);
}

TEST_CASE("a limit of memory that one block exceeds is refused at once") {
  const auto folder = temporary_folder{};
  auto request = golden_request();
  request.manner.memory_limit_bytes = 1'000;
  request.manner.fail_fast = false; // No other level would fare better.
  const auto result
    = open_simulator(folder / "store.db").simulate(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::unavailable);
  CHECK(result.error().key == "memory_limit");
}

TEST_CASE("of two attempts at one run the one that came last stores it") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  const auto attempts = shared_store{store};
  auto retry = runtime::outcome<simulation::simulation_result>{};
  auto is_first = std::atomic{true};
  const auto overtake = [&](const auto& task, const auto&) {
    if (task.has_context() && task.context().year() == 2027
        && is_first.exchange(false))
      retry = attempts.attempt().simulate(golden_request("step 1"));
  };
  const auto result
    = attempts.attempt(overtake).simulate(golden_request("step 1"));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::conflict);
  CHECK_THAT(result.error().message, Catch::Contains("not ours to store"));
  REQUIRE(retry);
  CHECK(retry->years_before == 2);
  CHECK(simulation::to_json_text(retry->years)
        == read_simulation_text("years.json"));
  const auto run = find_run(store);
  CHECK(run.number == 1);
  CHECK(run.status == "completed");
  CHECK(run.years == 5);
}

TEST_CASE("attempts that begin at the same time begin one run") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  const auto attempts = shared_store{store};
  auto results
    = std::array<runtime::outcome<simulation::simulation_result>, 2>{};
  {
    auto threads = std::vector<std::jthread>{};
    for (auto& result : results)
      threads.emplace_back([&] {
        result = attempts.attempt().simulate(golden_request("step 1"));
      });
  }
  auto done = 0;
  for (const auto& result : results) {
    if (result)
      ++done;
    else
      CHECK(result.error().kind == runtime::problem_kind::conflict);
  }
  CHECK(done >= 1);
  const auto run = find_run(store);
  CHECK(run.number == 1);
  CHECK(run.status == "completed");
}

TEST_CASE("what is refused leaves no store and no run behind") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto request = golden_request();
  request.staff.level.front() = 9;
  auto run = open_simulator(store);
  REQUIRE_FALSE(run.simulate(std::move(request)));
  CHECK_FALSE(std::filesystem::exists(store));
  const auto resumed = run.resume({});
  REQUIRE_FALSE(resumed);
  CHECK(resumed.error().kind == runtime::problem_kind::not_found);
}

TEST_CASE("a run that is told to stop can go on") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto stop = std::stop_source{};
  {
    const auto year = std::make_shared<std::atomic<int>>(0);
    auto run = open_simulator(store, [=, &stop](const auto& task, const auto&) {
      if (task.has_context() && task.context().year() == 2028)
        stop.request_stop();
    });
    const auto result
      = run.simulate(golden_request(), nullptr, stop.get_token());
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::interrupted);
  }
  CHECK(find_run(store).status == "cancelled");
  const auto result = open_simulator(store).resume({});
  REQUIRE(result);
  CHECK(simulation::to_json_text(result->years)
        == read_simulation_text("years.json"));
}

TEST_CASE("the store keeps the newest runs only") {
  const auto folder = temporary_folder{};
  const auto store = folder / "store.db";
  auto run = open_simulator(store, {}, 2);
  for (auto i = 0; i < 4; ++i)
    REQUIRE(run.simulate(golden_request()));
  auto history = simulation_history::open(store.string());
  CHECK(history->list_runs(10)->size() == 2);
}

} // namespace troupe::tests
