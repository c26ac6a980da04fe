#pragma once

#include "actors/engine/recorded_runs.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>

namespace troupe::tests {

/// A run as its history makes it; fails the test if it is not there.
[[nodiscard]] inline std::unique_ptr<engine::run_state>
fold_run(engine::recorded_runs& from, const std::string& run_id) {
  const auto found = from.find(run_id);
  REQUIRE(found);
  auto run = from.fold(found->number, found->workflow_digest);
  REQUIRE(run);
  return std::move(*run);
}

/// The same from a store.
[[nodiscard]] inline std::unique_ptr<engine::run_state>
fold_run(const std::string& store, const std::string& run_id) {
  auto runs = engine::recorded_runs::open(store);
  REQUIRE(runs);
  return fold_run(*runs, run_id);
}

} // namespace troupe::tests
