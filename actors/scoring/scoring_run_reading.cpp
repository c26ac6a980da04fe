#include "actors/scoring/portfolio.hpp"
#include "actors/scoring/scoring_run.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

// -- the source --------------------------------------------------------------

std::size_t scoring_run::chunks_wanted() const {
  if (source_ended_)
    return 0;
  const auto in_hand = chunks_in_hand();
  return in_hand < window() ? window() - in_hand : 0;
}

void scoring_run::chunk_requested() {
  ++chunks_requested_;
}

outcome<void> scoring_run::add_chunk(const messages::ItemChunk& head,
                                     column_block text) {
  --chunks_requested_;
  source_progress_ = head.progress();
  if (head.is_last()) {
    source_ended_ = true;
    return advance();
  }
  // What comes after a refused line does not matter any more.
  if (refusal_)
    return advance();
  if (head.has_first_byte())
    batches_[head.first_line()].source = head;
  add_reading(head, text);
  return {};
}

void scoring_run::add_reading(const messages::ItemChunk& head,
                              const column_block& text) {
  auto added = job{};
  added.task.set_stage(messages::SCORING_STAGE_READ);
  added.task.set_first_line(head.first_line());
  added.task.set_text_bytes(head.text_bytes());
  added.block = join(text, options_.financials);
  added.batch = head.first_line();
  // Behind jobs that lack what they wait for, nobody would come to it.
  if (batches_[added.batch].is_restoring)
    board_.add_in_front(enter_job(std::move(added)));
  else
    add_job(std::move(added));
}

// -- what is known once all is read ------------------------------------------

outcome<void> scoring_run::finish_reading() {
  if (auto checked = check_ids(); !checked)
    return checked;
  if (std::any_of(batches_.begin(), batches_.end(), [](const auto& entry) {
        return !entry.second.excluded.empty();
      })) {
    drop_excluded();
    return {};
  }
  if (auto numbered = number_rows(); !numbered)
    return numbered;
  if (auto checked = check_financials(); !checked)
    return checked;
  statistics_ = batch_statistics{};
  for (const auto& [key, from] : batches_)
    merge(statistics_, from.statistics);
  if (auto checked = check_gaps(); !checked)
    return checked;
  return start_sorting();
}

outcome<void> scoring_run::number_rows() {
  auto rows = std::uint64_t{0};
  for (auto& [key, from] : batches_) {
    from.first_row = rows;
    rows += from.rows;
  }
  if (rows == 0) {
    auto reason = problem{};
    reason.kind = problem_kind::invalid_input;
    reason.message = "no items to score";
    reason.file = options_.context.source();
    reason.hint = "the source has no rows, or all of them were left out";
    return runtime::fail(std::move(reason));
  }
  if (rows > options_.items_max)
    return runtime::fail(problem_kind::invalid_input,
                         "more than " + std::to_string(options_.items_max)
                           + " items",
                         "split the portfolio");
  return {};
}

outcome<void> scoring_run::check_financials() {
  auto rows = std::uint64_t{0};
  auto covered = std::uint64_t{0};
  for (const auto& [key, from] : batches_) {
    rows += from.rows;
    for (const auto has : unpack_items(from.items)->has_financials.bytes())
      covered += has != 0 ? 1 : 0;
  }
  auto warnings = check_coverage(options_.plan, rows, covered);
  if (!warnings) {
    auto reason = warnings.error();
    reason.file = options_.context.source();
    return runtime::fail(std::move(reason));
  }
  warnings_ = std::move(*warnings);
  return {};
}

/// The policy `error` for missing values; readers have seen to it already, but
/// not those who gave batches.
outcome<void> scoring_run::check_gaps() {
  auto reason = forbidden_gap(options_.plan, statistics_);
  if (!reason)
    return {};
  reason->file = options_.context.source();
  const auto& criteria = options_.plan.criteria;
  const auto j = static_cast<std::size_t>(std::distance(
    criteria.begin(),
    std::find_if(criteria.begin(), criteria.end(), [&](const auto& one) {
      return reason->key == "criteria." + one.definition.id + ".missing";
    })));
  for (const auto& [key, from] : batches_) {
    const auto items = unpack_items(from.items).value();
    if (from.statistics.columns.at(j).missing == 0 || from.is_withheld)
      continue;
    const auto values = items.values[j].doubles();
    const auto gap
      = std::find_if_not(values.begin(), values.end(),
                         [](double value) { return std::isfinite(value); });
    const auto row = static_cast<std::size_t>(gap - values.begin());
    if (gap == values.end())
      continue;
    reason->message
      += "; the first is item \"" + scored_one(from).id(row) + '"';
    if (from.lines.size() != 0)
      reason->line = from.lines.counts()[row];
    break;
  }
  return runtime::fail(std::move(*reason));
}

outcome<void> scoring_run::check_ids() {
  // Ids that grow from row to row, the usual case, need no table.
  auto grow = true;
  auto last = std::string_view{};
  const auto is_less = [](std::string_view left, std::string_view right) {
    return left.size() != right.size() ? left.size() < right.size()
                                       : left < right;
  };
  auto blocks = std::vector<std::pair<batch*, item_block>>{};
  for (auto& [key, from] : batches_) {
    auto items = unpack_items(from.items);
    if (!items || !items->has_ids || items->rows == 0)
      continue;
    grow = grow && from.ids_ascend && is_less(last, items->ids.text(0));
    last = items->ids.text(items->rows - 1);
    blocks.emplace_back(&from, std::move(*items));
  }
  if (grow)
    return {};
  auto seen = std::unordered_map<std::string_view, std::uint64_t>{};
  for (auto& [from, items] : blocks)
    for (std::size_t row = 0; row < items.rows; ++row) {
      const auto line = from->lines.size() != 0 ? from->lines.counts()[row]
                                                : from->first_row + row;
      const auto [found, is_new] = seen.emplace(items.ids.text(row), line);
      if (is_new)
        continue;
      auto reason = problem{};
      reason.kind = problem_kind::invalid_input;
      reason.message
        = "the id \"" + std::string{items.ids.text(row)} + "\" occurs twice";
      reason.file = options_.context.source();
      reason.line = line;
      reason.key = "work_item_id";
      reason.hint = "it was first on line " + std::to_string(found->second);
      if (!options_.context.isolate_bad_items())
        return runtime::fail(std::move(reason));
      from->excluded.push_back(static_cast<std::uint32_t>(row));
      auto& entry = problems_.emplace_back();
      entry.set_item(std::string{items.ids.text(row)});
      entry.set_line(line);
      entry.set_key(reason.key);
      entry.set_reason(reason.message);
    }
  return {};
}

/// Takes the rows to leave out from their batches, which are then measured
/// anew: everything after the reading is done again without them.
void scoring_run::drop_excluded() {
  stage_ = stage::read;
  rows_scored_ = 0;
  for (auto& [key, from] : batches_) {
    if (from.excluded.empty())
      continue;
    auto left_out = std::exchange(from.excluded, {});
    std::sort(left_out.begin(), left_out.end());
    auto kept = std::vector<std::uint32_t>{};
    for (std::uint32_t row = 0; row < from.rows; ++row)
      if (!std::binary_search(left_out.begin(), left_out.end(), row))
        kept.push_back(row);
    const auto items = unpack_items(from.items).value();
    rows_read_ -= from.rows;
    if (from.lines.size() != 0) {
      auto lines = std::vector<std::uint32_t>{};
      for (const auto row : kept)
        lines.push_back(from.lines.counts()[row]);
      from.lines = column{std::move(lines)};
    }
    auto again = job{};
    again.task.set_stage(messages::SCORING_STAGE_MEASURE);
    again.block = pack(gather(items, kept));
    again.batch = key;
    from.home = 0; // The items are others now.
    add_job(std::move(again));
  }
}

outcome<void> scoring_run::refuse(problem reason) {
  // Without a line it is about the whole.
  if (stage_ != stage::read || reason.line == 0)
    return runtime::fail(std::move(reason));
  if (!refusal_ || reason.line < refusal_->line)
    refusal_ = std::move(reason);
  source_ended_ = true;
  return advance();
}

outcome<void> scoring_run::source_failed(problem reason) {
  --chunks_requested_;
  return refuse(std::move(reason));
}

} // namespace troupe::scoring
