#include "tools/activities/simulate_activity.hpp"

#include "actors/engine/activity_reports.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "tools/activities/blocking_activity.hpp"
#include "tools/version.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::outcome;
using simulation::checked;

namespace {

using seconds = std::chrono::duration<double>;
using steady = std::chrono::steady_clock;

/// Everything an attempt needs on its own thread.
struct simulate_surface {
  runtime::store_actor store;
  simulate_activity_options options;
};

using shared_progress = std::shared_ptr<simulation::simulation_progress>;

/// What was measured, beside what is equal each time. Years that were there
/// before the start took no time.
json measured(const json& foundation, const messages::SimulationSummary& of,
              std::size_t years_before,
              const simulation::simulation_progress* progress,
              steady::time_point start) {
  auto facts = foundation;
  const auto elapsed = seconds{steady::now() - start}.count();
  facts["seconds"] = elapsed;
  auto records = std::int64_t{0};
  for (auto at = static_cast<int>(years_before); at < of.years_size(); ++at) {
    const auto& year = of.years(at);
    records += year.events() + year.start_headcount() + year.hires();
  }
  facts["records"] = records;
  facts["records_per_s"]
    = elapsed > 0.0 ? static_cast<double>(records) / elapsed : 0.0;
  facts["tasks_again"] = of.retries();
  if (progress != nullptr && progress->blocks_spilled != 0)
    facts["blocks_spilled"] = progress->blocks_spilled.load();
  if (of.csv_bytes() != 0)
    facts["csv_bytes"] = of.csv_bytes();
  if (of.packed_bytes() != 0) {
    facts["raw_bytes"] = of.raw_bytes();
    facts["packed_bytes"] = of.packed_bytes();
    facts["compression_saved"] = 1.0
                                 - static_cast<double>(of.packed_bytes())
                                     / static_cast<double>(of.raw_bytes());
  }
  return facts;
}

/// The output of the activity.
json output_of(const simulated& from) {
  auto to = json{};
  to["run"] = from.result.run;
  to["people"] = from.facts.value("people", 0);
  to["seed"] = from.facts.value("seed", std::uint64_t{0});
  to["years_before"] = from.result.years_before;
  to["years"] = json::array();
  for (const auto& year : from.result.years)
    to["years"].push_back(simulation::to_json(year));
  return to;
}

/// With as many year processors as the plan asks for.
simulation::simulator make_simulator(caf::actor_system& system,
                                     const simulate_surface& with,
                                     const simulate_plan& plan) {
  auto options = with.options.simulator;
  if (plan.workers != 0)
    options.workers = plan.workers;
  return simulation::simulator::attach(system, with.store, std::move(options));
}

/// What an attempt before has left in the store.
outcome<std::optional<simulation::stored_simulation>>
find_begun(const messages::RunActivity& request, const simulate_surface& with) {
  auto history
    = simulation::simulation_history::open(with.options.simulator.store);
  if (!history)
    return runtime::fail(history.error());
  return history->find_key(request.idempotency_key());
}

/// The first problem stands for all: an activity ends with one.
outcome<simulated> begin(caf::actor_system& system,
                         const messages::RunActivity& request,
                         const simulate_surface& with,
                         const shared_progress& progress,
                         const std::stop_token& stop) {
  const auto& observer = with.options.observer;
  const auto input = engine::input_of(request);
  const auto may_read
    = input.value("census", "") == "-" && request.ref().attempt() == 1
      && observer.reader_of_standard_input
      && observer.reader_of_standard_input() == request.ref().run();
  const auto plan = plan_simulation(input, engine::place_of(request), may_read);
  if (!plan)
    return runtime::fail(plan.error().front());
  auto simulator = make_simulator(system, with, *plan);
  auto done = simulate_plan_of(*plan, request.idempotency_key(), simulator,
                               progress, stop);
  if (!done)
    return runtime::fail(done.error().front());
  return std::move(*done);
}

/// Looks into the store first: what was begun there needs neither scenario nor
/// census any more, which may have changed, or be gone.
outcome<simulated> attempt(caf::actor_system& system,
                           const messages::RunActivity& request,
                           const simulate_surface& with,
                           const shared_progress& progress,
                           const std::stop_token& stop) {
  const auto begun = find_begun(request, with);
  if (!begun)
    return runtime::fail(begun.error());
  if (!*begun)
    return begin(system, request, with, progress, stop);
  const auto plan = plan_resumption(engine::input_of(request));
  auto simulator = make_simulator(system, with, plan);
  return resume_simulation(**begun, plan, simulator, progress, stop);
}

outcome<std::string> run(caf::actor_system& system,
                         const messages::RunActivity& request,
                         const simulate_surface& with,
                         const shared_progress& progress,
                         const std::stop_token& stop) {
  const auto& observer = with.options.observer;
  if (observer.on_start)
    observer.on_start(request.ref().run(), progress);
  auto done = attempt(system, request, with, progress, stop);
  auto output = outcome<std::string>{};
  if (done)
    output = output_of(*done).dump();
  else
    output = runtime::fail(done.error());
  if (observer.on_end)
    observer.on_end(request.ref().run(), std::move(done));
  return output;
}

} // namespace

checked<simulated> simulate_plan_of(const simulate_plan& plan,
                                    const std::string& idempotency_key,
                                    simulation::simulator& with,
                                    shared_progress progress,
                                    const std::stop_token& stop) {
  const auto start = steady::now();
  auto census = read_census_of(plan);
  if (!census)
    return tl::unexpected{census.error()};
  auto done = simulated{};
  done.facts = describe_foundation(plan, *census);
  done.facts["foundation_seconds"] = seconds{steady::now() - start}.count();
  auto request = simulation::simulation_request{};
  request.parameters = plan.scenario.values;
  request.ids = simulation::person_ids{census->staff.key, census->ids};
  census->ids = {}; // They are many, and nobody needs them twice.
  request.staff = std::move(census->staff);
  request.names = {.scenario = plan.scenario.name,
                   .census = plan.census_file,
                   .version = std::string{version},
                   .idempotency_key = idempotency_key};
  request.manner = plan.manner;
  request.out = plan.out;
  const auto begun = steady::now();
  request.describe
    = [&, begun, progress](const messages::SimulationSummary& of) {
        done.facts = measured(done.facts, of, 0, progress.get(), begun);
        return done.facts.dump(1) + '\n';
      };
  auto result = with.simulate(std::move(request), std::move(progress), stop);
  if (!result)
    return tl::unexpected{std::vector{result.error()}};
  done.result = std::move(*result);
  done.facts["seconds"] = seconds{steady::now() - begun}.count();
  done.census = std::move(*census);
  return done;
}

outcome<simulated> resume_simulation(const simulation::stored_simulation& run,
                                     const simulate_plan& plan,
                                     simulation::simulator& with,
                                     shared_progress progress,
                                     const std::stop_token& stop) {
  const auto start = steady::now();
  auto done = simulated{};
  done.facts = describe_foundation(run);
  auto request = simulation::resume_request{};
  request.run = run.id;
  request.manner = plan.manner;
  request.out = plan.out;
  request.describe = [&, progress](const messages::SimulationSummary& of) {
    done.facts["years_before"] = run.years;
    done.facts = measured(done.facts, of, static_cast<std::size_t>(run.years),
                          progress.get(), start);
    return done.facts.dump(1) + '\n';
  };
  auto result = with.resume(request, std::move(progress), stop);
  if (!result)
    return runtime::fail(result.error());
  done.result = std::move(*result);
  done.facts["seconds"] = seconds{steady::now() - start}.count();
  return done;
}

void add_simulate_activity(engine::activity_registry& registry,
                           runtime::store_actor store,
                           simulate_activity_options options) {
  const auto with = std::make_shared<const simulate_surface>(
    simulate_surface{std::move(store), std::move(options)});
  add_blocking_activity(
    registry, "simulate", [with](const messages::RunActivity& request) {
      const auto progress = std::make_shared<simulation::simulation_progress>();
      auto attempt = blocking_attempt{};
      attempt.work
        = [=](caf::actor_system& system, const std::stop_token& stop) {
            return run(system, request, *with, progress, stop);
          };
      attempt.progress = [=] {
        return json{{"year", progress->year.load()},
                    {"share", progress->share.load()}}
          .dump();
      };
      return attempt;
    });
}

} // namespace troupe::tools
