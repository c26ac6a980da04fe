#include "actors/scoring/combination.hpp"
#include "actors/scoring/incremental.hpp"
#include "actors/scoring/scoring_run.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr std::string_view overall = "overall";
constexpr std::string_view financial = "financial";
constexpr std::string_view strategic = "strategic";

// Positions in a block of totals.
constexpr std::size_t strategic_column = 0;
constexpr std::size_t financial_column = 1;
constexpr std::size_t total_column = 4;

/// What every worker of every node is sent in each stage.
constexpr auto context_travel_bytes_max = std::size_t{1} << 20;

/// How often a batch may be tried again whose items are all sound.
constexpr int rescues_max = 3;

using order_parts = std::vector<std::vector<std::uint32_t>>;

/// Rank r (from 1) of the row that comes r-th in the parts, one after another;
/// nothing when they have not every row once.
std::optional<column> ranks_of(const order_parts& parts, std::uint64_t rows) {
  auto ranks = std::vector<std::uint32_t>(rows);
  auto rank = std::uint32_t{0};
  for (const auto& order : parts)
    for (const auto row : order) {
      if (row >= rows || ranks[row] != 0)
        return std::nullopt;
      ranks[row] = ++rank;
    }
  if (rank != rows)
    return std::nullopt;
  return column{std::move(ranks)};
}

auto broken_order() {
  return fail(problem_kind::failed,
              "workers' answers contradict each other: ranks",
              "run the same version on all nodes");
}

bool is_before(const messages::ItemProblem& left,
               const messages::ItemProblem& right) {
  return std::tuple{left.line(), std::string_view{left.item()},
                    std::string_view{left.key()},
                    std::string_view{left.reason()}}
         < std::tuple{right.line(), std::string_view{right.item()},
                      std::string_view{right.key()},
                      std::string_view{right.reason()}};
}

} // namespace

void scoring_run::enter(stage next) {
  stage_ = next;
  // Scales and factors differ from stage to stage.
  *options_.context.mutable_scales() = to_message(scales_);
  options_.context.set_version(options_.context.version() + 1);
  // Scales may have every value of a criterion.
  context_may_travel_
    = options_.context.ByteSizeLong() <= context_travel_bytes_max;
}

outcome<void> scoring_run::advance() {
  // Earlier parts of the source have had their say.
  if (refusal_ && board_.is_empty())
    return runtime::fail(*refusal_);
  const auto is_idle
    = board_.is_empty() && source_ended_ && chunks_requested_ == 0;
  if (!is_idle)
    return {};
  switch (stage_) {
    case stage::read:
      return finish_reading();
    case stage::sort:
      return start_scoring();
    case stage::score:
      if (std::any_of(batches_.begin(), batches_.end(), [](const auto& entry) {
            return !entry.second.excluded.empty();
          })) {
        drop_excluded();
        return {};
      }
      return finish_scoring();
    case stage::combine:
      start_ranking();
      return {};
    case stage::rank:
      return finish_ranking();
    case stage::rank_others:
      return finish_ranking_others();
    case stage::output:
      if (outputs_waiting_ == 0 && outputs_out_ == 0)
        stage_ = stage::done;
      return {};
    case stage::done:
      break;
  }
  return {};
}

// -- sort, score, combine ----------------------------------------------------

outcome<void> scoring_run::start_sorting() {
  const auto& criteria = options_.plan.criteria;
  sorted_.assign(criteria.size(), {});
  enter(stage::sort);
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    if (!needs_sorted(criteria[i]))
      continue;
    auto columns = std::vector<column>{};
    for (const auto& [key, from] : batches_)
      columns.push_back(unpack_items(from.items)->values[i]);
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_SORT);
    added.block = column_block{std::move(columns)};
    added.batch = i;
    add_job(std::move(added));
  }
  return board_.is_empty() ? start_scoring() : outcome<void>{};
}

std::vector<double> scoring_run::collect_financial_scores() {
  constexpr auto score_b
    = static_cast<std::size_t>(financial_figure::combined_financial_score);
  auto scores = std::vector<double>{};
  auto others = options_.separate_figures;
  for (const auto& [key, from] : batches_) {
    const auto items = unpack_items(from.items).value();
    if (items.financials.empty())
      continue;
    const auto has = items.has_financials.bytes();
    const auto values = items.financials[score_b].doubles();
    for (std::size_t row = 0; row < items.rows; ++row) {
      if (has[row] == 0)
        continue;
      scores.push_back(values[row]);
      if (others.empty() || !items.has_ids)
        continue;
      if (const auto found = others.find(items.ids.text(row));
          found != others.end())
        others.erase(found);
    }
  }
  other_financials_.clear();
  for (const auto& [id, figures] : others) {
    other_financials_.push_back(figures);
    scores.push_back(figures[score_b]);
  }
  return scores;
}

outcome<void> scoring_run::start_scoring() {
  scales_ = make_scales(options_.plan, statistics_, sorted_);
  auto scores = collect_financial_scores();
  scales_.financial_reference
    = financial_reference(options_.plan.combination, std::move(scores));
  enter(stage::score);
  find_changes();
  for (auto& [key, from] : batches_) {
    from.strategic = {};
    from.totals = {};
    if (from.rows != 0)
      if (auto added = add_scoring_job(key); !added)
        return added;
  }
  return board_.is_empty() ? finish_scoring() : outcome<void>{};
}

/// Decides whether all rows are scored or only some, and says why.
void scoring_run::find_changes() {
  only_changes_ = false;
  reason_ = options_.why_everything;
  if (!options_.earlier)
    return;
  const auto& before = *options_.earlier;
  reason_ = scale_change(options_.plan, before.scales, scales_);
  if (!reason_.empty())
    return;
  only_changes_ = true;
  auto scored = std::size_t{0};
  auto added = std::size_t{0};
  for (auto& [key, from] : batches_) {
    auto changed
      = find_changed(before, unpack_items(from.items).value(), from.first_row);
    scored += changed.rows.size();
    added += changed.added;
    from.changed = std::move(changed.rows);
  }
  const auto kept = static_cast<std::size_t>(scales_.rows) - added;
  const auto gone = before.rows() - std::min(before.rows(), kept);
  reason_ = describe_changes(scored - added, added, gone, scales_.rows);
}

outcome<void> scoring_run::finish_scoring() {
  // A batch that failed as a whole but not in parts has no scores yet.
  for (auto& [key, from] : batches_) {
    if (from.rows == 0 || !from.strategic.empty())
      continue;
    if (++from.rescues > rescues_max)
      return runtime::fail(problem_kind::failed,
                           "a batch fails as a whole, but none of its items "
                           "fails alone",
                           "run again with a smaller --batch-size");
    if (auto added = add_scoring_job(key); !added)
      return added;
  }
  if (!board_.is_empty())
    return {};
  if (options_.plan.rules == rule_set::compat)
    start_combining();
  else
    start_ranking();
  return {};
}

outcome<void> scoring_run::add_scoring_job(std::uint64_t key) {
  auto& from = batches_.at(key);
  if (only_changes_ && from.changed.empty())
    return complete_scores(from);
  auto added = job{};
  added.task.set_stage(messages::SCORING_STAGE_SCORE);
  added.block = only_changes_
                  ? pack(gather(unpack_items(from.items).value(), from.changed))
                  : from.items;
  added.batch = key;
  add_job(std::move(added));
  restore_if_lost(key);
  return {};
}

/// Adds what the earlier run knows to the scores of the rows that changed.
outcome<void> scoring_run::complete_scores(batch& to) {
  auto scored = strategic_block{};
  auto totals = total_block{};
  if (!to.strategic.empty())
    scored = unpack_strategic(to.strategic).value_or(strategic_block{});
  if (!to.totals.empty())
    totals = unpack_totals(to.totals).value_or(total_block{});
  const auto items = unpack_items(to.items).value();
  auto merged
    = merge_scores(*options_.earlier,
                   {items, static_cast<std::size_t>(to.first_row), to.changed,
                    options_.plan.rules, options_.context.keep_values()},
                   scored, totals);
  if (!merged)
    return runtime::fail(problem_kind::failed,
                         "the scores of changed items do not fit the others",
                         "score everything with --mode full");
  to.strategic = std::move(merged->strategic);
  to.totals = std::move(merged->totals);
  to.strategic_max = merged->strategic_max;
  return {};
}

void scoring_run::start_combining() {
  for (const auto& [key, from] : batches_)
    scales_.strategic_factor
      = std::max(scales_.strategic_factor, from.strategic_max);
  enter(stage::combine);
  for (const auto& [key, from] : batches_) {
    if (from.rows == 0)
      continue;
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_COMBINE);
    added.block = join(from.items, from.strategic);
    added.batch = key;
    add_job(std::move(added));
  }
}

// -- rank --------------------------------------------------------------------

/// One column of the totals of the whole portfolio, in as many pieces as there
/// are batches.
std::vector<column> scoring_run::rank_input(std::size_t totals_column) const {
  auto pieces = std::vector<column>{};
  for (const auto& [key, from] : batches_)
    if (from.rows != 0)
      pieces.push_back(from.totals[totals_column]);
  return pieces;
}

void scoring_run::start_ranking() {
  enter(stage::rank);
  const auto parts = std::max<std::size_t>(1, options_.workers);
  rank_parts_.assign(parts, {});
  const auto input = column_block{rank_input(total_column)};
  for (std::size_t part = 0; part < parts; ++part) {
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_RANK);
    added.task.set_file(std::string{overall});
    added.task.set_part(part);
    added.task.set_parts(parts);
    added.block = input;
    add_job(std::move(added));
  }
}

outcome<void> scoring_run::finish_ranking() {
  auto ranks = ranks_of(rank_parts_, scales_.rows);
  if (!ranks)
    return broken_order();
  ranks_[std::string{overall}] = std::move(*ranks);
  if (options_.ranking == ranks::overall_only) {
    rank_parts_.clear();
    start_output();
    return {};
  }
  auto order = std::vector<std::uint32_t>{};
  order.reserve(scales_.rows);
  for (const auto& part : rank_parts_)
    order.insert(order.end(), part.begin(), part.end());
  overall_order_ = column{std::move(order)};
  start_ranking_others();
  return {};
}

void scoring_run::start_ranking_others() {
  enter(stage::rank_others);
  rank_parts_.assign(2, {});
  const auto add = [&](std::string_view score, std::size_t totals_column,
                       std::uint64_t part) {
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_RANK);
    added.task.set_file(std::string{score});
    added.task.set_part(part);
    auto input = rank_input(totals_column);
    input.push_back(overall_order_);
    added.block = column_block{std::move(input)};
    add_job(std::move(added));
  };
  add(financial, financial_column, 0);
  add(strategic, strategic_column, 1);
}

outcome<void> scoring_run::finish_ranking_others() {
  auto by_financial = ranks_of({rank_parts_[0]}, scales_.rows);
  auto by_strategic = ranks_of({rank_parts_[1]}, scales_.rows);
  if (!by_financial || !by_strategic)
    return broken_order();
  ranks_[std::string{financial}] = std::move(*by_financial);
  ranks_[std::string{strategic}] = std::move(*by_strategic);
  rank_parts_.clear();
  overall_order_ = {};
  start_output();
  return {};
}

// -- output ------------------------------------------------------------------

scored_batch scoring_run::scored_one(const batch& from) const {
  auto result = scored_batch{};
  result.first_row = from.first_row;
  result.items = unpack_items(from.items).value_or(item_block{});
  if (!from.strategic.empty())
    result.strategic
      = unpack_strategic(from.strategic).value_or(strategic_block{});
  if (!from.totals.empty())
    result.totals = unpack_totals(from.totals).value_or(total_block{});
  const auto ranks_by = [&](std::string_view score) {
    const auto found = ranks_.find(std::string{score});
    return found == ranks_.end()
             ? column{}
             : found->second.slice(from.first_row, from.rows);
  };
  result.overall_ranks = ranks_by(overall);
  result.financial_ranks = ranks_by(financial);
  result.strategic_ranks = ranks_by(strategic);
  return result;
}

column_block scoring_run::scored(std::uint64_t key) const {
  return pack(scored_one(batches_.at(key)));
}

void scoring_run::start_output() {
  std::erase_if(batches_,
                [](const auto& entry) { return entry.second.rows == 0; });
  enter(stage::output);
  if (options_.summarise) {
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_SUMMARISE);
    auto others = std::vector<double>{};
    for (const auto& figures : other_financials_)
      others.insert(others.end(), figures.begin(), figures.end());
    added.block
      = join(pack(result()),
             column_block{std::vector<column>{column{std::move(others)}}});
    add_job(std::move(added));
  }
  for (const auto& file : options_.files)
    next_output_[file] = 0;
  for (const auto& [key, from] : batches_) {
    auto added = job{};
    added.block = scored(key);
    added.batch = key;
    for (const auto& file : options_.files) {
      added.task.set_stage(messages::SCORING_STAGE_RENDER);
      added.task.set_file(file);
      add_job(added);
    }
    if (options_.record) {
      added.task.set_stage(messages::SCORING_STAGE_RECORD);
      add_job(added);
      restore_if_lost(key);
    }
  }
  if (board_.is_empty())
    stage_ = stage::done;
}

std::vector<scored_batch> scoring_run::result() const {
  auto batches = std::vector<scored_batch>{};
  for (const auto& [key, from] : batches_)
    batches.push_back(scored_one(from));
  return batches;
}

std::vector<column_block> scoring_run::records() const {
  auto blocks = std::vector<column_block>{};
  for (const auto& [key, from] : batches_)
    blocks.push_back(from.record);
  return blocks;
}

messages::ScoringSummary scoring_run::summary() const {
  auto message = messages::ScoringSummary{};
  message.set_items(scales_.rows);
  message.set_rescored(rows_scored_);
  message.set_reason(reason_);
  *message.mutable_scales() = to_message(scales_);
  // They were found in whatever order the workers answered.
  auto problems = problems_;
  std::sort(problems.begin(), problems.end(), is_before);
  for (auto& entry : problems)
    *message.add_problems() = std::move(entry);
  for (const auto& warning : options_.plan.warnings)
    message.add_warnings(warning);
  for (const auto& warning : warnings_)
    message.add_warnings(warning);
  message.set_retries(board_.retries());
  return message;
}

} // namespace troupe::scoring
