#pragma once

#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "actors/scoring/withheld_items.hpp"
#include "messages/column_block.hpp"
#include "messages/scoring.pb.h"
#include "runtime/problem.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace troupe::scoring {

/// Sees a task and its block before the task is done.
using stage_hook = std::function<void(const messages::ScoringTask&,
                                      const messages::column_block&)>;

/// Does the tasks of a run: the calls of the pure stages, with messages around
/// them. Keeps the newest context it was given, and of batches that it has read
/// what it was asked to withhold. Not thread-safe; one per worker.
class stage_work {
public:
  struct finished {
    messages::ScoringTaskResult result;
    messages::column_block block;
  };

  explicit stage_work(stage_hook before_task = {},
                      std::size_t withheld_bytes_max = std::size_t{256} << 20)
    : before_task_{std::move(before_task)}, withheld_{withheld_bytes_max} {}

  using answer = std::variant<finished, messages::ScoringTaskFailure>;

  /// A problem means that the input is to blame and no other attempt will fare
  /// better. May throw what the stages throw: then another attempt may.
  [[nodiscard]] runtime::outcome<finished>
  perform(const messages::ScoringTask& task,
          const messages::column_block& block);

  /// The same as an answer, also where it throws a std::exception.
  [[nodiscard]] answer try_perform(const messages::ScoringTask& task,
                                   const messages::column_block& block);

private:
  runtime::outcome<void> accept(const messages::ScoringContext& context);
  runtime::outcome<void> make_reader(const messages::column_block& block);
  runtime::outcome<finished> read(const messages::ScoringTask& task,
                                  const messages::column_block& block);
  runtime::outcome<finished> measure_items(const messages::column_block& block);
  runtime::outcome<finished> score_items(const messages::ScoringTask& task,
                                         const messages::column_block& block);
  runtime::outcome<finished> combine_items(const messages::column_block& block);
  runtime::outcome<finished> render(const messages::ScoringTask& task,
                                    const messages::column_block& block);
  runtime::outcome<finished> summarise(const messages::column_block& block);
  runtime::outcome<finished> record(const messages::ScoringTask& task,
                                    const messages::column_block& block);
  void make_whole(const messages::ScoringTask& task, item_block& items) const;

  stage_hook before_task_;
  messages::ScoringContext context_;
  scoring_plan plan_;
  scoring_scales scales_;
  std::optional<item_reader> reader_; ///< Made by the first READ.
  withheld_items withheld_;
};

} // namespace troupe::scoring
