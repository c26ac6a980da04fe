#pragma once

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_record.hpp"
#include "runtime/store/store.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/places.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tests {

/// How much of a run is stored.
struct stored_extent {
  std::size_t block_size = 64;
  /// Years that are committed; of the next one only blocks are stored.
  std::int32_t years = 100;
  simulation::simulation_status status
    = simulation::simulation_status::completed;
  std::uint64_t runs_kept = 0;
  std::string idempotency_key{};
};

/// A store with runs of the golden census, in a folder of its own, written by
/// the store's actor.
class stored_simulations {
public:
  stored_simulations();

  /// Simulates and stores; returns the run's id.
  std::string add(const simulation::scenario& scenario,
                  const stored_extent& extent = {});

  /// The golden scenario.
  std::string add(const stored_extent& extent = {});

  /// Has the store do it; throws if it refuses.
  void store(simulation::store_request request);

  /// Whether the store does it.
  bool accepts(simulation::store_request request);

  [[nodiscard]] simulation::simulation_history history() const;

  [[nodiscard]] std::string path() const {
    return (folder_ / "store.db").string();
  }

  [[nodiscard]] const temporary_folder& folder() const noexcept {
    return folder_;
  }

  /// An id that no run has yet.
  [[nodiscard]] std::string next_id();

  /// Runs SQL on the store behind the program's back.
  void damage(const std::string& sql) const;

private:
  temporary_folder folder_;
  live_fixture actors_;
  runtime::store_actor store_;
  std::uint64_t ids_ = 0;
};

/// What is known of a run of the golden census before it is simulated.
[[nodiscard]] simulation::simulation_header
make_header(const std::string& run, const simulation::scenario& scenario);

} // namespace troupe::tests
