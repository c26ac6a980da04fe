#include "actors/simulation/simulation_recorder.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/year_totals_message.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::simulation {

using messages::SimulationSummary;
using runtime::fail;
using runtime::outcome;

namespace {

/// Parts of a run that one transaction stores.
constexpr auto parts_at_once = std::size_t{500};

std::string text_of(const messages::column& bytes) {
  const auto values = bytes.bytes();
  return {reinterpret_cast<const char*>(values.data()), values.size()};
}

double seconds_between(runtime::clock::wall_time from,
                       runtime::clock::wall_time to) {
  return std::chrono::duration<double>{to - from}.count();
}

/// The transactions of a run's years; each year knows how long it took.
class year_recorder {
public:
  explicit year_recorder(std::shared_ptr<const recorder_options> options)
    : options_{std::move(options)}, since_{options_->now()} {}

  store_request record(const simulation_run::commit& of) {
    auto blocks = std::vector<packed_block>{};
    blocks.reserve(of.blocks.size());
    for (const auto& each : of.blocks)
      blocks.push_back({.block = static_cast<std::size_t>(each.block),
                        .first_key = each.first_key,
                        .last_key = each.last_key,
                        .rows = text_of(each.rows),
                        .events = text_of(each.events)});
    blocks_ += blocks.size();
    auto request = record_blocks(options_->claim, of.year, blocks);
    if (!of.totals)
      return request;
    const auto now = options_->now();
    const auto figures = year_figures{
      .blocks = std::exchange(blocks_, 0),
      .raw_bytes = of.raw_bytes,
      .packed_bytes = of.packed_bytes,
      .seconds = seconds_between(std::exchange(since_, now), now)};
    return join(std::move(request),
                commit_year(options_->claim, *of.totals, figures));
  }

private:
  std::shared_ptr<const recorder_options> options_;
  runtime::clock::wall_time since_;
  std::size_t blocks_ = 0; ///< Of the year so far.
};

} // namespace

simulation_recorder::simulation_recorder(const runtime::store_host& host,
                                         recorder_options options)
  : host_{host}, options_{std::make_shared<const recorder_options>(
                   std::move(options))} {}

outcome<void> simulation_recorder::commit(store_request request) const {
  auto done
    = host_.commit(std::move(request.transaction), std::move(request.rows));
  if (!done && done.error().file.empty())
    done.error().file = host_.path();
  return done;
}

outcome<void> simulation_recorder::begin(const simulation_header& header,
                                         const people_view& everybody,
                                         const person_ids& ids) {
  auto blocks = std::vector<packed_people>{};
  for (auto first = std::size_t{0}; first < everybody.size();
       first += block_people)
    blocks.push_back(pack_people_of(
      blocks.size(),
      everybody.part(first, std::min(block_people, everybody.size() - first)),
      ids));
  auto request
    = join(begin_run(header), record_people(options_->claim.run, blocks));
  return commit(std::move(request));
}

outcome<void> simulation_recorder::take_over(std::int32_t last_committed_year) {
  auto request = simulation::take_over(options_->claim, last_committed_year,
                                       options_->now());
  return commit(std::move(request));
}

outcome<simulation_storage> simulation_recorder::storage() const {
  auto to = simulation_storage{};
  auto store = host_.store();
  if (!store)
    return fail(store.error());
  to.store = std::move(*store);
  to.file = host_.path();
  to.record = [years = std::make_shared<year_recorder>(options_)](
                const simulation_run::commit& of) { return years->record(of); };
  to.finish = [options = options_](const SimulationSummary& of) {
    auto ending = simulation_ending{};
    ending.status = simulation_status::completed;
    if (options->describe)
      ending.report = options->describe(of);
    ending.at = options->now();
    ending.runs_kept = options->runs_kept;
    return finish_run(options->claim, ending);
  };
  return to;
}

outcome<void>
simulation_recorder::record_parts(const simulation_header& header,
                                  std::span<const simulation_child> children,
                                  const std::string& report) {
  if (auto begun = commit(begin_run(header)); !begun)
    return begun;
  // A run whose parts are not all there is not completed.
  for (auto first = std::size_t{0}; first < children.size();
       first += parts_at_once) {
    const auto count = std::min(parts_at_once, children.size() - first);
    if (auto kept = commit(record_children(options_->claim.run, options_->now(),
                                           children.subspan(first, count)));
        !kept)
      return kept;
  }
  auto ending = simulation_ending{};
  ending.report = report;
  ending.at = options_->now();
  ending.runs_kept = options_->runs_kept;
  auto request = finish_run(options_->claim, ending);
  return commit(std::move(request));
}

state_keeper_actor simulation_recorder::spawn_keeper() const {
  return spawn_state_keeper(host_.system(), {.store = host_.path(),
                                             .run = options_->claim.run});
}

void simulation_recorder::end_early(const runtime::problem& reason) {
  auto ending = simulation_ending{};
  ending.status = reason.kind == runtime::problem_kind::interrupted
                    ? simulation_status::cancelled
                    : simulation_status::failed;
  ending.reason = reason.message;
  ending.at = options_->now();
  ending.runs_kept = options_->runs_kept;
  auto request = finish_run(options_->claim, ending);
  static_cast<void>(commit(std::move(request)));
}

} // namespace troupe::simulation
