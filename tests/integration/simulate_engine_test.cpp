#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "tests/integration/simulated_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

namespace fs = std::filesystem;

/// Enough that there is time to stop them before their last year.
constexpr auto many_people = 12'000;

/// One world, what it comes to, and a store to try things with.
struct engine_simulations {
  static const simulated_world& world() {
    static const auto made = simulated_world{many_people};
    return made;
  }

  static const simulated_files& expected() {
    static const auto files = [] {
      const auto undisturbed = simulated_store{world()};
      auto run = undisturbed.start();
      if (run.wait() != 0)
        FAIL(run.output());
      return undisturbed.files();
    }();
    return files;
  }

  [[nodiscard]] engine::recorded_run newest() const {
    auto runs = engine::recorded_runs::open(with.path());
    REQUIRE(runs);
    const auto listed = runs->list({});
    REQUIRE(listed);
    REQUIRE_FALSE(listed->empty());
    return listed->front();
  }

  void require_completed() const {
    REQUIRE(newest().status == "completed");
    REQUIRE(with.names() == simulated_store::all_names());
    REQUIRE(with.files() == expected());
    const auto run = with.last();
    REQUIRE(run);
    CHECK(run->status == "completed");
    CHECK(run->number == 1);
    with.require_sound();
  }

  simulated_store with{world()};
};

} // namespace

TEST_CASE_METHOD(engine_simulations,
                 "a server goes on with a simulation that was killed") {
  REQUIRE(with.stop_midway(SIGKILL) == 128 + SIGKILL);
  CHECK(newest().status == "running");
  CHECK(with.names().empty());
  auto server = with.start_with({"server", "--listen", "none"});
  while (!engine::engine_client::connect(engine::socket_of(with.path())))
    std::this_thread::sleep_for(5ms);
  auto client = engine::engine_client::connect(engine::socket_of(with.path()));
  REQUIRE(client);
  const auto ended = client->await(newest().run_id, 60s);
  REQUIRE(ended);
  INFO(ended->reason());
  CHECK(ended->status() == "completed");
  // While somebody has the store, nobody else goes on with what is in it.
  auto other = with.start_with({"simulate", "--resume", "last"});
  CHECK(other.wait() == 6);
  CHECK(other.output().find("store.db") != std::string::npos);
  CHECK(other.output().find("hint: ") != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  require_completed();
}

TEST_CASE_METHOD(engine_simulations,
                 "any engine goes on with a simulation, without its census") {
  const auto census = (with.folder() / "people.csv").string();
  const auto original = read_file(world().census());
  fs::copy_file(world().census(), census);
  const auto change = GENERATE(0, 1, 2);
  REQUIRE(with.stop_midway(SIGKILL, census) == 128 + SIGKILL);
  if (change == 0)
    fs::remove(census);
  else if (change == 1)
    fs::resize_file(census, original.size() / 2);
  with.complete({"run", "execute", "--continue", "latest"});
  require_completed();
  CHECK(with.last()->people == many_people);
}

TEST_CASE_METHOD(engine_simulations,
                 "a simulation that was resumed is the answer of its step") {
  REQUIRE(with.stop_midway(SIGKILL) == 128 + SIGKILL);
  with.resume();
  CHECK(with.files() == expected());
  CHECK(newest().status == "running");
  fs::remove_all(with.out());
  with.complete({"run", "execute", "--continue", "latest"});
  require_completed();
  auto shown = with.start_with({"run", "show", "latest", "--output", "json"});
  REQUIRE(shown.wait() == 0);
  const auto output = nlohmann::json::parse(shown.output())
                        .at("steps")
                        .at("simulate")
                        .at("output");
  CHECK(output.at("run") == with.last()->id);
  CHECK(output.at("people") == many_people);
  CHECK(output.at("seed") == 42);
  // Nothing was simulated once more.
  CHECK(output.at("years_before") == 5);
  CHECK(output.at("years").size() == 5);
}

TEST_CASE_METHOD(engine_simulations,
                 "an interrupted simulation is cancelled, and can go on") {
  REQUIRE(with.stop_midway(SIGINT) == 130);
  CHECK(newest().status == "cancelled");
  CHECK(with.last()->status == "cancelled");
  CHECK(with.names().empty());
  with.require_sound();
  with.resume();
  CHECK(with.files() == expected());
  CHECK(with.last()->status == "completed");
  // What was called off stays so.
  CHECK(newest().status == "cancelled");
}

TEST_CASE_METHOD(engine_simulations, "a resumption can be interrupted, too") {
  REQUIRE(with.stop_midway(SIGKILL) == 128 + SIGKILL);
  const auto before = with.last()->years;
  auto resumed = with.start_with({"simulate", "--resume", "last", "--out",
                                  with.out(), "--batch-size", "20"});
  while (with.last()->years == before && resumed.is_running())
    std::this_thread::sleep_for(1ms);
  resumed.send(SIGINT);
  const auto code = resumed.wait();
  INFO(resumed.output());
  // It may have been faster.
  REQUIRE((code == 130 || code == 0));
  CHECK(with.names().empty() == (code == 130));
  with.require_sound();
  with.resume();
  CHECK(with.files() == expected());
}

TEST_CASE_METHOD(engine_simulations,
                 "a simulation goes on in the folder it was asked for") {
  // Relative to the folder of the command, not of who goes on with it.
  const auto here = fs::current_path();
  fs::current_path(with.folder());
  auto killed = with.start_with({"simulate", "--census", world().census(),
                                 "--config", world().scenario(), "--out", "out",
                                 "--batch-size", "100"});
  fs::current_path(here);
  while (!with.last() && killed.is_running())
    std::this_thread::sleep_for(1ms);
  killed.send(SIGKILL);
  killed.wait();
  with.complete({"run", "execute", "--continue", "latest"});
  require_completed();
}
