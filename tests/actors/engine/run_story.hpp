#pragma once

#include "actors/engine/run_decision.hpp"
#include "actors/engine/run_derivation.hpp"
#include "actors/engine/run_state.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// A step for `make_workflow`: no template in it needs a file.
struct step_sketch {
  std::string id;
  std::vector<std::string> needs = {};
  std::uint32_t attempts = 1;
  bool has_compensation = false;
  std::string activity = "noop";
};

/// A workflow of such steps, resolved.
[[nodiscard]] engine::workflow
make_workflow(const std::vector<step_sketch>& steps);

/// Template of one expression, for example "inputs.x > 1".
[[nodiscard]] engine::text_template expression_text(const std::string& text);

/// One run driven by hand, with its history beside it. Checks after each
/// decision that the statuses of the run went only where they may.
class run_story {
public:
  explicit run_story(engine::workflow of, const std::string& inputs = "{}");

  /// Decides with `f(run_decision&)`, and keeps what was decided.
  template <class F>
  auto decide(F f) {
    auto decision = engine::run_decision{state, context};
    auto result = f(decision);
    keep(decision);
    return result;
  }

  void start();

  /// Becomes a run of its own that goes on from `first`, with what that has
  /// done; not started.
  void go_on_from(const engine::run_state& first,
                  const engine::derivation_plan& plan);

  /// The first task of a step, claimed and begun. Requires that it is ready.
  engine::task_claim take(const std::string& step, std::uint32_t item = 0,
                          bool compensation = false);

  void succeed(const engine::task_claim& claim,
               const nlohmann::json& output = nullptr);

  /// With an error of this kind.
  void fail(const engine::task_claim& claim, const std::string& kind = "broken",
            bool permanent = false);

  /// Takes and succeeds.
  void pass(const std::string& step, const nlohmann::json& output = nullptr);

  void undo(const std::string& step);

  void advance(std::chrono::milliseconds by);

  /// Lets the deadlines that are due take effect.
  void check_time();

  [[nodiscard]] engine::step_status status_of(const std::string& step) const;

  [[nodiscard]] engine::step_index index_of(const std::string& step) const;

  /// Work that a worker may take now, in order.
  [[nodiscard]] std::vector<engine::task_key> ready() const;

  /// A run folded from the history alone.
  [[nodiscard]] engine::run_state folded() const;

  std::shared_ptr<const engine::workflow> definition;
  engine::run_state state;
  engine::decision_context context;
  std::vector<messages::RunEvent> history;
  std::uint64_t draw = ~std::uint64_t{0}; ///< What chance says.

private:
  void keep(engine::run_decision& decision);

  engine::run_status last_ = engine::run_status::pending;
  std::uint64_t ids_ = 0;
};

/// Everything that can be asked of a run, as text, to compare two of them.
[[nodiscard]] std::string describe(const engine::run_state& run);

} // namespace troupe::tests
