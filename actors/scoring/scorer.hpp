#pragma once

#include "actors/scoring/scoring_coordinator.hpp"
#include "actors/scoring/scoring_request.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace troupe::scoring {

struct scorer_options {
  /// Actors that score at the same time; 0: one per processor.
  std::size_t workers = 0;
  /// Has others score, too; absent: there are none.
  more_score_workers more_workers;
  /// File of the store; empty: nothing is stored.
  std::string store;
  /// Transactions that may wait for the store; beyond, they are refused.
  std::size_t store_queue_max = 10'000;
  /// Page cache of the store, in bytes.
  std::size_t store_cache_bytes = std::size_t{8} << 20;
  /// How long the actors may take to end; then they are left behind.
  std::chrono::milliseconds shutdown_timeout{10'000};
  /// Complete runs the store keeps; 0: all.
  std::uint64_t runs_kept = 50;
  /// For tests.
  stage_hook before_task;
};

/// Scores portfolios in this process: the door to the actors for programs that
/// have none of their own. One scoring at a time; not thread-safe.
class scorer {
public:
  /// Starts the actors and opens the store, if there is one already; the first
  /// scoring that is not refused makes it, and its folder. Problems are those
  /// of the store.
  [[nodiscard]] static runtime::outcome<scorer> create(scorer_options options
                                                       = {});

  /// Uses actors and a store that run already; `options.store` is its file.
  /// Both outlive the scorer. Of the system's threads, one more than
  /// `options.workers` keeps everybody else answering.
  [[nodiscard]] static scorer attach(caf::actor_system& system,
                                     runtime::store_actor store,
                                     scorer_options options);

  scorer(scorer&&) noexcept;
  scorer& operator=(scorer&&) noexcept;
  ~scorer();

  /// Blocks until the result is written and stored. A stop request makes it
  /// give up with a problem of kind `interrupted`; nothing is visible then. Of
  /// several with one key, also of other processes, one is stored, and all are
  /// answered by it; `recall` tells before whether there is one.
  [[nodiscard]] runtime::outcome<scoring_result>
  score(scoring_request request,
        std::shared_ptr<scoring_progress> progress = nullptr,
        std::stop_token stop = {});

  /// What is stored under the request's key already, with its files published
  /// once more; nothing: there is none, or no key. Of the request only the key
  /// and what it says of files counts: neither the source nor the configuration
  /// is looked at, nor has it to be there any more. Blocks on the disk.
  [[nodiscard]] runtime::outcome<std::optional<scoring_result>>
  recall(const scoring_request& request) const;

private:
  [[nodiscard]] runtime::outcome<scoring_result>
  score_anew(scoring_request request,
             std::shared_ptr<scoring_progress> progress, std::stop_token stop);

  struct state;

  explicit scorer(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::scoring
