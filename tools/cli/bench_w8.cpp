#include "tools/cli/bench_w8.hpp"

#include "actors/simulation/scenario_file.hpp"
#include "runtime/query/postgres_address.hpp"
#include "tools/cli/bench_cluster.hpp"
#include "tools/cli/bench_jobs.hpp"
#include "tools/cli/bench_run.hpp"
#include "tools/cli/bench_spread.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;

namespace {

constexpr auto warm_up = std::size_t{2'000};

std::string folder_of(const bench_w8_options& options) {
  const auto in = options.folder.empty() ? fs::temp_directory_path()
                                         : fs::path{options.folder};
  return fs::absolute(in / ("troupe-bench-" + std::to_string(::getpid())))
    .string();
}

outcome<std::unique_ptr<bench_cluster>> start(const bench_w8_options& options) {
  auto from = bench_cluster_options{};
  from.store = options.store;
  from.workers = options.nodes;
  from.places = options.places;
  from.folder = folder_of(options);
  auto made = bench_cluster::start(std::move(from));
  if (!made)
    return made;
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(bench_job);
  if (auto applied = (*made)->client().apply(apply); !applied)
    return fail(applied.error());
  return made;
}

/// What nodes cost that have nothing to do.
json idle(const bench_cluster& nodes, const bench_w8_options& options) {
  auto figures = json{};
  if (options.idle_seconds == 0)
    return figures;
  const auto coordinator = nodes.coordinator_cpu_seconds();
  const auto workers = nodes.worker_cpu_seconds();
  const auto begin = seconds_now();
  std::this_thread::sleep_for(std::chrono::seconds{options.idle_seconds});
  const auto percent_per_second = 100 / (seconds_now() - begin);
  figures["idle_coordinator_cpu_percent"]
    = (nodes.coordinator_cpu_seconds() - coordinator) * percent_per_second;
  figures["idle_worker_cpu_percent"] = (nodes.worker_cpu_seconds() - workers)
                                       * percent_per_second
                                       / static_cast<double>(options.nodes);
  figures["idle_rss_mib_max"] = nodes.rss_mib_max();
  return figures;
}

outcome<bench_figures> bulk(const bench_w8_options& options) {
  auto made = start(options);
  if (!made)
    return fail(made.error());
  auto& nodes = **made;
  auto figures = idle(nodes, options);
  auto done = submit_in_bulk(nodes.client(), warm_up);
  if (done)
    done = nodes.drain();
  if (!done)
    return fail(done.error());
  const auto coordinator = nodes.coordinator_cpu_seconds();
  const auto workers = nodes.worker_cpu_seconds();
  const auto begin = seconds_now();
  done = submit_in_bulk(nodes.client(), options.jobs);
  const auto enqueued = seconds_now();
  const auto pss = nodes.pss_mib();
  if (done)
    done = nodes.drain();
  const auto end = seconds_now();
  if (!done)
    return fail(done.error());
  constexpr auto micro = 1e6;
  const auto jobs = static_cast<double>(options.jobs);
  figures["jobs_per_s"] = jobs / (end - begin);
  figures["enqueue_per_s"] = jobs / (enqueued - begin);
  figures["coordinator_cpu_us"]
    = (nodes.coordinator_cpu_seconds() - coordinator) * micro / jobs;
  figures["worker_cpu_us"]
    = (nodes.worker_cpu_seconds() - workers) * micro / jobs;
  figures["nodes_pss_mib"] = std::max(pss, nodes.pss_mib());
  return figures;
}

} // namespace

outcome<json> bench_w8(const bench_w8_options& options) {
  const auto has_database = !options.store.empty();
  if (has_database && !runtime::is_postgres_address(options.store))
    return fail(runtime::problem_kind::invalid_input,
                "a cluster has its store in PostgreSQL",
                "give --database postgresql://USER@HOST/DATABASE");
  // Before minutes of measuring are lost to a path.
  if (options.people != 0)
    if (const auto scenarios = simulation::read_scenarios(options.config);
        !scenarios)
      return fail(scenarios.error().front());
  auto settings = bench_settings{};
  settings.workload = "w8";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["idle_seconds"] = options.idle_seconds;
  settings.settings["jobs"] = options.jobs;
  settings.settings["nodes"] = options.nodes;
  settings.settings["places"] = options.places;
  settings.settings["items"] = options.items;
  settings.settings["people"] = options.people;
  settings.settings["local_workers"] = options.local_workers;
  const auto spread = [&] {
    return bench_spread_options{.nodes = options.nodes,
                                .local_workers = options.local_workers,
                                .items = options.items,
                                .people = options.people,
                                .config = options.config,
                                .folder = folder_of(options)};
  };
  auto parts = std::vector<bench_part>{};
  if (has_database)
    parts.emplace_back([&] { return bulk(options); });
  if (options.items != 0)
    parts.emplace_back([&] { return bench_spread_score(spread()); });
  if (options.people != 0)
    parts.emplace_back([&] { return bench_spread_simulate(spread()); });
  return measure(settings, parts);
}

} // namespace troupe::tools
