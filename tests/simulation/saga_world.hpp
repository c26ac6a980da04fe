#pragma once

#include "actors/engine/run_ledger.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// What a compensation does when it is tried.
enum class undo_fate : std::uint8_t { works, fails_once, fails_for_good };

/// When the engine loses its memory: around the n-th commit of a compensation,
/// the one that begins it being number 0.
struct saga_crash {
  enum class moment : std::uint8_t { never, before_store, after_store, always };

  /// `always`: whenever a compensation is known to have ended.
  moment when = moment::never;
  int commit = 0;
};

/// What is to happen to one run.
struct saga_plan {
  std::shared_ptr<const engine::workflow> of;
  engine::step_index failing = 0;
  std::vector<undo_fate> fates; ///< By step.
  saga_crash crash;
};

/// One run in a world that remembers what was done to it. Each effect counts
/// once by its key, as that of an idempotent service would; the last element of
/// the failing step fails, always. Each report is a commit of its own.
class saga_world {
public:
  explicit saga_world(const saga_plan& plan);

  /// Lets the run end. What is wrong with how it ended, in words; empty:
  /// nothing.
  [[nodiscard]] std::string play();

  /// Of the whole compensation.
  [[nodiscard]] int commits() const noexcept {
    return commits_;
  }

  [[nodiscard]] engine::run_status end() const noexcept {
    return end_;
  }

private:
  /// One element of a step.
  using effect = std::pair<engine::step_index, std::uint32_t>;

  struct held_work {
    engine::assignment work;
    std::uint64_t epoch = 0;
  };

  void start_engine();
  void restart();
  void pull();
  void work_on_one();
  void report(const held_work& held, bool works);
  bool perform(const engine::task_key& task);
  void undo(const effect& what);
  void commit();
  void store(const std::vector<engine::run_change>& changes);
  bool crashes(saga_crash::moment when, int commit) const;
  void object(std::string what);
  void judge();
  [[nodiscard]] std::set<engine::step_index>
  expected_remainder(const std::set<effect>& known) const;
  [[nodiscard]] std::set<engine::step_index>
  remainder(const std::set<effect>& known) const;
  [[nodiscard]] std::set<effect> completed() const;
  void judge_doubt(const std::set<effect>& known);
  [[nodiscard]] bool is_before(engine::step_index one,
                               engine::step_index other) const;

  saga_plan plan_;
  engine::pinned_workflow pinned_;
  engine::instant now_{std::chrono::seconds{1'700'000'000}};
  std::uint64_t epoch_ = 0;
  int ids_ = 0;
  std::unique_ptr<engine::run_ledger> ledger_;
  std::vector<messages::RunEvent> history_; ///< The store.
  bool is_over_ = false;
  bool is_compensating_ = false; ///< In the store.
  int commits_ = 0;
  std::vector<held_work> held_;
  std::vector<held_work> undelivered_;
  std::set<effect> done_; ///< Keys of effects, never removed.
  std::set<effect> undone_;
  std::map<effect, int> undo_tries_;
  engine::run_status end_ = engine::run_status::pending;
  std::string reason_;
  std::string objection_;
};

} // namespace troupe::tests
