#include "actors/simulation/simulation_run.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/problem_message.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using runtime::outcome;

namespace {

/// Packed bytes beyond which no further blocks are simulated until some are
/// stored, as a multiple of those that are stored at once.
constexpr auto commits_waiting_max = std::uint64_t{4};

/// The texts that wait are those of so many blocks at most, for each processor.
constexpr auto blocks_ahead = std::size_t{4};

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

std::size_t size_of(const column_block& people) {
  return people.empty() ? 0 : people[0].size();
}

person_ids ids_of(const column_block& people, const person_ids& all) {
  const auto view = read_people(people);
  if (!view || view->size() == 0)
    return {};
  return all.between(view->key.front(), view->key.back());
}

} // namespace

simulation_run::simulation_run(simulation_run_options options)
  : options_{std::move(options)}, headcounts_{planned_headcounts(
                                    options_.parameters)},
    people_{{.bytes = options_.memory_limit_bytes,
             .can_load = options_.can_load && options_.keep_packed}} {}

outcome<void> simulation_run::start() {
  years_ = options_.before;
  year_
    = years_.empty() ? options_.parameters.start_year : years_.back().year + 1;
  const auto people = size_of(options_.everybody);
  for (auto first = std::size_t{0}; first < people;
       first += options_.block_people) {
    auto part = block{};
    const auto staff = options_.everybody.slice(
      first, std::min(options_.block_people, people - first));
    if (options_.keep_text)
      part.ids = ids_of(staff, options_.ids);
    blocks_.push_back(std::move(part));
    people_.add(staff);
    static_cast<void>(people_.make_room(0));
  }
  options_.everybody = {};
  return begin_year();
}

// -- the processors ----------------------------------------------------------

std::optional<simulation_tasks::offer> simulation_run::take(worker_id worker) {
  const auto assignment = board_.take(worker);
  if (!assignment)
    return std::nullopt;
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
      break;
  }
  if (about.is_hires()) {
    task.set_first_hire(static_cast<std::uint64_t>(about.hires.first));
    task.set_last_hire(static_cast<std::uint64_t>(about.hires.last));
    task.set_all_hires(static_cast<std::uint64_t>(about.hires.all));
  } else if (stage_ != stage::simulate) {
    result.block = column_block{{people_.keys(at)}};
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
  if (!board_.complete(result.task(), result.attempt()))
    return {};
  const auto at = task_blocks_.extract(result.task()).mapped();
  if (auto accepted = accept(at, result, made); !accepted)
    return accepted;
  ++answered_;
  return advance();
}

outcome<void>
simulation_run::fail(const messages::SimulationTaskFailure& failure) {
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

outcome<void> simulation_run::lose(worker_id worker) {
  context_seen_.erase(worker);
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
  const auto is_hires = blocks_[at].is_hires();
  if (stage_ == stage::count) {
    const auto draws = read_histogram(made);
    if (!draws)
      return runtime::fail(broken_answer("a histogram"));
    (is_hires ? hire_draws_ : staff_draws_).merge(*draws);
    return {};
  }
  if (!read_draws(made, is_hires ? hire_list_ : staff_list_))
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

// -- from stage to stage -----------------------------------------------------

void simulation_run::enter(stage next) {
  stage_ = next;
  answered_ = 0;
  context_.set_version(context_.version() + 1);
}

outcome<void> simulation_run::begin_year() {
  if (year_ > options_.parameters.end_year) {
    stage_ = stage::done;
    return {};
  }
  const auto planned
    = headcounts_(year_, static_cast<std::int64_t>(people_.people()));
  if (!planned) {
    auto reason = planned.error();
    reason.message += " in " + std::to_string(year_);
    return runtime::fail(std::move(reason));
  }
  planned_ = *planned;
  staff_blocks_ = blocks_.size();
  for (auto& hires : cut_hires(
         planned_.hires, static_cast<std::int64_t>(options_.block_people))) {
    auto part = block{};
    part.hires = hires;
    blocks_.push_back(std::move(part));
  }
  const auto version = context_.version();
  context_ = {};
  context_.set_version(version);
  context_.set_scenario(
    canonical_text(rules_of_year(options_.parameters, year_)));
  context_.set_year(year_);
  context_.set_keep_columns(options_.keep_columns);
  context_.set_keep_text(options_.keep_text);
  context_.set_keep_packed(options_.keep_packed);
  staff_draws_ = {};
  hire_draws_ = {};
  staff_list_.clear();
  hire_list_.clear();
  if (auto checked = check_room(); !checked)
    return checked;
  return choose_leavers();
}

void simulation_run::add_tasks() {
  for (auto at = std::size_t{0}; at < blocks_.size(); ++at) {
    task_blocks_[next_task_] = at;
    board_.add(next_task_++);
  }
}

outcome<void> simulation_run::choose_leavers() {
  if (planned_.terminations == 0 && planned_.new_hire_terminations == 0) {
    begin_simulating();
    return advance();
  }
  enter(stage::count);
  add_tasks();
  return advance();
}

outcome<void> simulation_run::advance() {
  if (stage_ == stage::count && answered_ == blocks_.size())
    return find_buckets();
  if (stage_ == stage::list && answered_ == blocks_.size())
    find_bounds();
  if (stage_ != stage::simulate)
    return {};
  release();
  if (answered_ != blocks_.size())
    return {};
  if (!std::exchange(is_checked_, true))
    if (auto checked = check_year(); !checked)
      return checked;
  return is_drained() ? end_year() : outcome<void>{};
}

outcome<void> simulation_run::find_buckets() {
  const auto find
    = [this](const draw_histogram& draws,
             std::int64_t count) -> outcome<std::optional<bound_bucket>> {
    if (static_cast<std::uint64_t>(count) > draws.total()) {
      auto reason = runtime::problem{};
      reason.message = std::to_string(count) + " are to leave of "
                       + std::to_string(draws.total()) + " who can in "
                       + std::to_string(year_);
      reason.key = "workforce";
      return runtime::fail(std::move(reason));
    }
    return find_bucket(draws, static_cast<std::uint64_t>(count));
  };
  const auto staff = find(staff_draws_, planned_.terminations);
  if (!staff)
    return runtime::fail(staff.error());
  const auto hires = find(hire_draws_, planned_.new_hire_terminations);
  if (!hires)
    return runtime::fail(hires.error());
  if (*staff) {
    context_.mutable_staff_bucket()->set_bucket(
      static_cast<std::uint32_t>((*staff)->bucket));
    context_.mutable_staff_bucket()->set_chosen((*staff)->chosen);
  }
  if (*hires) {
    context_.mutable_hire_bucket()->set_bucket(
      static_cast<std::uint32_t>((*hires)->bucket));
    context_.mutable_hire_bucket()->set_chosen((*hires)->chosen);
  }
  enter(stage::list);
  add_tasks();
  return advance();
}

void simulation_run::find_bounds() {
  const auto find = [](const messages::SimulationContext::DrawBucket& from,
                       std::vector<keyed_draw>& draws) {
    return find_bound({.bucket = from.bucket(), .chosen = from.chosen()},
                      draws);
  };
  if (context_.has_staff_bucket()) {
    const auto bound = find(context_.staff_bucket(), staff_list_);
    context_.mutable_staff_bound()->set_draw(bound->draw);
    context_.mutable_staff_bound()->set_key(bound->key);
  }
  if (context_.has_hire_bucket()) {
    const auto bound = find(context_.hire_bucket(), hire_list_);
    context_.mutable_hire_bound()->set_draw(bound->draw);
    context_.mutable_hire_bound()->set_key(bound->key);
  }
  begin_simulating();
}

void simulation_run::begin_simulating() {
  enter(stage::simulate);
  results_.assign(blocks_.size(), {});
  totals_ = {};
  totals_.year = year_;
  released_ = 0;
  handed_out_ = 0;
  texts_written_ = 0;
  year_committed_ = false;
  is_checked_ = false;
  year_packed_bytes_ = 0;
}

/// Puts blocks on the board as long as what they put out has room.
void simulation_run::release() {
  auto end = blocks_.size();
  if (options_.keep_text || options_.keep_packed) {
    // A block waits for all before it: both queues are in the order of people.
    const auto drained = options_.keep_text ? texts_written_ / 2 : handed_out_;
    end = std::min(end, drained + blocks_ahead * options_.workers);
    if (unstored_bytes_ > commits_waiting_max * commit_bytes())
      end = released_;
  }
  for (; released_ < end && can_release(); ++released_) {
    if (released_ < staff_blocks_)
      people_.hold(released_);
    task_blocks_[next_task_] = released_;
    board_.add(next_task_++);
  }
}

bool simulation_run::is_drained() const noexcept {
  return texts_.empty() && !text_out_ && !commit_out_
         && (!options_.keep_packed || year_committed_);
}

/// Before anything says that the year is whole.
outcome<void> simulation_run::check_year() {
  if (totals_.overpaid_key != no_key)
    return runtime::fail(overpaid(totals_));
  auto violations = std::vector<rule_violation>{};
  for (auto& each : results_)
    std::ranges::move(each.violations, std::back_inserter(violations));
  if (violations.empty())
    violations = simulation::check_year(
      planned_, totals_, years_.empty() ? nullptr : &years_.back());
  if (!violations.empty())
    return runtime::fail(to_problem(violations, options_.ids));
  return {};
}

outcome<void> simulation_run::end_year() {
  years_.push_back(totals_);
  if (options_.keep_columns) {
    finished_.emplace();
    finished_->totals = totals_;
    for (auto& each : results_)
      finished_->blocks.push_back(std::move(each.made));
    kept_bytes_ = 0;
  }
  begin_next_year();
  ++year_;
  return begin_year();
}

/// Its people of the next year take its place.
void simulation_run::take_over_people(std::size_t at,
                                      const column_block& made) {
  auto columns = column_list{};
  for (auto each = std::size_t{0}; each < people_column_count; ++each)
    columns.push_back(made[each]);
  people_.replace(at, column_block{std::move(columns)});
}

void simulation_run::begin_next_year() {
  auto staff = std::vector<block>{};
  // Tiny blocks of hires would only grow in number.
  for (const auto at : people_.begin_next_year()) {
    auto part = block{};
    part.ids = std::move(blocks_[at].ids);
    staff.push_back(std::move(part));
  }
  blocks_ = std::move(staff);
  results_.clear();
}

} // namespace troupe::simulation
