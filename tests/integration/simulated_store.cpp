#include "tests/integration/simulated_store.hpp"

#include "actors/simulation/simulation_check.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace troupe::tests {

namespace fs = std::filesystem;

using simulation::simulation_history;
using simulation::stored_simulation;

namespace {

bool is_midway(const std::optional<stored_simulation>& run) {
  return run && run->years != 0;
}

} // namespace

simulated_world::simulated_world(std::size_t people)
  : census_{(folder_ / "people.csv").string()}, scenario_{
                                                  golden("simulation/"
                                                         "scenario.yaml")
                                                    .string()} {
  auto made = program{{"generate", "census", "--people", std::to_string(people),
                       "--seed", "7", "--out", census_},
                      folder_ / "printed"};
  if (made.wait() != 0)
    FAIL(made.output());
}

program simulated_store::start(const std::string& census) const {
  return start_with({"simulate", "--census",
                     census.empty() ? world_.census() : census, "--config",
                     world_.scenario(), "--out", out(), "--max-workers", "2",
                     "--batch-size", "100"});
}

program simulated_store::start_with(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--store", path()});
  return {arguments, folder_ / "printed"};
}

void simulated_store::complete(std::vector<std::string> arguments,
                               int exit_code) const {
  auto asked = start_with(std::move(arguments));
  const auto code = asked.wait();
  INFO(asked.output());
  REQUIRE(code == exit_code);
}

void simulated_store::resume() const {
  complete({"simulate", "--resume", "last", "--out", out()});
}

int simulated_store::stop_midway(int signal) const {
  // It may be faster than whoever watches it.
  for (auto tries = 0; tries < 10; ++tries) {
    auto stopped = start();
    while (!is_midway(last()) && stopped.is_running())
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    stopped.send(signal);
    const auto code = stopped.wait();
    INFO(stopped.output());
    const auto run = last();
    REQUIRE(run);
    if (run->status != "completed")
      return code;
    for (const auto& entry : fs::directory_iterator{folder()})
      fs::remove_all(entry.path());
  }
  FAIL("a simulation is always over before it can be stopped");
  return 0;
}

std::vector<std::string> simulated_store::all_names() {
  return {"events.csv", "run.json", "snapshots.csv", "years.json"};
}

std::vector<std::string> simulated_store::names() const {
  auto found = std::vector<std::string>{};
  if (fs::is_directory(out()))
    for (const auto& entry : fs::directory_iterator{out()})
      if (entry.path().string().find(".tmp-") == std::string::npos)
        found.push_back(entry.path().filename().string());
  std::ranges::sort(found);
  return found;
}

simulated_files simulated_store::files() const {
  auto found = simulated_files{};
  for (const auto& name : names())
    if (name != "run.json")
      found[name] = read_file(fs::path{out()} / name);
  return found;
}

std::optional<simulation::stored_simulation> simulated_store::last() const {
  if (!fs::exists(path()))
    return std::nullopt;
  // Where the file is there, its tables may not be yet.
  auto history = simulation_history::open(path());
  if (!history)
    return std::nullopt;
  const auto runs = history->list_runs(1);
  if (!runs || runs->empty())
    return std::nullopt;
  return runs->front();
}

void simulated_store::require_sound() const {
  for (const auto& reason : simulation::check_simulations(path()).problems)
    FAIL(runtime::render(reason));
}

} // namespace troupe::tests
