#include "actors/scoring/stage_work.hpp"

#include "actors/scoring/ranking.hpp"
#include "actors/scoring/reports.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_context.hpp"
#include "actors/scoring/scoring_record.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

auto undecodable() {
  return fail(problem_kind::failed, "a task's block contradicts itself");
}

column_block block_of(column values) {
  auto columns = std::vector<column>{};
  columns.push_back(std::move(values));
  return column_block{std::move(columns)};
}

std::string_view text_of(const column& bytes, std::size_t size) {
  const auto data = bytes.bytes();
  return {reinterpret_cast<const char*>(data.data()),
          std::min(size, data.size())};
}

/// The id as a number, if it is written as one without leading zeros.
std::optional<std::uint64_t> as_number(std::string_view id) {
  auto number = std::uint64_t{};
  const auto [end, error]
    = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()
      || (id.size() > 1 && id.front() == '0'))
    return std::nullopt;
  return number;
}

bool ids_ascend(const item_batch& batch) {
  auto last = std::optional<std::uint64_t>{};
  for (std::size_t row = 0; row < batch.ids.size(); ++row) {
    const auto begin = batch.ids.offsets[row];
    const auto id = std::string_view{batch.ids.characters}.substr(
      begin, batch.ids.offsets[row + 1] - begin);
    const auto number = as_number(id);
    if (!number || (last && *number <= *last))
      return false;
    last = number;
  }
  return true;
}

/// Whether a batch has the columns that a result under this plan has, whoever
/// has the values of its items.
bool is_of_plan(const scored_batch& batch, const scoring_plan& plan) {
  const auto& values = batch.strategic.values;
  const auto& read = batch.items.values;
  return (read.empty() || read.size() == plan.criteria.size())
         && batch.strategic.categories.size() == plan.categories.size()
         && (values.empty() || values.size() == plan.criteria.size())
         && batch.overall_ranks.size() == batch.rows();
}

column sort_values(const column_block& block) {
  auto values = std::vector<double>{};
  for (std::size_t i = 0; i < block.size(); ++i)
    for (const auto value : block[i].doubles())
      if (value == value) // Not missing.
        values.push_back(value);
  std::sort(values.begin(), values.end());
  return column{std::move(values)};
}

/// Without parts the last column is the order that equal scores keep.
column order_scores(const messages::ScoringTask& task,
                    const column_block& block) {
  const auto has_prior = task.parts() == 0;
  auto scores = std::vector<std::span<const double>>{};
  for (std::size_t i = 0; i + (has_prior ? 1 : 0) < block.size(); ++i)
    scores.push_back(block[i].doubles());
  if (has_prior) {
    auto joined = std::vector<double>{};
    for (const auto& piece : scores)
      joined.insert(joined.end(), piece.begin(), piece.end());
    return column{order_descending(joined, block[block.size() - 1].counts())};
  }
  const auto ranges = split_for_ranking(scores, task.parts());
  if (task.part() >= ranges.size())
    return column{std::vector<std::uint32_t>{}};
  return column{order_part(scores, ranges[task.part()])};
}

} // namespace

outcome<void> stage_work::accept(const messages::ScoringContext& context) {
  if (context.configuration() != context_.configuration()
      || plan_.criteria.empty()) {
    auto configuration
      = parse_configuration(context.configuration(), context.source());
    if (!configuration)
      return fail(configuration.error());
    auto plan = compile(*configuration);
    if (!plan)
      return fail(plan.error());
    plan_ = std::move(*plan);
    reader_.reset();
  }
  scales_ = from_message(context.scales());
  context_ = context;
  return {};
}

outcome<stage_work::finished>
stage_work::perform(const messages::ScoringTask& task,
                    const column_block& block) {
  if (task.has_context())
    if (auto accepted = accept(task.context()); !accepted)
      return fail(accepted.error());
  if (task.context_version() != context_.version())
    throw std::runtime_error{"the worker has another context than the task"};
  if (before_task_)
    before_task_(task, block);
  auto done = [&]() -> outcome<finished> {
    switch (task.stage()) {
      case messages::SCORING_STAGE_READ:
        return read(task, block);
      case messages::SCORING_STAGE_MEASURE:
        return measure_items(block);
      case messages::SCORING_STAGE_SORT:
        return finished{{}, block_of(sort_values(block))};
      case messages::SCORING_STAGE_SCORE:
        return score_items(task, block);
      case messages::SCORING_STAGE_COMBINE:
        return combine_items(block);
      case messages::SCORING_STAGE_RANK:
        if (block.empty())
          return undecodable();
        return finished{{}, block_of(order_scores(task, block))};
      case messages::SCORING_STAGE_RENDER:
        return render(task, block);
      case messages::SCORING_STAGE_SUMMARISE:
        return summarise(block);
      case messages::SCORING_STAGE_RECORD:
        return record(task, block);
      default:
        return fail(problem_kind::failed, "an unknown stage of scoring",
                    "run the same version on all nodes");
    }
  }();
  if (done) {
    done->result.set_task(task.task());
    done->result.set_attempt(task.attempt());
  }
  return done;
}

stage_work::answer stage_work::try_perform(const messages::ScoringTask& task,
                                           const column_block& block) {
  auto failure = messages::ScoringTaskFailure{};
  failure.set_task(task.task());
  failure.set_attempt(task.attempt());
  try {
    auto done = perform(task, block);
    if (done)
      return std::move(*done);
    *failure.mutable_input() = to_message(done.error());
  } catch (const std::exception& error) {
    failure.set_reason(error.what());
  }
  return failure;
}

outcome<void> stage_work::make_reader(const column_block& block) {
  auto options = item_reader_options{};
  options.format
    = context_.format() == "csv" ? item_format::csv : item_format::jsonl;
  options.on_bad_item
    = context_.isolate_bad_items() ? bad_item::isolate : bad_item::refuse;
  options.hierarchy = context_.keep_details() ? hierarchy_columns::fill
                                              : hierarchy_columns::skip;
  options.as_of
    = runtime::clock::wall_time{std::chrono::microseconds{context_.as_of()}};
  options.csv_header = context_.header();
  options.file = context_.source();
  if (block.size() > 1) {
    const auto& text = block[1];
    auto table = read_financials(text_of(text, text.size()),
                                 context_.financials_format() == "csv"
                                   ? financials_format::csv
                                   : financials_format::jsonl,
                                 plan_.rules, context_.financials_source());
    if (!table)
      return fail(table.error());
    options.financials
      = std::make_shared<const financial_table>(std::move(*table));
  }
  auto reader = item_reader::create(plan_, std::move(options));
  if (!reader)
    return fail(reader.error());
  reader_.emplace(std::move(*reader));
  return {};
}

outcome<stage_work::finished>
stage_work::read(const messages::ScoringTask& task, const column_block& block) {
  if (block.empty())
    return undecodable();
  if (!reader_)
    if (auto made = make_reader(block); !made)
      return fail(made.error());
  auto reading
    = reader_->read(text_of(block[0], task.text_bytes()), task.first_line());
  if (!reading)
    return fail(reading.error());
  auto done = finished{};
  done.result.set_rows(reading->batch.rows);
  done.result.set_ids_ascend(ids_ascend(reading->batch));
  *done.result.mutable_statistics()
    = to_message(measure(plan_, view(reading->batch)));
  for (const auto& rejected : reading->rejected) {
    auto* entry = done.result.add_problems();
    entry->set_item(rejected.id);
    entry->set_line(rejected.reason.line);
    entry->set_key(rejected.reason.key);
    entry->set_reason(rejected.reason.message);
  }
  auto lines
    = std::vector<std::uint32_t>(reading->lines.begin(), reading->lines.end());
  auto packed = pack(std::move(reading->batch));
  if (task.may_withhold()) {
    auto items = unpack_items(packed).value();
    if (withheld_.take(task.batch(), items)) {
      packed = pack(items);
      done.result.set_is_withheld(true);
    }
  }
  done.block = join(packed, block_of(column{std::move(lines)}));
  return done;
}

outcome<stage_work::finished>
stage_work::measure_items(const column_block& block) {
  const auto items = unpack_items(block);
  if (!items || items->values.size() != plan_.criteria.size())
    return undecodable();
  auto done = finished{};
  done.result.set_rows(items->rows);
  done.result.set_ids_ascend(true);
  *done.result.mutable_statistics() = to_message(measure(plan_, items->view()));
  return done;
}

/// What was withheld is put back.
void stage_work::make_whole(const messages::ScoringTask& task,
                            item_block& items) const {
  if (task.is_withheld() && !withheld_.give(task.batch(), items))
    throw std::runtime_error{"the worker has not read the batch"};
}

outcome<stage_work::finished>
stage_work::score_items(const messages::ScoringTask& task,
                        const column_block& block) {
  auto items = unpack_items(block);
  if (!items)
    return undecodable();
  make_whole(task, *items);
  if (items->values.size() != plan_.criteria.size())
    return undecodable();
  const auto rows = items->view();
  auto scores = score(plan_, scales_, rows,
                      context_.keep_values() ? keep::values : keep::sums_only);
  auto done = finished{};
  done.result.set_rows(items->rows);
  if (!scores.raw.empty())
    done.result.set_strategic_max(
      *std::max_element(scores.raw.begin(), scores.raw.end()));
  if (plan_.rules == rule_set::compat) {
    done.block = pack(std::move(scores));
    return done;
  }
  // Under the standard rules a total depends on nothing but its own row.
  if (is_total_strategic(plan_, rows, scores)) {
    auto packed = pack(std::move(scores));
    done.block = join(packed, totals_of_strategic(packed));
  } else {
    const auto totals = pack(combine(plan_, scales_, rows, scores));
    done.block = join(pack(std::move(scores)), totals);
  }
  return done;
}

outcome<stage_work::finished>
stage_work::combine_items(const column_block& block) {
  const auto counts
    = block.empty() ? std::span<const std::uint32_t>{} : block[0].counts();
  if (counts.size() != 5)
    return undecodable();
  const auto size = std::size_t{5} + counts[2] + counts[3] + counts[4];
  if (size > block.size())
    return undecodable();
  const auto items = unpack_items(part(block, 0, size));
  const auto scores = unpack_strategic(part(block, size, block.size() - size));
  if (!items || !scores || items->rows != scores->rows)
    return undecodable();
  auto done = finished{};
  done.result.set_rows(items->rows);
  done.block = pack(combine(plan_, scales_, items->view(), scores_of(*scores)));
  return done;
}

outcome<stage_work::finished>
stage_work::render(const messages::ScoringTask& task,
                   const column_block& block) {
  const auto batch = unpack_scored(block);
  if (!batch || !is_of_plan(*batch, plan_))
    return undecodable();
  auto decimals = std::optional<int>{};
  if (context_.has_decimals())
    decimals = static_cast<int>(context_.decimals());
  auto text = render_report(task.file(), plan_, *batch, decimals);
  if (!text)
    return fail(text.error());
  auto done = finished{};
  done.result.set_rows(batch->rows());
  done.block = block_of(column{std::move(*text)});
  return done;
}

outcome<stage_work::finished> stage_work::summarise(const column_block& block) {
  if (block.empty())
    return undecodable();
  const auto& last = block[block.size() - 1];
  const auto result = unpack_result(part(block, 0, block.size() - 1));
  if (!result || last.type() != column::kind::doubles
      || !std::all_of(result->begin(), result->end(),
                      [this](const auto& batch) {
                        return is_of_plan(batch, plan_);
                      }))
    return undecodable();
  const auto numbers = last.doubles();
  auto others
    = std::vector<financial_figures>(numbers.size() / financial_figure_count);
  for (std::size_t i = 0; i < others.size(); ++i)
    std::copy_n(numbers.begin()
                  + static_cast<std::ptrdiff_t>(i * financial_figure_count),
                financial_figure_count, others[i].begin());
  return finished{
    {}, block_of(column{render_summary(plan_, scales_, *result, others)})};
}

outcome<stage_work::finished>
stage_work::record(const messages::ScoringTask& task,
                   const column_block& block) {
  auto batch = unpack_scored(block);
  if (batch)
    make_whole(task, batch->items);
  if (!batch || !is_of_plan(*batch, plan_)
      || batch->strategic.values.size() != plan_.criteria.size())
    return undecodable();
  return finished{{}, make_record(*batch, keeping_of(context_))};
}

} // namespace troupe::scoring
