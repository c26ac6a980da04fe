#include "actors/scoring/real_time_run.hpp"

#include "actors/scoring/result_files.hpp"
#include "actors/scoring/scored_item.hpp"
#include "actors/scoring/stage_work.hpp"

#include <set>
#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Finds the items to score in a source, chunk by chunk.
class selection {
public:
  explicit selection(const prepared_scoring& from)
    : source_{from.run.context.source()}, missing_{from.ids.begin(),
                                                   from.ids.end()},
      takes_all_{from.ids.empty()} {}

  [[nodiscard]] bool is_complete() const {
    return !takes_all_ && missing_.empty();
  }

  outcome<void> add(const item_block& items) {
    auto chosen = takes_all_ ? outcome<item_block>{items} : choose(items);
    if (!chosen)
      return fail(chosen.error());
    rows_ += chosen->rows;
    if (rows_ > real_time_items_max)
      return fail(problem_kind::invalid_input,
                  "more than " + std::to_string(real_time_items_max)
                    + " items to score one by one",
                  "choose some with --ids, or use --mode full");
    if (chosen->rows != 0)
      found_.push_back(std::move(*chosen));
    return {};
  }

  outcome<std::vector<item_block>> finish() {
    if (missing_.empty() && !found_.empty())
      return std::move(found_);
    auto reason = runtime::problem{};
    reason.kind = problem_kind::not_found;
    reason.file = source_;
    reason.message = missing_.empty() ? "no items to score"
                                      : "no item \"" + *missing_.begin() + '"';
    if (missing_.size() > 1)
      reason.message
        += ", nor " + std::to_string(missing_.size() - 1) + " others";
    reason.hint = "check the ids: they are those of the source";
    return fail(std::move(reason));
  }

private:
  outcome<item_block> choose(const item_block& items) {
    if (!items.has_ids)
      return fail(problem_kind::invalid_input,
                  "these items have no ids to choose them by",
                  "give ids, or all the items to score and no others");
    auto rows = std::vector<std::uint32_t>{};
    for (std::size_t row = 0; row < items.rows; ++row) {
      const auto found = missing_.find(items.ids.text(row));
      if (found == missing_.end())
        continue;
      missing_.erase(found);
      rows.push_back(static_cast<std::uint32_t>(row));
    }
    return gather(items, rows);
  }

  std::string source_;
  std::set<std::string, std::less<>> missing_;
  bool takes_all_;
  std::size_t rows_ = 0;
  std::vector<item_block> found_;
};

outcome<item_block> unpack(const column_block& block) {
  auto items = unpack_items(block);
  if (!items)
    return fail(problem_kind::failed, "a batch of items contradicts itself");
  return std::move(*items);
}

/// Reads one chunk as a worker of a whole run does.
outcome<item_block> read_chunk(stage_work& work, const prepared_scoring& from,
                               runtime::record_chunk& chunk,
                               scoring_result& result) {
  auto task = messages::ScoringTask{};
  task.set_stage(messages::SCORING_STAGE_READ);
  task.set_first_line(chunk.first_line);
  task.set_text_bytes(chunk.size);
  *task.mutable_context() = from.run.context;
  auto columns = std::vector<column>{};
  columns.emplace_back(std::move(chunk.bytes));
  chunk = {};
  auto done = work.perform(task, join(column_block{std::move(columns)},
                                      from.run.financials));
  if (!done)
    return fail(done.error());
  result.problems.insert(result.problems.end(), done->result.problems().begin(),
                         done->result.problems().end());
  // The last column has the lines.
  return unpack(part(done->block, 0, done->block.size() - 1));
}

outcome<std::vector<item_block>> select(prepared_scoring& from,
                                        const std::stop_token& stop,
                                        scoring_result& result) {
  auto chosen = selection{from};
  for (const auto& block : from.run.given) {
    const auto items = unpack(block);
    if (!items)
      return fail(items.error());
    if (auto added = chosen.add(*items); !added)
      return fail(added.error());
  }
  auto work = stage_work{};
  auto chunk = runtime::record_chunk{};
  while (from.source && !chosen.is_complete()) {
    if (stop.stop_requested())
      return fail(problem_kind::interrupted,
                  "interrupted; nothing was written or stored");
    const auto more = from.source->next(chunk);
    if (!more)
      return fail(more.error());
    if (!*more)
      break;
    const auto items = read_chunk(work, from, chunk, result);
    if (!items)
      return fail(items.error());
    if (auto added = chosen.add(*items); !added)
      return fail(added.error());
  }
  return chosen.finish();
}

} // namespace

outcome<scoring_result>
run_in_real_time(prepared_scoring prepared,
                 const real_time_surroundings& surroundings) {
  const auto& basis = *prepared.basis;
  auto result = scoring_result{};
  auto chosen = select(prepared, surroundings.stop, result);
  if (!chosen)
    return fail(chosen.error());
  for (auto& items : *chosen) {
    const auto rows = items.rows;
    result.batches.push_back(
      score_in_real_time(basis, std::move(items), result.items));
    result.items += rows;
  }
  result.run = prepared.header.run;
  result.rescored = result.items;
  result.base_run = basis.run->run;
  result.base_items = basis.run->rows();
  result.plan = basis.plan;
  result.scales = basis.run->scales;
  result.warnings = basis.plan.warnings;
  auto record = real_time_record{};
  record.header = prepared.header;
  record.header.finished_at = surroundings.now();
  record.as_of = runtime::clock::wall_time{
    std::chrono::microseconds{prepared.run.context.as_of()}};
  record.problems = result.problems;
  record.figures = keeping_of(prepared.run.context);
  auto request = make_store_request(basis, std::move(record), result.batches);
  if (auto stored = surroundings.commit(std::move(request)); !stored)
    return fail(stored.error());
  auto decimals = std::optional<int>{};
  if (prepared.run.context.has_decimals())
    decimals = static_cast<int>(prepared.run.context.decimals());
  if (auto written = publish(prepared.outputs, result, decimals); !written)
    return fail(written.error());
  return result;
}

} // namespace troupe::scoring
