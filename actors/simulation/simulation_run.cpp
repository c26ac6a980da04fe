#include "actors/simulation/simulation_run.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_messages.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace troupe::simulation {

using messages::column_block;
using runtime::outcome;

namespace {

/// Packed bytes beyond which no further blocks are simulated until some are
/// stored, as a multiple of those that are stored at once.
constexpr auto commits_waiting_max = std::uint64_t{4};

/// The texts that wait are those of so many blocks at most, for each processor.
constexpr auto blocks_ahead = std::size_t{4};

/// None chosen where there is no bucket.
void set_bucket(const std::optional<bound_bucket>& from,
                messages::SimulationContext::DrawBucket& to) {
  if (!from)
    return;
  to.set_bucket(static_cast<std::uint32_t>(from->bucket));
  to.set_chosen(from->chosen);
}

void set_bound(const draw_bound& from,
               messages::SimulationContext::DrawBound& to) {
  if (!from)
    return;
  to.set_draw(from->draw);
  to.set_key(from->key);
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

runtime::problem needs_all_people() {
  auto problem = runtime::problem{};
  problem.kind = runtime::problem_kind::invalid_input;
  problem.key = "workforce";
  problem.message = "leavers that are chosen by weight or by level need all "
                    "people in memory";
  problem.hint = "leave out the limit of memory, or choose uniformly";
  return problem;
}

} // namespace

simulation_run::simulation_run(simulation_run_options options)
  : options_{std::move(options)}, headcounts_{planned_headcounts(
                                    options_.parameters)},
    people_{{.bytes = options_.memory_limit_bytes,
             .can_load = options_.can_load && options_.keep_packed}} {}

outcome<void> simulation_run::start() {
  if (options_.memory_limit_bytes != 0 && !chooses_by_key())
    return runtime::fail(needs_all_people());
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

/// Whether leavers are chosen by draws alone, for which keys are enough.
bool simulation_run::chooses_by_key() const noexcept {
  const auto& rules = options_.parameters.workforce;
  return rules.selection.method == leaver_selection::uniform
         && !rules.level_quotas;
}

// -- from stage to stage -----------------------------------------------------

void simulation_run::enter(stage next) {
  stage_ = next;
  answered_ = 0;
  near_only_.clear();
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
  const auto& rules = options_.parameters.workforce;
  staff_search_ = leaver_search{rules.level_quotas ? level_count : 1};
  hire_search_ = leaver_search{};
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
    = [this](leaver_search& search, std::int64_t leavers) -> outcome<void> {
    auto found = search.find_buckets(leavers);
    if (found)
      return found;
    found.error().message += " in " + std::to_string(year_);
    found.error().key = "workforce";
    return found;
  };
  if (auto found = find(staff_search_, planned_.terminations); !found)
    return found;
  if (auto found = find(hire_search_, planned_.new_hire_terminations); !found)
    return found;
  if (staff_search_.does_anybody_leave())
    for (const auto& each : staff_search_.buckets())
      set_bucket(each, *context_.add_staff_bucket());
  if (hire_search_.does_anybody_leave())
    set_bucket(hire_search_.buckets().front(), *context_.mutable_hire_bucket());
  enter(stage::list);
  add_tasks();
  return advance();
}

void simulation_run::find_bounds() {
  const auto staff = staff_search_.find_bounds();
  for (auto at = 0; at < context_.staff_bucket_size(); ++at)
    set_bound(staff[static_cast<std::size_t>(at)], *context_.add_staff_bound());
  if (context_.has_hire_bucket())
    set_bound(hire_search_.find_bounds()[0], *context_.mutable_hire_bound());
  begin_simulating();
}

void simulation_run::begin_simulating() {
  enter(stage::simulate);
  results_.assign(blocks_.size(), {});
  totals_ = {};
  totals_.year = year_;
  leavers_ = {};
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
    end = std::min(end,
                   drained + blocks_ahead * (options_.workers + far_workers_));
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
  if (violations.empty() && options_.parameters.workforce.level_quotas)
    violations = check_level_quotas(year_, leavers_);
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
    part.home = blocks_[at].home;
    staff.push_back(std::move(part));
  }
  blocks_ = std::move(staff);
  results_.clear();
}

} // namespace troupe::simulation
