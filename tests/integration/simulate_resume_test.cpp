#include "tests/integration/simulated_store.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>

using namespace troupe;
using namespace troupe::tests;

namespace fs = std::filesystem;
using std::chrono::system_clock;

namespace {

constexpr auto people = 6'000;

/// 50, a few under sanitizers, or as many as the nightly run asks for.
unsigned kill_count() {
  const auto* asked = std::getenv("TEST_KILLS");
  return asked == nullptr ? effort(50)
                          : static_cast<unsigned>(std::atoi(asked));
}

using std::chrono::microseconds;

/// How far a simulation is, as the store tells.
enum class phase : std::uint8_t { starting, simulating, ending };

phase phase_of(const std::optional<simulation::stored_simulation>& run) {
  if (!run)
    return phase::starting;
  return run->status == "running" ? phase::simulating : phase::ending;
}

/// A simulation that nobody disturbed.
struct smooth_simulation {
  explicit smooth_simulation(const simulated_world& world) {
    const auto with = simulated_store{world};
    const auto start = system_clock::now();
    auto run = with.start();
    if (run.wait() != 0)
      FAIL(run.output());
    const auto end = system_clock::now();
    REQUIRE(with.names() == simulated_store::all_names());
    files = with.files();
    const auto stored = with.last();
    REQUIRE((stored && stored->finished_at));
    const auto length = [](auto from, auto to) {
      return std::chrono::duration_cast<microseconds>(to - from);
    };
    lengths
      = {{phase::starting, length(start, stored->started_at)},
         {phase::simulating, length(stored->started_at, *stored->finished_at)},
         {phase::ending, length(*stored->finished_at, end)}};
  }

  std::map<phase, microseconds> lengths;
  simulated_files files;
};

/// Waits for the phase, and a part of its length: however busy the machine is,
/// kills fall into all of them.
void wait_within(phase wanted, microseconds part, const simulated_store& with,
                 const program& run) {
  while (phase_of(with.last()) < wanted && run.is_running())
    std::this_thread::sleep_for(microseconds{500});
  std::this_thread::sleep_for(part);
}

/// Where a kill has met a simulation.
std::string place_of(const std::optional<simulation::stored_simulation>& run) {
  if (!run)
    return "before it was stored";
  return run->status == "running"
           ? "after " + std::to_string(run->years) + " years"
           : run->status;
}

/// What a kill may leave in the folder of results: files of a simulation that
/// is stored, whole ones.
void check_leftovers(const simulated_store& with,
                     const simulated_files& expected) {
  for (const auto& [name, bytes] : with.files())
    REQUIRE(bytes == expected.at(name));
  const auto run = with.last();
  if (!with.names().empty())
    REQUIRE((run && run->status == "completed"));
}

} // namespace

TEST_CASE("a simulation killed at any moment goes on to the same bytes") {
  const auto world = simulated_world{people};
  const auto smooth = smooth_simulation{world};
  auto random = std::mt19937_64{5};
  auto shares = std::uniform_real_distribution{0.0, 1.0};
  auto places = std::map<std::string, int>{};
  auto torn = 0;
  const auto kills = kill_count();
  for (auto kill = 0U; kill < kills; ++kill) {
    const auto with = simulated_store{world};
    // Three of five while there are years to come.
    const auto wanted = kill % 5 == 0   ? phase::starting
                        : kill % 5 == 1 ? phase::ending
                                        : phase::simulating;
    const auto part = std::chrono::duration_cast<microseconds>(
      smooth.lengths.at(wanted) * shares(random));
    CAPTURE(kill, part.count());
    auto run = with.start();
    wait_within(wanted, part, with, run);
    run.send(SIGKILL);
    run.wait();
    check_leftovers(with, smooth.files);
    torn += !with.names().empty() && with.names().size() < 4 ? 1 : 0;
    const auto found = with.last();
    ++places[place_of(found)];
    if (found) {
      with.require_sound();
      with.resume();
    } else {
      auto again = with.start();
      if (again.wait() != 0)
        FAIL(again.output());
    }
    REQUIRE(with.names() == simulated_store::all_names());
    REQUIRE(with.files() == smooth.files);
    with.require_sound();
  }
  auto told = std::string{};
  for (const auto& [place, count] : places)
    told += ", " + std::to_string(count) + " " + place;
  WARN(kills << " kills" << told << "; " << torn
             << " left only some of the files");
}
