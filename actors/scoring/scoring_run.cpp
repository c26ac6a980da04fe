#include "actors/scoring/scoring_run.hpp"

#include "actors/scoring/item_chunk.hpp"
#include "actors/scoring/scales.hpp"
#include "runtime/tabular/record_scan.hpp"

#include <algorithm>
#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using messages::ScoringTaskFailure;
using messages::ScoringTaskResult;
using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

problem broken_answer(const char* what) {
  auto reason = problem{};
  reason.message = std::string{"a worker's answer contradicts itself: "} + what;
  return reason;
}

/// Whether the first column of an answer is of the right kind.
bool is_answer(messages::ScoringStage stage, column::kind type) {
  switch (stage) {
    case messages::SCORING_STAGE_SORT:
      return type == column::kind::doubles;
    case messages::SCORING_STAGE_RANK:
      return type == column::kind::counts;
    case messages::SCORING_STAGE_RECORD:
      return type == column::kind::integers;
    default:
      return type == column::kind::bytes;
  }
}

runtime::record_format format_of(const messages::ScoringContext& context) {
  return context.format() == "csv" ? runtime::record_format::csv
                                   : runtime::record_format::jsonl;
}

} // namespace

scoring_run::scoring_run(scoring_run_options options)
  : options_{std::move(options)} {
  options_.context.set_version(1);
  // Rows that are left out later would come back with a second reading.
  may_withhold_ = !options_.earlier && !options_.context.isolate_bad_items()
                  && std::none_of(options_.plan.criteria.begin(),
                                  options_.plan.criteria.end(), needs_sorted);
}

outcome<void> scoring_run::start() {
  if (options_.given.empty())
    return {};
  source_ended_ = true;
  source_progress_ = 1.0;
  for (const auto& items : options_.given) {
    auto added = job{};
    added.task.set_stage(messages::SCORING_STAGE_MEASURE);
    added.block = items;
    added.batch = batches_.size();
    batches_[added.batch];
    add_job(std::move(added));
  }
  return {};
}

// -- the workers -------------------------------------------------------------

std::uint64_t scoring_run::enter_job(job added) {
  const auto id = next_task_++;
  added.task.set_task(id);
  jobs_[id] = std::move(added);
  return id;
}

void scoring_run::add_job(job added,
                          std::optional<std::uint32_t> attempts_max) {
  board_.add(enter_job(std::move(added)), attempts_max);
}

/// Enough to keep every worker busy, and few enough to be held in memory.
std::size_t scoring_run::window() const noexcept {
  return 2 * (options_.workers + far_workers_) + 2;
}

/// To send columns takes longer than to score them, so only text goes where it
/// is not yet.
bool scoring_run::may_travel(std::uint64_t task, worker_id to) const {
  const auto& about = jobs_.at(task);
  // Whoever withholds values gets the context for them, however long it is.
  if (about.is_near_only || (!context_may_travel_ && !lacks_values(about)))
    return false;
  switch (about.task.stage()) {
    case messages::SCORING_STAGE_READ:
      return true;
    case messages::SCORING_STAGE_SCORE:
    case messages::SCORING_STAGE_COMBINE:
    case messages::SCORING_STAGE_RENDER:
    case messages::SCORING_STAGE_RECORD:
      return !about.searching && batches_.at(about.batch).home == to;
    default:
      return false;
  }
}

/// Whether whoever has read the batch of a task may do it.
bool scoring_run::is_at_home(std::uint64_t task) const {
  const auto found = batches_.find(jobs_.at(task).batch);
  return found != batches_.end() && found->second.home != 0
         && may_travel(task, found->second.home);
}

std::optional<runtime::task_board::assignment>
scoring_run::assign(worker_id worker, runtime::worker_place place) {
  if (place == runtime::worker_place::far) {
    far_.insert(worker);
    return board_.take(worker, [=, this](std::uint64_t task) {
      return may_travel(task, worker);
    });
  }
  // Text is written in the order of rows: whoever is near sees to its head.
  if (!far_.empty() && stage_ != stage::output)
    if (auto taken = board_.take(worker, [this](std::uint64_t task) {
          return !lacks_values(jobs_.at(task)) && !is_at_home(task);
        }))
      return taken;
  return board_.take(worker, [this](std::uint64_t task) {
    return !lacks_values(jobs_.at(task));
  });
}

/// Rendered text waits in memory: at most a few pieces per worker. Where all of
/// it waits for the next task in the queue, that has to be done.
bool scoring_run::has_room_for_output(runtime::worker_place place) const {
  const auto under_way = outputs_out_ + board_.out();
  return outputs_waiting_ + under_way < window()
         || (under_way == 0 && place == runtime::worker_place::near
             && !is_output_ready());
}

std::optional<scoring_run::offer>
scoring_run::take(worker_id worker, runtime::worker_place place) {
  if (stage_ == stage::output && !has_room_for_output(place))
    return std::nullopt;
  const auto assignment = assign(worker, place);
  if (!assignment)
    return std::nullopt;
  auto& taken = jobs_.at(assignment->task);
  taken.task.set_batch(taken.batch);
  taken.task.set_is_withheld(lacks_values(taken));
  const auto is_to_withhold
    = place == runtime::worker_place::far && may_withhold(taken);
  taken.task.set_may_withhold(is_to_withhold);
  auto result = offer{taken.task, taken.block};
  if (place == runtime::worker_place::far && is_whole_chunk(taken)) {
    auto& from = batches_.at(taken.batch);
    from.text_digest = digest_of_text(taken.block, taken.task.text_bytes());
    result.task.set_first_byte(from.source->first_byte());
    result.task.set_text_digest(from.text_digest);
  }
  result.task.set_attempt(assignment->attempt);
  result.task.set_context_version(options_.context.version());
  auto& seen = context_seen_[worker];
  if (seen != options_.context.version()) {
    *result.task.mutable_context() = options_.context;
    seen = options_.context.version();
  }
  return result;
}

outcome<void> scoring_run::complete(const ScoringTaskResult& result,
                                    const column_block& block) {
  const auto holder = board_.holder(result.task(), result.attempt());
  if (!board_.complete(result.task(), result.attempt()))
    return {};
  const auto done = std::move(jobs_.extract(result.task()).mapped());
  if (done.task.stage() == messages::SCORING_STAGE_READ
      && far_.contains(*holder))
    batches_.at(done.batch).home = *holder;
  if (!done.searching || done.task.stage() == messages::SCORING_STAGE_READ)
    if (auto accepted = accept(done, result, block); !accepted)
      return accepted;
  return advance();
}

outcome<void> scoring_run::fail(const ScoringTaskFailure& failure) {
  if (failure.is_untried()) {
    if (const auto holder
        = board_.give_back(failure.task(), failure.attempt())) {
      auto& untried = jobs_.at(failure.task());
      untried.is_near_only = true;
      if (lacks_values(untried))
        stay_from_now_on(untried.batch);
      context_seen_.erase(*holder); // It may have come with the task.
    }
    return {};
  }
  if (failure.has_input()) {
    static_cast<void>(board_.complete(failure.task(), failure.attempt()));
    return refuse(from_message(failure.input()));
  }
  // Perhaps the worker failed before it took over the context.
  context_seen_.clear();
  switch (board_.fail(failure.task(), failure.attempt())) {
    case runtime::task_board::verdict::late:
    case runtime::task_board::verdict::again:
      return {};
    case runtime::task_board::verdict::exhausted:
      break;
  }
  if (auto handled = exhausted(failure.task(), failure.reason()); !handled)
    return handled;
  return advance();
}

outcome<void> scoring_run::lose(worker_id worker) {
  context_seen_.erase(worker);
  if (far_.erase(worker) != 0)
    lose_home(worker);
  for (const auto task : board_.lose(worker))
    if (auto handled = exhausted(task, "its worker died"); !handled)
      return handled;
  return advance();
}

void scoring_run::take_back(worker_id worker) {
  context_seen_.erase(worker);
  if (far_.erase(worker) != 0)
    lose_home(worker);
  board_.take_back(worker);
}

outcome<void> scoring_run::exhausted(std::uint64_t task,
                                     const std::string& reason) {
  auto failed = std::move(jobs_.extract(task).mapped());
  if (lacks_values(failed)) {
    stay_from_now_on(failed.batch);
    add_job(std::move(failed));
    return {};
  }
  const auto is_new = !batches_.contains(failed.batch)
                      || !batches_.at(failed.batch).is_restoring;
  if (failed.task.stage() == messages::SCORING_STAGE_READ && is_new)
    return split_text(failed, reason);
  if (failed.task.stage() == messages::SCORING_STAGE_SCORE)
    return split_rows(failed, reason);
  return runtime::fail(problem_kind::failed,
                       "a task failed three times: " + reason,
                       "run again with --log-level debug and report it");
}

outcome<void> scoring_run::split_text(const job& failed,
                                      const std::string& reason) {
  const auto bytes = failed.block[0].bytes();
  const auto text = std::string_view{
    reinterpret_cast<const char*>(bytes.data()), failed.task.text_bytes()};
  const auto format = format_of(options_.context);
  auto whole = runtime::scan_state{};
  runtime::scan_records(text, format, text.size(), whole);
  const auto records = whole.records + (whole.end < text.size() ? 1 : 0);
  if (records <= 1) {
    auto& entry = problems_.emplace_back();
    entry.set_line(failed.task.first_line());
    entry.set_reason(reason);
    batches_.erase(failed.batch);
    return {};
  }
  auto half = runtime::scan_state{};
  runtime::scan_records(text, format, records / 2, half);
  const auto add_half
    = [&](std::string_view lines, std::uint64_t first_line, std::size_t count) {
        auto part = failed;
        // Parsers load ahead: the padding belongs to the text.
        auto padded = std::string{lines};
        padded.resize(lines.size() + bytes.size() - text.size(), '\0');
        part.block = join(column_block{{column{std::move(padded)}}},
                          options_.financials);
        part.task.set_first_line(first_line);
        part.task.set_text_bytes(lines.size());
        part.batch = first_line;
        part.searching = true;
        batches_[part.batch];
        add_job(std::move(part), count == 1 ? 3 : 1);
      };
  add_half(text.substr(0, half.end), failed.task.first_line(), records / 2);
  add_half(text.substr(half.end), failed.task.first_line() + half.lines,
           records - records / 2);
  return {};
}

outcome<void> scoring_run::split_rows(const job& failed,
                                      const std::string& reason) {
  const auto& from = batches_.at(failed.batch);
  const auto count = failed.searching ? failed.count : from.rows;
  if (count <= 1) {
    exclude(failed.batch, failed.first, reason);
    return {};
  }
  const auto items = unpack_items(from.items);
  if (!items)
    return runtime::fail(broken_answer("items"));
  const auto add_half = [&](std::uint64_t first, std::uint64_t rows) {
    auto part = failed;
    part.block = pack(slice(*items, first, rows));
    part.first = first;
    part.count = rows;
    part.searching = true;
    add_job(std::move(part), rows == 1 ? 3 : 1);
  };
  add_half(failed.first, count / 2);
  add_half(failed.first + count / 2, count - count / 2);
  return {};
}

void scoring_run::exclude(std::uint64_t key, std::uint64_t row,
                          const std::string& reason) {
  auto& from = batches_.at(key);
  from.excluded.push_back(static_cast<std::uint32_t>(row));
  auto& entry = problems_.emplace_back();
  entry.set_item(scored_one(from).id(row));
  if (from.lines.size() != 0)
    entry.set_line(from.lines.counts()[row]);
  entry.set_reason(reason);
}

// -- what the answers mean ---------------------------------------------------

outcome<void> scoring_run::accept(const job& done,
                                  const ScoringTaskResult& result,
                                  const column_block& block) {
  switch (done.task.stage()) {
    case messages::SCORING_STAGE_READ:
    case messages::SCORING_STAGE_MEASURE:
      return accept_items(done, result, block);
    case messages::SCORING_STAGE_SCORE:
    case messages::SCORING_STAGE_COMBINE:
      return accept_scores(done, result, block);
    default:
      break;
  }
  if (block.empty() || !is_answer(done.task.stage(), block[0].type()))
    return runtime::fail(broken_answer("columns"));
  switch (done.task.stage()) {
    case messages::SCORING_STAGE_SORT: {
      const auto values = block[0].doubles();
      sorted_.at(done.batch).assign(values.begin(), values.end());
      return {};
    }
    case messages::SCORING_STAGE_RANK: {
      const auto order = block[0].counts();
      rank_parts_.at(done.task.part()).assign(order.begin(), order.end());
      return {};
    }
    case messages::SCORING_STAGE_RENDER:
      batches_.at(done.batch).texts[done.task.file()] = block;
      ++outputs_waiting_;
      return {};
    case messages::SCORING_STAGE_SUMMARISE: {
      const auto bytes = block[0].bytes();
      summary_json_.assign(bytes.begin(), bytes.end());
      return {};
    }
    case messages::SCORING_STAGE_RECORD:
      batches_.at(done.batch).record = block;
      return {};
    default:
      return runtime::fail(broken_answer("unknown stage"));
  }
}

outcome<void> scoring_run::accept_items(const job& done,
                                        const ScoringTaskResult& result,
                                        const column_block& block) {
  auto statistics = from_message(result.statistics());
  if (!statistics
      || statistics->columns.size() != options_.plan.criteria.size())
    return runtime::fail(broken_answer("statistics"));
  auto& to = batches_.at(done.batch);
  if ((to.is_restoring && to.rows != result.rows())
      || (result.is_withheld() && !done.task.may_withhold()))
    return runtime::fail(broken_answer("a batch that is read once more"));
  to.statistics = std::move(*statistics);
  to.is_withheld = result.is_withheld();
  to.rows = result.rows();
  to.ids_ascend = result.ids_ascend();
  if (done.task.stage() == messages::SCORING_STAGE_MEASURE) {
    to.items = done.block;
  } else {
    if (block.size() < 2)
      return runtime::fail(broken_answer("items"));
    // The reader's last column has the lines.
    to.lines = block[block.size() - 1];
    to.items = part(block, 0, block.size() - 1);
    if (to.lines.type() != column::kind::counts
        || to.lines.size() != result.rows())
      return runtime::fail(broken_answer("lines"));
  }
  const auto items = unpack_items(to.items);
  const auto columns = to.is_withheld ? 0 : options_.plan.criteria.size();
  if (!items || items->rows != to.rows || items->values.size() != columns)
    return runtime::fail(broken_answer("items"));
  if (to.is_restoring) {
    finish_restoring(done.batch);
    return {};
  }
  problems_.insert(problems_.end(), result.problems().begin(),
                   result.problems().end());
  rows_read_ += to.rows;
  return {};
}

outcome<void> scoring_run::accept_scores(const job& done,
                                         const ScoringTaskResult& result,
                                         const column_block& block) {
  auto& to = batches_.at(done.batch);
  constexpr std::size_t totals_size = 5;
  const auto is_part
    = only_changes_ && done.task.stage() == messages::SCORING_STAGE_SCORE;
  const auto rows = is_part ? to.changed.size() : to.rows;
  if (block.size() < totals_size)
    return runtime::fail(broken_answer("scores"));
  if (done.task.stage() == messages::SCORING_STAGE_SCORE) {
    to.strategic_max = result.strategic_max();
    const auto has_totals = options_.plan.rules == rule_set::standard;
    const auto size = block.size() - (has_totals ? totals_size : 0);
    to.strategic = part(block, 0, size);
    if (has_totals)
      to.totals = part(block, size, totals_size);
    rows_scored_ += rows;
    const auto scores = unpack_strategic(to.strategic);
    if (!scores || scores->rows != rows
        || scores->categories.size() != options_.plan.categories.size())
      return runtime::fail(broken_answer("strategic scores"));
  } else {
    to.totals = block;
  }
  if (!to.totals.empty()) {
    const auto totals = unpack_totals(to.totals);
    if (!totals || totals->rows != rows)
      return runtime::fail(broken_answer("totals"));
  }
  return is_part ? complete_scores(to) : outcome<void>{};
}

// -- the output --------------------------------------------------------------

bool scoring_run::is_output_ready() const {
  return std::any_of(
    next_output_.begin(), next_output_.end(), [this](const auto& each) {
      const auto at = batches_.lower_bound(each.second);
      return at != batches_.end() && at->second.texts.contains(each.first);
    });
}

std::optional<scoring_run::output> scoring_run::take_output() {
  for (auto& [file, next] : next_output_) {
    const auto at = batches_.lower_bound(next);
    if (at == batches_.end())
      continue;
    const auto text = at->second.texts.find(file);
    if (text == at->second.texts.end())
      continue;
    auto result = output{file, std::move(text->second)};
    at->second.texts.erase(text);
    next = at->first + 1;
    --outputs_waiting_;
    ++outputs_out_;
    return result;
  }
  return std::nullopt;
}

outcome<void> scoring_run::output_written() {
  --outputs_out_;
  return advance();
}

} // namespace troupe::scoring
