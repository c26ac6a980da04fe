#include "actors/simulation/simulator.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/people_check.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_files.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/store_host.hpp"

#include <caf/scoped_actor.hpp>

#include <optional>
#include <utility>

namespace troupe::simulation {

using namespace std::chrono_literals;

using messages::column_block;
using runtime::fail;
using runtime::outcome;

namespace {

template <class Years>
std::vector<year_totals> to_totals(const Years& from) {
  auto years = std::vector<year_totals>{};
  for (const auto& each : from)
    years.push_back(from_message(each));
  return years;
}

/// The people in the order of keys, as columns that own them.
outcome<column_block> order_people(const scenario& parameters,
                                   const people& staff) {
  const auto all = std::max(staff.size(), std::size_t{1});
  auto ordered = make_blocks(staff, all);
  if (auto checked = check_people(parameters, ordered); !checked)
    return fail(checked.error());
  if (ordered.empty())
    ordered.emplace_back();
  const auto owner = std::make_shared<const people>(std::move(ordered.front()));
  auto columns = column_list{};
  append_people(columns, *owner, owner);
  return column_block{std::move(columns)};
}

} // namespace

struct simulator::state {
  simulator_options options;
  std::size_t workers = 1;
  runtime::store_host host;

  state(simulator_options from, runtime::store_host with)
    : options{std::move(from)}, workers{runtime::worker_count(options.workers)},
      host{std::move(with)} {}

  simulation_coordinator_options prepare(column_block everybody) const {
    auto to = simulation_coordinator_options{};
    to.run.everybody = std::move(everybody);
    to.run.workers = workers;
    to.processor.before_task = options.before_task;
    return to;
  }

  /// Asks a coordinator of its own for everything.
  template <class Answer, class Request>
  outcome<Answer> ask(simulation_coordinator_options to, Request request,
                      const std::stop_token& stop) {
    auto self = caf::scoped_actor{host.system()};
    const auto writer = to.writer;
    const auto coordinator
      = spawn_simulation_coordinator(host.system(), std::move(to));
    const auto cancel = std::stop_callback{
      stop, [&] { caf::anon_send(coordinator, messages::CancelSimulation{}); }};
    auto result = outcome<Answer>{};
    // No timeout: every wait within the run has its own.
    self->request(coordinator, caf::infinite, std::move(request))
      .receive([&](Answer& answer) { result = std::move(answer); },
               [&](const caf::error& error) {
                 result = fail(runtime::to_problem(error, host.system()));
               });
    // Files that did not become visible are gone when their writer is.
    if (writer) {
      self->monitor(writer);
      self->receive([](const caf::down_msg&) {}, caf::after(10s) >> [] {});
    }
    return result;
  }
};

simulator::simulator(std::unique_ptr<state> made) : state_{std::move(made)} {}

simulator::simulator(simulator&&) noexcept = default;

simulator& simulator::operator=(simulator&&) noexcept = default;

simulator::~simulator() = default;

outcome<simulator> simulator::create(simulator_options options) {
  auto from = runtime::store_host_options{};
  // One thread beside the workers, so that the coordinator answers while all
  // of them calculate.
  from.threads = runtime::worker_count(options.workers) + 1;
  from.shutdown_timeout = options.shutdown_timeout;
  auto host = runtime::store_host::create(std::move(from));
  if (!host)
    return fail(host.error());
  return simulator{
    std::make_unique<state>(std::move(options), std::move(*host))};
}

outcome<simulation_result>
simulator::simulate(simulation_request request,
                    std::shared_ptr<simulation_progress> progress,
                    std::stop_token stop) {
  auto everybody = order_people(request.parameters, request.staff);
  if (!everybody)
    return fail(everybody.error());
  request.staff = {};
  auto to = state_->prepare(std::move(*everybody));
  to.run.parameters = request.parameters;
  to.run.ids = std::move(request.ids);
  to.run.block_people = std::max(request.block_people, std::size_t{1});
  to.run.keep_columns = static_cast<bool>(request.take_year);
  to.take_year = std::move(request.take_year);
  to.describe = std::move(request.describe);
  to.progress = std::move(progress);
  if (!request.out.empty()) {
    auto files = create_simulation_files(request.out);
    if (!files)
      return fail(files.error());
    to.run.keep_text = true;
    to.writer
      = runtime::spawn_output_writer(state_->host.system(), std::move(*files));
  }
  const auto summary = state_->ask<messages::SimulationSummary>(
    std::move(to), messages::RunSimulation{}, stop);
  if (!summary)
    return fail(summary.error());
  auto result = simulation_result{};
  result.years = to_totals(summary->years());
  result.csv_bytes = summary->csv_bytes();
  result.retries = summary->retries();
  return result;
}

outcome<std::vector<std::vector<year_totals>>>
simulator::project(const people& staff, std::span<const scenario> scenarios,
                   std::shared_ptr<simulation_progress> progress,
                   std::stop_token stop) {
  auto all = std::vector<std::vector<year_totals>>{};
  if (scenarios.empty())
    return all;
  auto everybody = order_people(scenarios.front(), staff);
  if (!everybody)
    return fail(everybody.error());
  auto to = state_->prepare(std::move(*everybody));
  to.progress = std::move(progress);
  auto request = messages::RunProjections{};
  for (const auto& each : scenarios)
    request.add_scenarios(canonical_text(each));
  const auto answer = state_->ask<messages::Projections>(
    std::move(to), std::move(request), stop);
  if (!answer)
    return fail(answer.error());
  for (const auto& each : answer->projections())
    all.push_back(to_totals(each.years()));
  return all;
}

} // namespace troupe::simulation
