#include "tools/cli/engine_setup.hpp"

#include "actors/engine/command_runner.hpp"
#include "actors/engine/http_runner.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_pruning.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "actors/scheduler/scheduler.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/http/http_host.hpp"
#include "runtime/process/process_host.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

namespace troupe::tools {

scoring::scorer_options scorer_settings(const runtime::settings& settings) {
  auto options = scoring::scorer_options{};
  options.workers = static_cast<std::size_t>(settings.workers);
  options.store_queue_max = static_cast<std::size_t>(settings.store_queue_max);
  options.store_cache_bytes = settings.store_cache_bytes;
  options.shutdown_timeout = settings.shutdown_timeout;
  return options;
}

simulation::simulator_options
simulator_settings(const runtime::settings& settings) {
  auto options = simulation::simulator_options{};
  options.workers = static_cast<std::size_t>(settings.workers);
  options.store_queue_max = static_cast<std::size_t>(settings.store_queue_max);
  options.store_cache_bytes = settings.store_cache_bytes;
  options.shutdown_timeout = settings.shutdown_timeout;
  return options;
}

engine::run_retention retention_of(const runtime::settings& settings) {
  auto keep = engine::run_retention{};
  keep.keep_for = settings.runs_keep_for;
  keep.keep_max = settings.runs_keep_max;
  keep.keep_failed_for = settings.runs_keep_failed_for;
  keep.keep_failed_max = settings.runs_keep_failed_max;
  keep.keep_keys_for = settings.runs_keep_keys_for;
  return keep;
}

std::size_t batch_size_of(const runtime::settings& settings) {
  const auto is_default = settings.origins.at("scoring.batch_items").source
                          == runtime::setting_source::fallback;
  return is_default ? 0
                    : static_cast<std::size_t>(settings.scoring_batch_items);
}

std::size_t threads_of(const runtime::settings& settings) {
  const auto workers = settings.workers == 0
                         ? std::max(1U, std::thread::hardware_concurrency())
                         : static_cast<std::size_t>(settings.workers);
  return workers + 1;
}

namespace {

engine::step_resources machine_room() {
  constexpr auto thousandths = 1'000U;
  auto room = engine::step_resources{};
  room.cpu_thousandths
    = std::max(1U, std::thread::hardware_concurrency()) * thousandths;
  room.memory_bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES))
                      * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE));
  return room;
}

auto bad_resource(const std::string& text) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = "--resource";
  reason.message = "\"" + text + "\" is no amount of a resource";
  reason.hint = "write cpu=4, memory=2GiB or gpu=1";
  return runtime::fail(std::move(reason));
}

/// Starts runs when they are due.
engine::engine_companion scheduler_of(const invocation& with) {
  static const auto time = runtime::real_clock{};
  auto options = scheduler::scheduler_options{};
  options.store_path = with.settings.store_path;
  options.time = &time;
  options.has_fired = [path = options.store_path,
                       runs = std::shared_ptr<engine::recorded_runs>{}](
                        const std::string& key) mutable {
    if (!runs)
      if (auto opened = engine::recorded_runs::open(path))
        runs = std::make_shared<engine::recorded_runs>(std::move(*opened));
    // If it was fired all the same, its key finds the run.
    const auto known = runs ? runs->find_key(key) : std::nullopt;
    return known && known->has_value();
  };
  auto companion = engine::engine_companion{};
  companion.id = "scheduler";
  companion.start
    = [options](caf::actor_system& system, const runtime::store_actor& store,
                const engine::engine_actor& engine) {
        return caf::actor_cast<caf::actor>(
          scheduler::spawn_scheduler(system, store, engine, options));
      };
  return companion;
}

/// Deletes runs that were kept long enough.
engine::engine_companion retention_companion(const invocation& with) {
  static const auto time = runtime::real_clock{};
  auto options = engine::run_pruning_options{};
  options.store_path = with.settings.store_path;
  options.keep = retention_of(with.settings);
  options.time = &time;
  auto companion = engine::engine_companion{};
  companion.id = "retention";
  companion.start
    = [options](caf::actor_system& system, const runtime::store_actor& store,
                const engine::engine_actor& engine) {
        return caf::actor_cast<caf::actor>(
          engine::spawn_run_pruning(system, store, engine, options));
      };
  return companion;
}

score_activity_options scoring_setup(const invocation& with,
                                     score_observer observer) {
  static const auto time = runtime::real_clock{};
  auto options = score_activity_options{};
  options.scorer = scorer_settings(with.settings);
  options.scorer.store = with.settings.store_path;
  options.environment = with.environment;
  options.time = &time;
  options.batch_size = batch_size_of(with.settings);
  options.observer = std::move(observer);
  return options;
}

simulate_activity_options simulation_setup(const invocation& with,
                                           simulate_observer observer) {
  auto options = simulate_activity_options{};
  options.simulator = simulator_settings(with.settings);
  options.simulator.store = with.settings.store_path;
  options.observer = std::move(observer);
  return options;
}

/// What an engine does itself: what needs its store, and where there are no
/// workers beside it, everything.
auto own_activities(
  const invocation& with, engine_setup& setup,
  std::function<void(engine::activity_registry&)> without_store) {
  auto scoring = scoring_setup(with, std::move(setup.on_scoring));
  auto simulation = simulation_setup(with, std::move(setup.on_simulation));
  if (setup.grant) {
    scoring.scorer.more_workers = setup.grant->more_score_workers;
    simulation.simulator.more_processors = setup.grant->more_year_processors;
  }
  return
    [without_store = std::move(without_store), scoring = std::move(scoring),
     simulation = std::move(simulation)](engine::activity_registry& registry,
                                         const runtime::store_actor& store) {
      if (without_store)
        without_store(registry);
      add_score_activity(registry, store, scoring);
      add_simulate_activity(registry, store, simulation);
    };
}

} // namespace

runtime::outcome<engine::step_resources>
read_room(const std::vector<std::string>& texts) {
  auto room = machine_room();
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return bad_resource(text);
    const auto name = text.substr(0, equals);
    const auto amount = text.substr(equals + 1);
    if (name == "memory") {
      const auto bytes = runtime::parse_byte_size(amount);
      if (!bytes)
        return bad_resource(text);
      room.memory_bytes = *bytes;
      continue;
    }
    auto number = std::uint32_t{0};
    const auto read
      = std::from_chars(amount.data(), amount.data() + amount.size(), number);
    if (read.ec != std::errc{} || read.ptr != amount.data() + amount.size()
        || (name == "cpu" && (number == 0 || number > 10'000)))
      return bad_resource(text);
    if (name == "cpu")
      room.cpu_thousandths = number * 1'000;
    else
      room.custom[name] = number;
  }
  return room;
}

runtime::outcome<std::function<void(engine::activity_registry&)>>
worker_activities(const runtime::environment_map& environment) {
  auto processes = runtime::process_host::start();
  if (!processes)
    return runtime::fail(processes.error());
  return
    [host = std::shared_ptr<runtime::process_runner>(std::move(*processes)),
     requests = std::make_shared<runtime::http_host>(),
     environment](engine::activity_registry& registry) {
      engine::add_command_activity(registry, {host, environment});
      auto http = engine::http_runner_options{};
      http.requests = requests;
      http.environment = environment;
      engine::add_http_activity(registry, std::move(http));
    };
}

runtime::outcome<engine::local_engine> start_engine(const invocation& with,
                                                    engine_setup setup) {
  auto room = read_room(setup.resources);
  if (!room)
    return runtime::fail(room.error());
  auto labels = engine::read_labels(setup.labels);
  if (!labels)
    return runtime::fail(labels.error());
  labels->merge(setup.own_labels);
  auto without_store = std::function<void(engine::activity_registry&)>{};
  if (!setup.grant) {
    auto made = worker_activities(with.environment);
    if (!made)
      return runtime::fail(made.error());
    without_store = std::move(*made);
  }
  auto options = engine::local_engine_options{};
  if (setup.grant) {
    options.system = setup.grant->system;
    options.fence = setup.grant->fence;
    options.companions = setup.grant->companions;
    options.has_noop = false;
    options.ledger.node = setup.grant->node;
  }
  options.store = with.settings.store_path;
  options.store_queue_max
    = static_cast<std::size_t>(with.settings.store_queue_max);
  options.store_cache_bytes = with.settings.store_cache_bytes;
  options.schemas = {scoring::scoring_schema(), scheduler::scheduler_schema(),
                     simulation::simulation_schema()};
  if (setup.runs_schedules)
    for (auto& each : {scheduler_of(with), retention_companion(with)})
      options.companions.push_back(each);
  options.threads = threads_of(with.settings);
  options.activities_max = setup.jobs;
  options.room = std::move(*room);
  options.labels = std::move(*labels);
  options.ledger.queue.pending_max = setup.pending_max;
  options.ledger.guards = std::move(setup.guards);
  options.ledger.running_max = setup.running_max;
  options.ledger.rebind_window = setup.rebind_window;
  options.ledger.submissions_per_minute = setup.submissions_per_minute;
  options.load = setup.load;
  options.shutdown_timeout = with.settings.shutdown_timeout;
  options.add_activities
    = own_activities(with, setup, std::move(without_store));
  return engine::local_engine::start(std::move(options));
}

tl::expected<void, std::vector<runtime::problem>>
load_guards(engine_setup& setup) {
  if (setup.guards_file.empty())
    return {};
  auto guards = runtime::read_guards(setup.guards_file);
  if (!guards)
    return tl::unexpected{std::move(guards.error())};
  setup.guards = std::move(*guards);
  return {};
}

void declare_engine_setup(CLI::App& app, engine_setup& setup) {
  app.add_option("--jobs", setup.jobs, "activities at the same time")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}));
  app
    .add_option("--resource", setup.resources,
                "what steps may ask for, once for each: cpu=4, memory=2GiB, "
                "or a name of yours, gpu=1 (default: what the machine has)")
    ->type_name("NAME=N")
    ->allow_extra_args(false);
  app
    .add_option("--label", setup.labels,
                "what the placement of steps may require, once for each: "
                "gpu=true, zone=eu")
    ->type_name("NAME=VALUE")
    ->allow_extra_args(false);
  app
    .add_option("--guards", setup.guards_file,
                "the guards that steps may name: limits, breakers and retry "
                "budgets")
    ->type_name("FILE");
}

void declare_engine_limits(CLI::App& app, engine_setup& setup) {
  constexpr auto many = 10'000'000U;
  app
    .add_option("--pending", setup.pending_max,
                "steps that may wait for their turn; beyond that new runs are "
                "refused (default: 10000)")
    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}));
  app
    .add_option("--runs-max", setup.running_max,
                "runs that go at once; others wait for their turn (default: "
                "no limit)")
    ->check(CLI::Range(1U, many));
  app
    .add_option("--submissions-per-minute", setup.submissions_per_minute,
                "runs that may be submitted per minute; others are refused "
                "(default: no limit)")
    ->check(CLI::Range(1U, many));
  app
    .add_option("--cpu-max", setup.load.cpu_percent_max,
                "per cent of the machine's processors in use beyond which "
                "nothing new begins (default: no limit)")
    ->check(CLI::Range(1U, 100U));
  app
    .add_option("--memory-max", setup.load.memory_percent_max,
                "the same of its memory")
    ->check(CLI::Range(1U, 100U));
}

std::string user_of(const invocation& with) {
  const auto found = with.environment.find("USER");
  return found == with.environment.end() ? std::string{} : found->second;
}

} // namespace troupe::tools
