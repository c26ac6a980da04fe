#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_work.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace troupe::tests {

/// The golden scenario and its people, with text.
[[nodiscard]] simulation::simulation_run_options
golden_options(std::size_t block_people);

/// Whoever a run deals with: processors that answer in any order, lose their
/// work, or answer twice, files, and a store that others read in any order.
class unreliable_processors {
public:
  unreliable_processors(simulation::simulation_run& run, unsigned seed);

  /// One thing that can happen.
  void step();

  /// Steps until the run is over.
  void finish();

  [[nodiscard]] bool wrote_golden_files() const;

  std::map<std::string, std::string> texts;
  std::size_t loads = 0;
  std::size_t loads_at_once = 0; ///< The most.
  std::uint64_t memory_bytes = 0; ///< The most.

private:
  struct holding {
    std::uint64_t worker = 0;
    simulation::simulation_run::offer offer;
  };

  void take();
  void answer();
  void lose();
  void write();
  void store();
  void ask_for_people();
  void load();

  simulation::simulation_run& run_;
  std::mt19937 random_;
  std::vector<holding> held_;
  std::map<std::uint64_t, simulation::year_work> works_;
  std::uint64_t first_worker_ = 1;
  int lost_ = 0;
  /// By the year on whose 1 January they are there, in the order of keys.
  std::map<std::int32_t, simulation::people> stored_;
  std::vector<simulation::simulation_run::wanted_block> wanted_;
};

} // namespace troupe::tests
