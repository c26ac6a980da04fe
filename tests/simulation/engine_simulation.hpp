#pragma once

#include "actors/engine/run_ledger.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// What goes wrong, in per cent of the steps or of the reports.
struct simulated_faults {
  unsigned crashes = 2; ///< The engine loses what it has not stored.
  unsigned lost_workers = 2;
  unsigned failures = 10; ///< Of the work itself.
  unsigned late_reports = 10; ///< Also told again, after its turn.
  unsigned commands = 5; ///< Somebody cancels, pauses, signals, retries.
};

/// A whole engine in one thread and virtual time: a ledger, a store that keeps
/// what was committed and nothing else, workers that die, stall and repeat
/// themselves. Everything follows from the seed.
class engine_simulation {
public:
  engine_simulation(std::uint64_t seed, const simulated_faults& faults);

  /// Submits runs and lets everything happen until all are over. What is found
  /// wrong, in words; empty: nothing.
  [[nodiscard]] std::vector<std::string> run(std::size_t runs);

  /// Of everything that happened, in order.
  [[nodiscard]] std::uint64_t trace_hash() const noexcept {
    return trace_;
  }

  /// How many runs ended in which way.
  [[nodiscard]] const std::map<engine::run_status, int>& ends() const noexcept {
    return ends_;
  }

  [[nodiscard]] int crashes() const noexcept {
    return crashes_;
  }

  /// Steps that were tried again by hand.
  [[nodiscard]] int retries() const noexcept {
    return retries_;
  }

  /// How often somebody was found waiting, by guard.
  [[nodiscard]] const std::map<std::string, int>& waits() const noexcept {
    return waits_;
  }

  /// Runs that went on from others, and runs that were started for a failure.
  [[nodiscard]] int derived() const noexcept {
    return derived_;
  }

  /// Runs that were taken back before their instant.
  [[nodiscard]] int withdrawn() const noexcept {
    return withdrawn_;
  }

  /// Work that went on with the next engine, and that had to be dropped then.
  [[nodiscard]] int rebound() const noexcept {
    return rebound_;
  }

  [[nodiscard]] int dropped() const noexcept {
    return dropped_;
  }

  /// Pieces of work that asked for more than a worker that can do them.
  [[nodiscard]] int placed() const noexcept {
    return placed_;
  }

  /// Attempts that a second worker began, and those that it ended.
  [[nodiscard]] int speculated() const noexcept {
    return speculated_;
  }

  [[nodiscard]] int overtaken() const noexcept {
    return overtaken_;
  }

  [[nodiscard]] int failure_runs() const noexcept {
    return failure_runs_;
  }

private:
  struct stored_run {
    engine::pinned_workflow of;
    std::vector<messages::RunEvent> history;
    bool is_over = false;
  };

  struct held_work {
    std::uint64_t worker = 0;
    engine::assignment work;
    std::uint64_t epoch = 0;
    bool is_stale = false; ///< Reported before, or its worker is gone.
    bool is_waiting = false; ///< To be named before anything is said of it.
  };

  void start_engine();
  void step();
  void submit();
  void pull();
  void name_running(std::uint64_t worker);
  bool check_labels(std::uint64_t worker, const engine::assignment& work);
  void check_group(std::uint64_t worker);
  void check_apart(std::uint64_t worker, const engine::assignment& work);
  void leave_workers();
  void report();
  void command();
  void retry();
  void derive();
  void withdraw();
  void signal(const std::string& run_id, const std::string& name,
              bool approves);
  void answer_all();
  bool restore(engine::run_number number, const stored_run& stored);
  void lose_worker();
  void pass_time();
  void begin_commit();
  void end_commit();
  void judge();
  void store(const engine::run_change& change);
  void crash();
  void give_up_faults();
  void check_stored(engine::run_number number, const stored_run& run);
  void check_effects();
  void check_instant(const std::string& run_id);
  void check_limits();
  [[nodiscard]] static runtime::guard_file some_guards();
  void check_guards();
  void store_guards();
  void check_undo_order(const std::string& name, const stored_run& stored);
  void count_speculation(const stored_run& stored);
  void check_signals(const std::string& name, const stored_run& stored);
  void check_lineage(const std::string& name, const stored_run& stored);
  void check_failure_run(const std::string& name, const stored_run& stored);
  [[nodiscard]] const stored_run* find_stored(const std::string& run_id) const;
  [[nodiscard]] std::string origin_of(const stored_run& stored,
                                      engine::step_index step,
                                      std::uint32_t item) const;
  [[nodiscard]] bool is_stored(const std::string& run_id) const;
  void object(std::string what);
  void note(std::uint64_t what);
  bool happens(unsigned percent);

  std::mt19937_64 random_;
  simulated_faults faults_;
  engine::instant now_;
  std::uint64_t epoch_ = 0;
  std::uint64_t ids_ = 0;
  std::unique_ptr<engine::run_ledger> ledger_;
  std::vector<engine::pinned_workflow> workflows_;

  // The store, and what may only be told once it has more.
  std::map<engine::run_number, stored_run> store_;
  std::map<std::string, runtime::guard_record> guard_store_;
  std::vector<std::string> unacknowledged_;
  std::vector<held_work> undelivered_;

  // On its way to the store, with whoever hears of it then.
  bool is_committing_ = false;
  std::vector<engine::run_change> in_flight_;
  std::vector<engine::named_guard_record> in_flight_guards_;
  std::vector<std::string> in_flight_runs_;
  std::vector<held_work> in_flight_work_;
  std::vector<engine::run_number> unjudged_;
  std::set<std::string> acknowledged_;

  std::vector<held_work> held_;
  std::map<std::string, int> effects_; ///< Done, by run, step and item.
  std::uint64_t trace_ = 0xcbf29ce484222325;
  std::map<engine::run_status, int> ends_;
  int crashes_ = 0;
  int retries_ = 0;
  std::map<std::string, int> waits_;
  int derived_ = 0;
  int failure_runs_ = 0;
  int withdrawn_ = 0;
  int rebound_ = 0;
  int dropped_ = 0;
  int placed_ = 0;
  int speculated_ = 0;
  int overtaken_ = 0;
  std::chrono::milliseconds rebind_window_{0};
  /// What goes on behind a guard since the start, by its name.
  std::map<std::string, std::size_t> adopted_;
  std::set<std::string> answered_for_; ///< Runs whose effects others took.
  std::size_t running_max_ = 0;
  bool is_kind_ = false; ///< No faults any more.
  std::size_t wanted_ = 0;
  std::vector<std::string> objections_;
};

} // namespace troupe::tests
