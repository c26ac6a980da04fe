#include "tools/cli/bench_spread.hpp"

#include "actors/engine/local_engine.hpp"
#include "actors/scoring/scorer.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/simulator.hpp"
#include "cluster/node/node.hpp"
#include "runtime/clock.hpp"
#include "runtime/tabular/input_file.hpp"
#include "tools/cli/bench_cluster.hpp"
#include "tools/cli/bench_w4.hpp"
#include "tools/cli/bench_w7.hpp"
#include "tools/cli/heap.hpp"
#include "tools/version.hpp"

#include <sys/resource.h>
#include <xxhash.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// A node that leads, in this process, with the nodes that lend it processors
/// in others.
class spread_cluster {
public:
  static outcome<std::unique_ptr<spread_cluster>>
  start(const bench_spread_options& options) {
    auto made = std::unique_ptr<spread_cluster>{new spread_cluster};
    auto from = bench_cluster_options{};
    from.store = options.folder + "/store.db";
    from.workers = options.nodes;
    from.slots = 1;
    from.folder = options.folder;
    from.lead = [&made, &options](const std::string& file) {
      return made->lead(file, options);
    };
    auto nodes = bench_cluster::start(std::move(from));
    if (!nodes)
      return fail(nodes.error());
    made->nodes_ = std::move(*nodes);
    return made;
  }

  ~spread_cluster() {
    nodes_.reset();
    grant_ = {}; // It has handles of actors that end with their node.
    leading_.request_stop();
  }

  spread_cluster(const spread_cluster&) = delete;
  spread_cluster& operator=(const spread_cluster&) = delete;

  [[nodiscard]] const cluster::leader_grant& grant() const noexcept {
    return grant_;
  }

  [[nodiscard]] double worker_cpu_seconds() const {
    return nodes_->worker_cpu_seconds();
  }

private:
  spread_cluster() = default;

  outcome<void> lead(const std::string& file,
                     const bench_spread_options& options) {
    auto read = cluster::read_node_file(file);
    if (!read)
      return fail(read.error().front());
    auto begun = std::promise<outcome<void>>{};
    auto is_begun = begun.get_future();
    auto from = cluster::node_options{};
    from.file = std::move(*read);
    from.build = version.substr(version.find(' ') + 1);
    from.threads = options.local_workers + 1;
    from.time = &time_;
    from.start_engine = [this](cluster::leader_grant grant) {
      auto to = engine::local_engine_options{};
      to.system = grant.system;
      to.companions = grant.companions;
      to.store = store_;
      grant_ = std::move(grant);
      return engine::local_engine::start(std::move(to));
    };
    store_ = from.file.store;
    leading_ = std::jthread{[from = std::move(from), begun = std::move(begun)](
                              const std::stop_token& stop) mutable {
      auto node = cluster::node::start(std::move(from));
      begun.set_value(node ? outcome<void>{} : fail(node.error()));
      if (node)
        static_cast<void>((*node)->run(stop));
    }};
    return is_begun.get();
  }

  runtime::real_clock time_;
  std::string store_;
  cluster::leader_grant grant_; ///< Set once the nodes have found each other.
  std::jthread leading_;
  std::unique_ptr<bench_cluster> nodes_;
};

/// What a way of doing the work came to.
struct timed_work {
  double seconds = 0.0;
  double cpu_seconds = 0.0; ///< Of this process.
  std::uint64_t digest = 0;
};

/// Runs from its making until it is asked.
class work_clock {
public:
  [[nodiscard]] timed_work stop() const {
    return {seconds_now() - begin_, cpu_now() - cpu_, 0};
  }

private:
  static double cpu_now() {
    auto usage = rusage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec)
             + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  double begin_ = seconds_now();
  double cpu_ = cpu_now();
};

outcome<std::uint64_t> digest_of_file(const std::string& path) {
  auto file = runtime::input_file::open(path);
  if (!file)
    return fail(file.error());
  auto* const state = XXH3_createState();
  XXH3_64bits_reset(state);
  auto buffer = std::vector<char>(std::size_t{1} << 20);
  for (;;) {
    const auto read = file->read(buffer);
    if (!read || *read == 0)
      break;
    XXH3_64bits_update(state, buffer.data(), *read);
  }
  const auto digest = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return digest;
}

outcome<timed_work> score(scoring::scorer& with, const std::string& table,
                          const std::string& scores) {
  const auto clock = work_clock{};
  const auto result = with.score(w4_request(table, scores));
  auto done = clock.stop();
  if (!result)
    return fail(result.error());
  const auto digest = digest_of_file(scores);
  auto ignored = std::error_code{};
  fs::remove(scores, ignored);
  if (!digest)
    return fail(digest.error());
  done.digest = *digest;
  return done;
}

void add_column(std::uint64_t& digest, const messages::column& of) {
  using kind = messages::column::kind;
  const auto add = [&](auto values) {
    digest = XXH3_64bits_withSeed(values.data(), values.size_bytes(), digest);
  };
  switch (of.type()) {
    case kind::doubles:
      return add(of.doubles());
    case kind::integers:
      return add(of.integers());
    case kind::counts:
      return add(of.counts());
    case kind::bytes:
      return add(of.bytes());
    default:
      return add(std::span{of.text_characters()});
  }
}

outcome<timed_work> simulate(simulation::simulator& with,
                             const simulation::scenario& scenario,
                             const std::string& census) {
  auto staff = read_w7_staff(census, scenario.start_year);
  if (!staff)
    return fail(staff.error());
  auto digest = std::uint64_t{0};
  auto comparing = timed_work{}; // Not the simulation's.
  auto request = simulation::simulation_request{};
  request.parameters = scenario;
  request.staff = std::move(*staff);
  request.take_year
    = [&](const simulation::simulation_run::finished_year& year) {
        const auto clock = work_clock{};
        for (const auto& block : year.blocks)
          for (std::size_t at = 0; at < block.size(); ++at)
            add_column(digest, block[at]);
        const auto took = clock.stop();
        comparing.seconds += took.seconds;
        // Others go on meanwhile.
        comparing.cpu_seconds += took.seconds;
      };
  const auto clock = work_clock{};
  const auto result = with.simulate(std::move(request));
  auto done = clock.stop();
  if (!result)
    return fail(result.error());
  done.seconds -= comparing.seconds;
  done.cpu_seconds -= comparing.cpu_seconds;
  done.digest = digest;
  return done;
}

/// Both ways one after the other; `here` and `spread` do the work. Each does it
/// once before it is measured: what a machine takes for memory that it has not
/// given out before would count for whoever comes first to it, and is as much
/// as half of the work.
template <class Here, class Spread>
outcome<bench_figures> compare(const std::string& name,
                               const bench_spread_options& options, Here here,
                               Spread spread) {
  prepare_heap_for_columns();
  auto cluster = spread_cluster::start(options);
  if (!cluster)
    return fail(cluster.error());
  // On a thread of its own, as whoever talks to actors has to end before them.
  const auto over = [&] {
    return std::async(std::launch::async,
                      [&] { return spread((*cluster)->grant()); })
      .get();
  };
  if (const auto first = over(); !first)
    return fail(first.error());
  const auto cpu = (*cluster)->worker_cpu_seconds();
  const auto over_nodes = over();
  if (!over_nodes)
    return fail(over_nodes.error());
  const auto lent = (*cluster)->worker_cpu_seconds() - cpu;
  cluster->reset();
  if (const auto first = here(); !first)
    return fail(first.error());
  const auto alone = here();
  if (!alone)
    return fail(alone.error());
  if (alone->digest != over_nodes->digest)
    return fail(problem_kind::failed,
                name + ": the bytes differ from those of one process");
  auto figures = bench_figures{};
  figures[name + "_s"] = over_nodes->seconds;
  figures[name + "_local_s"] = alone->seconds;
  figures[name + "_ratio"] = over_nodes->seconds / alone->seconds;
  figures[name + "_cpu_s"] = over_nodes->cpu_seconds + lent;
  figures[name + "_lent_cpu_s"] = lent;
  figures[name + "_local_cpu_s"] = alone->cpu_seconds;
  return figures;
}

} // namespace

outcome<bench_figures> bench_spread_score(const bench_spread_options& options) {
  const auto table = find_w4_table(options.items);
  if (!table)
    return fail(table.error());
  const auto scores = *table + ".spread.csv";
  return compare(
    "score", options,
    [&]() -> outcome<timed_work> {
      auto alone = scoring::scorer_options{};
      alone.workers = options.nodes;
      auto with = scoring::scorer::create(std::move(alone));
      if (!with)
        return fail(with.error());
      return score(*with, *table, scores);
    },
    [&](const cluster::leader_grant& grant) {
      auto many = scoring::scorer_options{};
      many.workers = options.local_workers;
      many.more_workers = grant.more_score_workers;
      auto with = scoring::scorer::attach(*grant.system, {}, std::move(many));
      return score(with, *table, scores);
    });
}

outcome<bench_figures>
bench_spread_simulate(const bench_spread_options& options) {
  const auto scenarios = simulation::read_scenarios(options.config);
  if (!scenarios)
    return fail(scenarios.error().front());
  const auto& scenario = scenarios->front().values;
  const auto census = find_w7_census(options.people, scenario.start_year);
  if (!census)
    return fail(census.error());
  return compare(
    "simulate", options,
    [&]() -> outcome<timed_work> {
      auto alone = simulation::simulator_options{};
      alone.workers = options.nodes;
      auto with = simulation::simulator::create(std::move(alone));
      if (!with)
        return fail(with.error());
      return simulate(*with, scenario, *census);
    },
    [&](const cluster::leader_grant& grant) {
      auto many = simulation::simulator_options{};
      many.workers = options.local_workers;
      many.more_processors = grant.more_year_processors;
      auto with
        = simulation::simulator::attach(*grant.system, {}, std::move(many));
      return simulate(with, scenario, *census);
    });
}

} // namespace troupe::tools
