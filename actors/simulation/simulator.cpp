#include "actors/simulation/simulator.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/people_check.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_export.hpp"
#include "actors/simulation/simulation_files.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_recorder.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "actors/simulation/stored_start.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/ids.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/store_host.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::simulation {

using namespace std::chrono_literals;

using messages::column_block;
using messages::SimulationSummary;
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
  auto ordered = make_blocks(staff, std::max(staff.size(), std::size_t{1}));
  if (auto checked = check_people(parameters, ordered); !checked)
    return fail(checked.error());
  return to_block(ordered.empty() ? people{} : std::move(ordered.front()));
}

simulation_manner lower_level(const simulation_manner& manner,
                              const runtime::problem& reason) {
  const auto lower = one_level_lower(manner);
  runtime::log_warning(
    "simulation", "the run goes on at a lower level",
    {{"level", optimization_words[static_cast<std::size_t>(lower.level)]},
     {"reason", reason.message}});
  return lower;
}

/// To go on with a run for whoever asked for a simulation.
resume_request resumption_of(const simulation_request& of, std::string run) {
  return {.run = std::move(run),
          .manner = of.manner,
          .out = of.out,
          .describe = of.describe};
}

/// Absent: none are wanted.
using wanted_files = std::optional<simulation_files>;

/// Before anything is begun, so that it shows at once where nothing can be
/// written.
outcome<wanted_files> create_wanted_files(const std::string& out) {
  if (out.empty())
    return wanted_files{};
  auto files = create_simulation_files(out);
  if (!files)
    return fail(files.error());
  return wanted_files{std::move(*files)};
}

/// A complete run as its answer, with its files if some are wanted.
outcome<simulation_result> answer_from(simulation_history& history,
                                       const stored_simulation& run,
                                       wanted_files files) {
  const auto years = history.load_years(run);
  if (!years)
    return fail(years.error());
  auto result = simulation_result{};
  result.run = run.id;
  result.years_before = years->size();
  for (const auto& year : *years)
    result.years.push_back(year.totals);
  if (files) {
    const auto exported = export_simulation(history, run, std::move(*files));
    if (!exported)
      return fail(exported.error());
    result.csv_bytes = exported->csv_bytes;
  }
  return result;
}

} // namespace

struct simulator::state {
  simulator_options options;
  std::size_t workers = 1;
  runtime::real_clock time;
  runtime::uuid_generator uuids{time};
  runtime::store_host host;

  state(simulator_options from, runtime::store_host with)
    : options{std::move(from)}, workers{runtime::worker_count(options.workers)},
      host{std::move(with)} {}

  [[nodiscard]] bool is_storing() const {
    return !host.path().empty();
  }

  simulation_coordinator_options
  prepare(simulation_run_options run, const simulation_manner& manner,
          std::shared_ptr<simulation_progress> progress) const {
    auto to = simulation_coordinator_options{};
    to.run = std::move(run);
    to.run.workers = workers_at(manner.level, workers);
    to.run.block_people = block_people_at(manner.level, manner.block_people);
    to.run.memory_limit_bytes = manner.memory_limit_bytes;
    to.processor.before_task = options.before_task;
    to.more_processors = options.more_processors;
    to.progress = progress ? std::move(progress)
                           : std::make_shared<simulation_progress>();
    return to;
  }

  simulation_recorder
  make_recorder(run_claim claim,
                std::function<std::string(const SimulationSummary&)> describe) {
    auto from = recorder_options{.claim = std::move(claim)};
    from.runs_kept = options.runs_kept;
    from.now = [] { return runtime::real_clock{}.now(); };
    from.describe = std::move(describe);
    return {host, std::move(from)};
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

  /// The years of a run that may be stored; null: it is not.
  outcome<simulation_result> run_years(simulation_coordinator_options to,
                                       simulation_recorder* recorder,
                                       const std::stop_token& stop) {
    if (recorder != nullptr) {
      auto storage = recorder->storage();
      if (!storage)
        return fail(storage.error());
      to.storage = std::move(*storage);
      to.run.keep_packed = true;
      to.run.can_load = to.run.memory_limit_bytes != 0;
      if (to.run.can_load)
        to.storage.keeper = recorder->spawn_keeper();
    }
    const auto before = to.run.before.size();
    const auto progress = to.progress;
    const auto summary
      = ask<SimulationSummary>(std::move(to), messages::RunSimulation{}, stop);
    if (!summary) {
      if (recorder != nullptr)
        recorder->end_early(summary.error());
      return fail(summary.error());
    }
    auto result = simulation_result{};
    result.years_before = before;
    result.years = to_totals(summary->years());
    result.csv_bytes = summary->csv_bytes();
    result.raw_bytes = summary->raw_bytes();
    result.packed_bytes = summary->packed_bytes();
    result.retries = summary->retries();
    result.blocks_spilled = progress->blocks_spilled;
    return result;
  }

  /// All years, from the first one on.
  outcome<simulation_result>
  simulate_once(const simulation_request& request, column_block everybody,
                wanted_files files, simulation_recorder* recorder,
                const std::shared_ptr<simulation_progress>& progress,
                const std::stop_token& stop) {
    auto run = simulation_run_options{};
    run.parameters = request.parameters;
    run.everybody = std::move(everybody);
    run.ids = request.ids;
    run.keep_columns = static_cast<bool>(request.take_year);
    run.keep_text = !request.out.empty();
    auto to = prepare(std::move(run), request.manner, progress);
    to.take_year = request.take_year;
    to.describe = request.describe;
    if (files)
      to.writer
        = runtime::spawn_output_writer(host.system(), std::move(*files));
    auto result = run_years(std::move(to), recorder, stop);
    if (result)
      result->level = request.manner.level;
    return result;
  }

  /// The same as a run of the store.
  outcome<simulation_result>
  simulate_stored(simulator& with, const simulation_request& request,
                  column_block everybody,
                  const std::shared_ptr<simulation_progress>& progress,
                  const std::stop_token& stop) {
    auto files = create_wanted_files(request.out);
    if (!files)
      return fail(files.error());
    // Not before: what is refused leaves no store behind.
    if (auto opened = host.open(); !opened)
      return fail(opened.error());
    const auto staff = *read_people(everybody);
    const auto header
      = header_of(request.names, request.parameters, staff.size());
    auto recorder = make_recorder({header.run, header.claim}, request.describe);
    if (auto begun = recorder.begin(header, staff, request.ids); !begun) {
      // Another attempt may have been the first to begin with this key.
      const auto other = find_key(header.idempotency_key);
      if (begun.error().kind != runtime::problem_kind::conflict || !other
          || !*other)
        return fail(begun.error());
      return with.resume(resumption_of(request, (*other)->id), progress, stop);
    }
    auto result = simulate_once(request, std::move(everybody),
                                std::move(*files), &recorder, progress, stop);
    if (result) {
      result->run = header.run;
      return result;
    }
    if (!may_fare_better(result.error(), request.manner))
      return result;
    auto rest = resumption_of(request, header.run);
    rest.manner = lower_level(request.manner, result.error());
    return with.resume(rest, progress, stop);
  }

  simulation_header header_of(const simulation_names& names,
                              const scenario& parameters, std::size_t people) {
    auto header = simulation_header{};
    header.run = to_string(uuids.next());
    header.claim = to_string(uuids.next());
    header.scenario_name = names.scenario;
    header.scenario = canonical_text(parameters);
    header.digest = digest(parameters);
    header.seed = parameters.seed;
    header.census = names.census;
    header.people = people;
    header.start_year = parameters.start_year;
    header.end_year = parameters.end_year;
    header.started_at = time.now();
    header.idempotency_key = names.idempotency_key;
    header.version = names.version;
    return header;
  }

  /// What is left of a run, at one level.
  outcome<simulation_result>
  go_on(const resume_request& request, const simulation_manner& manner,
        const std::shared_ptr<simulation_progress>& progress,
        const std::stop_token& stop) {
    auto history = simulation_history::open(host.path());
    if (!history)
      return fail(history.error());
    auto found = history->find_run(request.run);
    if (!found)
      return fail(found.error());
    auto files = create_wanted_files(request.out);
    if (!files)
      return fail(files.error());
    if (found->status == to_string(simulation_status::completed))
      return answer_from(*history, *found, std::move(*files));
    auto start = load_start(*history, std::move(*found));
    if (!start)
      return fail(start.error());
    // The store's log would only grow until the run is over.
    history->reader().end_snapshot();
    if (auto opened = host.open(); !opened)
      return fail(opened.error());
    const auto& before = start->options.before;
    const auto last
      = before.empty() ? start->run.start_year - 1 : before.back().year;
    runtime::log_info("simulation", "run goes on",
                      {{"run", start->run.id}, {"after", last}});
    auto recorder = make_recorder({start->run.id, to_string(uuids.next())},
                                  request.describe);
    if (auto ready = recorder.take_over(last); !ready)
      return fail(ready.error());
    auto result = run_years(
      prepare(std::move(start->options), manner, progress), &recorder, stop);
    if (!result)
      return result;
    result->level = manner.level;
    return add_files(std::move(*result), start->run.id, std::move(*files));
  }

  /// Files have all years, so they come from the store.
  [[nodiscard]] outcome<simulation_result> add_files(simulation_result result,
                                                     const std::string& run,
                                                     wanted_files files) const {
    auto history = simulation_history::open(host.path());
    if (!history)
      return fail(history.error());
    const auto complete = history->find_run(run);
    if (!complete)
      return fail(complete.error());
    const auto told = answer_from(*history, *complete, std::move(files));
    if (!told)
      return fail(told.error());
    result.run = run;
    result.csv_bytes = told->csv_bytes;
    return result;
  }

  /// The run that was begun with this key, if there is one.
  [[nodiscard]] outcome<std::optional<stored_simulation>>
  find_key(const std::string& key) const {
    const auto none = std::optional<stored_simulation>{};
    if (key.empty() || !is_storing())
      return none;
    auto history = simulation_history::open(host.path());
    if (!history && history.error().kind == runtime::problem_kind::not_found)
      return none;
    if (!history)
      return fail(history.error());
    return history->find_key(key);
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
  from.store.path = options.store;
  from.store.queue_max = options.store_queue_max;
  from.store.cache_bytes = options.store_cache_bytes;
  from.schema = simulation_schema();
  from.shutdown_timeout = options.shutdown_timeout;
  auto host = runtime::store_host::create(std::move(from));
  if (!host)
    return fail(host.error());
  return simulator{
    std::make_unique<state>(std::move(options), std::move(*host))};
}

simulator simulator::attach(caf::actor_system& system,
                            runtime::store_actor store,
                            simulator_options options) {
  auto host
    = runtime::store_host::attach(system, std::move(store), options.store);
  return simulator{
    std::make_unique<state>(std::move(options), std::move(host))};
}

outcome<simulation_result>
simulator::simulate(simulation_request request,
                    std::shared_ptr<simulation_progress> progress,
                    std::stop_token stop) {
  const auto before = state_->find_key(request.names.idempotency_key);
  if (!before)
    return fail(before.error());
  if (*before)
    return resume(resumption_of(request, (*before)->id), std::move(progress),
                  std::move(stop));
  auto everybody = order_people(request.parameters, request.staff);
  if (!everybody)
    return fail(everybody.error());
  request.staff = {};
  if (state_->is_storing())
    return state_->simulate_stored(*this, request, std::move(*everybody),
                                   progress, stop);
  // Whoever kept the people for another attempt would keep them twice.
  if (request.manner.memory_limit_bytes != 0) {
    auto files = create_wanted_files(request.out);
    if (!files)
      return fail(files.error());
    return state_->simulate_once(request, std::move(*everybody),
                                 std::move(*files), nullptr, progress, stop);
  }
  for (;;) {
    auto files = create_wanted_files(request.out);
    if (!files)
      return fail(files.error());
    auto result = state_->simulate_once(request, *everybody, std::move(*files),
                                        nullptr, progress, stop);
    if (result || !may_fare_better(result.error(), request.manner))
      return result;
    request.manner = lower_level(request.manner, result.error());
  }
}

outcome<simulation_result>
simulator::resume(const resume_request& request,
                  std::shared_ptr<simulation_progress> progress,
                  std::stop_token stop) {
  auto manner = request.manner;
  for (;;) {
    auto result = state_->go_on(request, manner, progress, stop);
    if (result || !may_fare_better(result.error(), manner))
      return result;
    manner = lower_level(manner, result.error());
  }
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
  auto run = simulation_run_options{};
  run.everybody = std::move(*everybody);
  auto to = state_->prepare(std::move(run), {}, std::move(progress));
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

outcome<std::string> simulator::keep(const projected_batch& of) {
  if (auto opened = state_->host.open(); !opened)
    return fail(opened.error());
  auto header = state_->header_of(of.names, of.parameters, of.people);
  header.kind = of.kind;
  header.started_at = of.started_at;
  auto children = std::vector<simulation_child>{};
  for (const auto& part : of.parts)
    children.push_back({.run = to_string(state_->uuids.next()),
                        .label = part.label,
                        .scenario = canonical_text(part.parameters),
                        .digest = digest(part.parameters),
                        .seed = part.parameters.seed,
                        .years = part.years});
  auto recorder = state_->make_recorder({header.run, header.claim}, {});
  if (auto kept = recorder.record_parts(header, children, of.report); !kept)
    return fail(kept.error());
  return header.run;
}

const std::string& simulator::store() const noexcept {
  return state_->host.path();
}

} // namespace troupe::simulation
