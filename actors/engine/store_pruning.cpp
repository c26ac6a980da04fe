#include "actors/engine/store_pruning.hpp"

#include "actors/engine/run_records.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace troupe::engine {

using namespace std::chrono_literals;

using runtime::fail;
using runtime::outcome;

namespace {

/// For a bounded number of transactions.
constexpr auto pruning_timeout = 600s;

outcome<pruned> ask(caf::actor_system& system, const run_pruning_actor& of,
                    const prune_now& wanted) {
  auto total = pruned{};
  auto self = caf::scoped_actor{system};
  for (auto has_more = true; has_more;) {
    auto failed = std::optional<runtime::problem>{};
    self->request(of, pruning_timeout, wanted)
      .receive(
        [&](const runs_pruned& done) {
          total.runs += done.what.runs;
          total.rows += done.what.rows;
          has_more = done.has_more;
        },
        [&](const caf::error& error) {
          failed = runtime::to_problem(error, system);
        });
    if (failed)
      return fail(std::move(*failed));
  }
  return total;
}

} // namespace

outcome<pruned>
prune_store(const std::string& path, const run_retention& keep,
            std::optional<std::chrono::milliseconds> older_than) {
  // Else one would be made.
  if (const auto there = runtime::snapshot_reader::open(path); !there)
    return fail(there.error());
  static const auto time = runtime::real_clock{};
  auto system = runtime::local_system{{.threads = 1}};
  auto at = runtime::store_options{};
  at.path = path;
  auto store = runtime::spawn_store(*system, at, engine_schema());
  if (!store)
    return fail(store.error());
  auto options = run_pruning_options{};
  options.store_path = path;
  options.keep = keep;
  options.time = &time;
  auto pruning = spawn_run_pruning(*system, *store, engine_actor{}, options);
  auto children = std::vector<runtime::child_spec>(2);
  children[0].id = "store";
  children[0].shutdown = 30s;
  children[0].restart = runtime::restart_kind::temporary;
  children[0].start = [child = caf::actor_cast<caf::actor>(*store)](
                        caf::actor_system&) { return child; };
  children[1].id = "retention";
  children[1].restart = runtime::restart_kind::temporary;
  children[1].start = [child = caf::actor_cast<caf::actor>(pruning)](
                        caf::actor_system&) { return child; };
  auto root = runtime::spawn_supervisor(*system, {}, std::move(children));
  system.set_root(caf::actor_cast<runtime::stoppable_actor>(root));
  auto done = ask(*system, pruning, {older_than});
  // No handle may be left when the system goes.
  store = fail(runtime::problem_kind::unavailable, "closed");
  pruning = nullptr;
  root = nullptr;
  system.shutdown(30s);
  return done;
}

} // namespace troupe::engine
