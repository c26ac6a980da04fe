#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/problem_message.hpp"

#include <string>
#include <utility>

// Tasks as they are given out, and what comes of them.

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using runtime::outcome;

namespace {

runtime::problem gave_up(std::int32_t year, const std::string& reason) {
  auto problem = runtime::problem{};
  problem.message
    = "a block of " + std::to_string(year) + " failed three times: " + reason;
  problem.hint = "run again with --log-level debug and report it";
  return problem;
}

runtime::problem broken_answer(const std::string& what) {
  auto problem = runtime::problem{};
  problem.message = "a processor answered without " + what;
  return problem;
}

column_block with_ids(const column_block& people, const person_ids& ids) {
  auto columns = column_list{};
  for (auto at = std::size_t{0}; at < people_column_count; ++at)
    columns.push_back(people[at]);
  append_ids(columns, ids);
  return column_block{std::move(columns)};
}

std::size_t width_of(column::kind values) {
  switch (values) {
    case column::kind::doubles:
    case column::kind::integers:
      return sizeof(std::int64_t);
    case column::kind::counts:
      return sizeof(std::uint32_t);
    default:
      return sizeof(std::uint8_t);
  }
}

/// Of columns [first, end) that are no texts.
std::uint64_t bytes_of(const column_block& block, std::size_t first,
                       std::size_t end) {
  auto total = std::uint64_t{0};
  for (auto at = first; at < end; ++at)
    total += block[at].size() * width_of(block[at].type());
  return total;
}

} // namespace

/// People whom a worker has need not travel: those first, then those whom
/// nobody has.
std::optional<runtime::task_board::assignment>
simulation_run::assign(worker_id worker, runtime::worker_place place) {
  const auto is_far = place == runtime::worker_place::far;
  // To send keys takes longer than to draw for them.
  if (is_far && stage_ != stage::simulate)
    return std::nullopt;
  const auto with_home = [&](worker_id home) {
    return board_.take(worker, [&](std::uint64_t task) {
      return blocks_[task_blocks_.at(task)].home == home
             && (!is_far || may_travel(task));
    });
  };
  if (is_far)
    if (auto own = with_home(worker))
      return own;
  if (auto free = with_home(0))
    return free;
  if (!is_far)
    return board_.take(worker);
  return board_.take(worker,
                     [this](std::uint64_t task) { return may_travel(task); });
}

/// What it has seen, and whom.
void simulation_run::forget(worker_id worker) {
  context_seen_.erase(worker);
  far_.erase(worker);
  for (auto& each : blocks_)
    if (each.home == worker)
      each.home = 0;
}

std::optional<simulation_tasks::offer>
simulation_run::take(worker_id worker, runtime::worker_place place) {
  const auto assignment = assign(worker, place);
  if (!assignment)
    return std::nullopt;
  if (place == runtime::worker_place::far)
    far_.insert(worker);
  const auto at = task_blocks_.at(assignment->task);
  const auto& about = blocks_[at];
  auto result = offer{};
  auto& task = result.task;
  task.set_task(assignment->task);
  task.set_attempt(assignment->attempt);
  task.set_context_version(context_.version());
  task.set_block(at);
  switch (stage_) {
    case stage::count:
      task.set_stage(messages::SIMULATION_STAGE_COUNT);
      break;
    case stage::list:
      task.set_stage(messages::SIMULATION_STAGE_LIST);
      break;
    default:
      task.set_stage(messages::SIMULATION_STAGE_SIMULATE);
      // Whoever keeps them takes memory that is not his.
      task.set_keep_people(options_.memory_limit_bytes == 0);
      break;
  }
  if (about.is_hires()) {
    task.set_first_hire(static_cast<std::uint64_t>(about.hires.first));
    task.set_last_hire(static_cast<std::uint64_t>(about.hires.last));
    task.set_all_hires(static_cast<std::uint64_t>(about.hires.all));
  } else if (stage_ != stage::simulate) {
    result.block
      = chooses_by_key() ? column_block{{people_.keys(at)}} : people_.there(at);
  } else if (options_.keep_text) {
    result.block = with_ids(people_.held(at), about.ids);
  } else {
    result.block = people_.held(at);
  }
  auto& seen = context_seen_[worker];
  if (seen != context_.version()) {
    *task.mutable_context() = context_;
    seen = context_.version();
  }
  return result;
}

outcome<void>
simulation_run::complete(const messages::SimulationTaskResult& result,
                         const column_block& made) {
  const auto holder = board_.holder(result.task(), result.attempt());
  if (!board_.complete(result.task(), result.attempt()))
    return {};
  const auto at = task_blocks_.extract(result.task()).mapped();
  if (stage_ == stage::simulate)
    blocks_[at].home = far_.contains(*holder) ? *holder : 0;
  if (auto accepted = accept(at, result, made); !accepted)
    return accepted;
  ++answered_;
  return advance();
}

outcome<void>
simulation_run::fail(const messages::SimulationTaskFailure& failure) {
  if (failure.is_untried()) {
    if (const auto holder
        = board_.give_back(failure.task(), failure.attempt())) {
      near_only_.insert(task_blocks_.at(failure.task()));
      context_seen_.erase(*holder); // It may have come with the task.
    }
    return {};
  }
  if (failure.has_input()) {
    if (!board_.complete(failure.task(), failure.attempt()))
      return {};
    return runtime::fail(runtime::from_problem_message(failure.input()));
  }
  // Perhaps the processor failed before it took over the context.
  context_seen_.clear();
  if (board_.fail(failure.task(), failure.attempt())
      == runtime::task_board::verdict::exhausted)
    return runtime::fail(gave_up(year_, failure.reason()));
  return {};
}

void simulation_run::take_back(worker_id worker) {
  forget(worker);
  board_.take_back(worker);
}

outcome<void> simulation_run::lose(worker_id worker) {
  forget(worker);
  if (!board_.lose(worker).empty())
    return runtime::fail(gave_up(year_, "its processor died"));
  return {};
}

outcome<void>
simulation_run::accept(std::size_t at,
                       const messages::SimulationTaskResult& result,
                       const column_block& made) {
  if (stage_ == stage::simulate)
    return accept_block(at, result, made);
  auto& search = blocks_[at].is_hires() ? hire_search_ : staff_search_;
  if (stage_ == stage::count) {
    const auto draws = read_histograms(made);
    if (!draws || !search.merge(*draws))
      return runtime::fail(broken_answer("a histogram"));
    return {};
  }
  if (!read_draws(made, search.draws()))
    return runtime::fail(broken_answer("draws"));
  return {};
}

outcome<void>
simulation_run::accept_block(std::size_t at,
                             const messages::SimulationTaskResult& answer,
                             const column_block& made) {
  const auto columns
    = people_column_count
      + (options_.keep_columns ? event_column_count + row_column_count : 0);
  const auto expected
    = columns + (options_.keep_text ? 2 : 0) + (options_.keep_packed ? 2 : 0);
  if (answer.totals_size() != 1 || made.size() != expected
      || !read_people(made))
    return runtime::fail(broken_answer("a block of people"));
  add(totals_, from_message(answer.totals(0)));
  if (options_.parameters.workforce.level_quotas && !blocks_[at].is_hires())
    count_leavers(at, made);
  auto& to = results_[at];
  to.is_there = true;
  if (options_.keep_columns) {
    to.made = made;
    kept_bytes_ += bytes_of(made, 0, columns);
  }
  for (auto each = columns; each < expected; ++each)
    to.output.push_back(made[each]);
  waiting_bytes_ += bytes_of(made, columns, expected);
  for (const auto& each : answer.violations())
    to.violations.push_back(from_message(each));
  take_over_people(at, made);
  hand_out();
  static_cast<void>(make_room_for(released_ - answered_));
  return {};
}

void simulation_run::count_leavers(std::size_t at, const column_block& made) {
  const auto before = read_people(people_.held(at));
  const auto next = read_people(made);
  if (before && next)
    simulation::count_leavers(*before, *next, leavers_);
}

} // namespace troupe::simulation
