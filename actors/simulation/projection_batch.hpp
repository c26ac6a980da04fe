#pragma once

#include "actors/simulation/simulation_tasks.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::simulation {

/// Many scenarios over the same people, for their totals: each is one task. The
/// results do not depend on who does which.
class projection_batch final : public simulation_tasks {
public:
  /// `everybody` has all people of the start in order; scenarios are canonical
  /// texts.
  projection_batch(messages::column_block everybody,
                   std::vector<std::string> scenarios);

  [[nodiscard]] runtime::outcome<void> start() override;
  void set_far_workers(std::size_t) noexcept override {}
  [[nodiscard]] std::optional<offer> take(worker_id worker,
                                          runtime::worker_place place) override;
  [[nodiscard]] runtime::outcome<void>
  complete(const messages::SimulationTaskResult& result,
           const messages::column_block& block) override;
  [[nodiscard]] runtime::outcome<void>
  fail(const messages::SimulationTaskFailure& failure) override;
  [[nodiscard]] runtime::outcome<void> lose(worker_id worker) override;
  void take_back(worker_id worker) override;

  [[nodiscard]] bool is_done() const override {
    return done_ == scenarios_.size();
  }

  /// Share of the scenarios that are done, 0 to 1.
  [[nodiscard]] double progress() const noexcept {
    return scenarios_.empty() ? 1.0
                              : static_cast<double>(done_)
                                  / static_cast<double>(scenarios_.size());
  }

  /// In the order of the scenarios, once all are done.
  [[nodiscard]] messages::Projections result() &&;

private:
  messages::column_block everybody_;
  std::vector<std::string> scenarios_;
  std::vector<messages::Projections::Years> years_;
  runtime::task_board board_;
  std::size_t done_ = 0;
  bool may_travel_ = true; ///< Until somebody finds them too long.
};

} // namespace troupe::simulation
