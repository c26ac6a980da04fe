#include "actors/engine/local_engine.hpp"

#include "actors/engine/basic_activities.hpp"
#include "actors/engine/engine.hpp"
#include "actors/engine/engine_gateway.hpp"
#include "actors/engine/run_records.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/host_load.hpp"
#include "runtime/ids.hpp"
#include "runtime/query/postgres_address.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/logger.hpp>
#include <caf/scoped_actor.hpp>

#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace troupe::engine {

using namespace std::chrono_literals;

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// How long the engine may take to answer what needs one commit.
constexpr auto answer_timeout = 120s;
/// How often a restart of the engine is sat out.
constexpr auto restarts_max = 20;
/// More within ten seconds are no outage of the store, but a mistake.
constexpr auto restarts_per_period_max = 100U;

/// The parts as they run now. Start functions fill it in from left to right, on
/// the supervisor's thread.
struct engine_parts {
  runtime::store_actor store; ///< Opened already at the first start.
  run_validation_actor validator;
  engine_actor engine;
};

outcome<void> make_folder(const std::string& store) {
  if (runtime::is_postgres_address(store))
    return {};
  const auto folder = std::filesystem::path{store}.parent_path();
  auto error = std::error_code{};
  if (!folder.empty())
    std::filesystem::create_directories(folder, error);
  if (!error)
    return {};
  auto reason = runtime::problem{};
  reason.kind = problem_kind::unavailable;
  reason.message = "cannot make the store's folder: " + error.message();
  reason.file = folder.string();
  reason.hint = "choose another store with --store";
  return fail(std::move(reason));
}

std::unique_ptr<runtime::local_system>
own_system(const local_engine_options& options) {
  if (options.system != nullptr)
    return nullptr;
  auto from = runtime::local_system_options{};
  from.threads = options.threads;
  return std::make_unique<runtime::local_system>(from);
}

} // namespace

struct local_engine::state {
  local_engine_options options;
  runtime::real_clock time;
  runtime::uuid_generator ids{time};
  std::mt19937_64 random{std::random_device{}()};
  std::unique_ptr<runtime::local_system> own; ///< Absent: another's is used.
  caf::actor_system& system;
  runtime::supervisor_actor root;
  std::unique_ptr<engine_gateway> gateway;

  explicit state(local_engine_options from)
    : options{std::move(from)}, own{own_system(options)},
      system{own ? **own : *options.system} {}

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  ~state() {
    gateway.reset();
    if (own) {
      root = nullptr;
      own->shutdown(options.shutdown_timeout);
    } else if (root) {
      runtime::stop_tree(system,
                         caf::actor_cast<runtime::stoppable_actor>(root),
                         options.shutdown_timeout);
    }
  }

  /// All tables of the store.
  [[nodiscard]] runtime::migration_list schema() const {
    auto all = engine_schema();
    for (const auto& each : options.schemas)
      all.insert(all.end(), each.begin(), each.end());
    return all;
  }

  [[nodiscard]] runtime::child_spec
  store_child(const std::shared_ptr<engine_parts>& parts,
              const runtime::store_options& from) const {
    auto spec = runtime::child_spec{};
    spec.id = "store";
    // It commits what it has accepted before it ends.
    spec.shutdown = 30s;
    spec.start = [parts, from, schema = schema(),
                  is_first = true](caf::actor_system& actors) mutable {
      if (!std::exchange(is_first, false)) {
        auto again = runtime::spawn_store(actors, from, schema);
        if (!again)
          throw std::runtime_error{runtime::render(again.error())};
        parts->store = std::move(*again);
      }
      return caf::actor_cast<caf::actor>(parts->store);
    };
    return spec;
  }

  [[nodiscard]] runtime::child_spec
  engine_child(const std::shared_ptr<engine_parts>& parts) {
    auto from = engine_options{};
    from.store_path = options.store;
    from.ledger = options.ledger;
    from.load = options.load;
    from.read_load = [reader = runtime::host_load_reader{}]() mutable {
      return reader.read();
    };
    from.time = &time;
    // Only the engine draws, and there is one at a time.
    from.draw = [this] { return random(); };
    from.new_id = [this] { return to_string(ids.next()); };
    auto spec = runtime::child_spec{};
    spec.id = "engine";
    spec.start = [parts, from](caf::actor_system& actors) {
      parts->engine
        = spawn_engine(actors, parts->store, parts->validator, from);
      return caf::actor_cast<caf::actor>(parts->engine);
    };
    return spec;
  }

  [[nodiscard]] runtime::child_spec
  host_child(const std::shared_ptr<engine_parts>& parts) const {
    auto spec = runtime::child_spec{};
    spec.id = "activities";
    spec.shutdown = options.shutdown_timeout;
    spec.start
      = [parts, add = options.add_activities, most = options.activities_max,
         room = options.room, labels = options.labels,
         has_noop = options.has_noop](caf::actor_system& actors) {
          auto registry = std::make_shared<activity_registry>();
          if (has_noop)
            add_basic_activities(*registry);
          if (add)
            add(*registry, parts->store);
          auto host = activity_host_options{};
          host.registry = std::move(registry);
          host.limits.activities_max = most;
          host.room = room;
          host.labels = labels;
          return caf::actor_cast<caf::actor>(
            spawn_activity_host(actors, parts->engine, std::move(host)));
        };
    return spec;
  }

  outcome<void> open() {
    if (auto made = make_folder(options.store); !made)
      return made;
    auto from = runtime::store_options{};
    from.path = options.store;
    from.queue_max = options.store_queue_max;
    from.cache_bytes = options.store_cache_bytes;
    from.fence = options.fence;
    auto opened = runtime::spawn_store(system, from, schema());
    if (!opened)
      return fail(opened.error());
    const auto parts = std::make_shared<engine_parts>();
    parts->store = std::move(*opened);
    auto validation = runtime::child_spec{};
    validation.id = "validation";
    validation.start
      = [parts, path = options.store](caf::actor_system& actors) {
          parts->validator = spawn_run_validation(actors, path);
          return caf::actor_cast<caf::actor>(parts->validator);
        };
    auto supervisor = runtime::supervisor_options{};
    supervisor.name = "troupe";
    supervisor.strategy = runtime::restart_strategy::rest_for_one;
    // While the disk is full the engine may end again and again, at growing
    // intervals; it has to be there when there is room.
    supervisor.intensity.restarts_max = restarts_per_period_max;
    auto children = std::vector<runtime::child_spec>{store_child(parts, from),
                                                     std::move(validation),
                                                     engine_child(parts),
                                                     host_child(parts)};
    for (const auto& companion : options.companions) {
      auto& child = children.emplace_back();
      child.id = companion.id;
      child.start
        = [parts, start = companion.start](caf::actor_system& actors) {
            return start(actors, parts->store, parts->engine);
          };
    }
    root = runtime::spawn_supervisor(system, supervisor, std::move(children));
    if (own)
      own->set_root(caf::actor_cast<runtime::stoppable_actor>(root));
    return {};
  }

  /// The engine as it runs now.
  outcome<engine_actor> engine(caf::scoped_actor& self) {
    auto wanted = messages::GetChild{};
    wanted.set_id("engine");
    auto found = outcome<engine_actor>{};
    self->request(root, 10s, wanted)
      .receive(
        [&](const caf::actor& child) {
          found = runtime::child_handle<engine_actor>(child);
        },
        [&](const caf::error& error) {
          found = fail(runtime::to_problem(error, system));
        });
    return found;
  }

  template <class Reply, class Request>
  outcome<Reply> ask(const Request& wanted) {
    auto self = caf::scoped_actor{system};
    const auto to = engine(self);
    if (!to)
      return fail(to.error());
    auto result = outcome<Reply>{};
    self->request(*to, answer_timeout, wanted)
      .receive([&](Reply& reply) { result = std::move(reply); },
               [&](const caf::error& error) {
                 result = fail(runtime::to_problem(error, system));
               });
    return result;
  }
};

local_engine::local_engine(std::unique_ptr<state> made) noexcept
  : state_{std::move(made)} {}

local_engine::local_engine(local_engine&&) noexcept = default;
local_engine& local_engine::operator=(local_engine&&) noexcept = default;
local_engine::~local_engine() = default;

outcome<local_engine> local_engine::start(local_engine_options options) {
  auto made = std::make_unique<state>(std::move(options));
  if (auto opened = made->open(); !opened)
    return fail(opened.error());
  return local_engine{std::move(made)};
}

outcome<void> local_engine::listen(const std::string& socket) {
  auto opened = engine_gateway::open(state_->system, state_->root, socket);
  if (!opened)
    return fail(opened.error());
  state_->gateway = std::move(*opened);
  return {};
}

outcome<messages::RunAccepted>
local_engine::submit(const messages::SubmitRun& wanted) {
  return state_->ask<messages::RunAccepted>(wanted);
}

outcome<messages::RunChanged>
local_engine::change(const messages::ChangeRun& wanted) {
  return state_->ask<messages::RunChanged>(wanted);
}

outcome<messages::WorkflowApplied>
local_engine::apply(const messages::ApplyWorkflow& wanted) {
  return state_->ask<messages::WorkflowApplied>(wanted);
}

outcome<messages::RunProgress>
local_engine::progress(const std::string& run_id) {
  auto wanted = messages::GetRunProgress{};
  wanted.set_run_id(run_id);
  return state_->ask<messages::RunProgress>(wanted);
}

caf::actor_system& local_engine::system() {
  return state_->system;
}

runtime::supervisor_actor local_engine::root() const {
  return state_->root;
}

outcome<engine_actor> local_engine::engine() {
  auto self = caf::scoped_actor{state_->system};
  return state_->engine(self);
}

outcome<messages::RunResult> local_engine::await(const std::string& run_id,
                                                 const std::stop_token& stop,
                                                 const std::string& by) {
  const auto cancelling
    = std::stop_callback{stop, [this, run_id, by] {
                           auto wanted = messages::ChangeRun{};
                           wanted.set_run_id(run_id);
                           wanted.set_by(by);
                           wanted.mutable_cancel()->set_reason("interrupted");
                           constexpr auto grace_ms = std::uint64_t{10'000};
                           wanted.mutable_cancel()->set_grace_ms(grace_ms);
                           // If it is over by now, all the better.
                           static_cast<void>(change(wanted));
                           // Whose thread this is, is not known. While it
                           // refers to the logger, the system cannot end.
                           caf::logger::set_current_actor_system(nullptr);
                         }};
  auto wanted = messages::AwaitRun{};
  wanted.set_run_id(run_id);
  auto result = outcome<messages::RunResult>{};
  for (auto i = 0; i < restarts_max; ++i) {
    auto self = caf::scoped_actor{state_->system};
    const auto to = state_->engine(self);
    if (to) {
      // A run may take for ever; the engine's death is heard of.
      self->request(*to, caf::infinite, wanted)
        .receive([&](messages::RunResult& reply) { result = std::move(reply); },
                 [&](const caf::error& error) {
                   result = fail(runtime::to_problem(error, state_->system));
                 });
    } else {
      result = fail(to.error());
    }
    if (result || result.error().kind != problem_kind::unavailable)
      break;
    // The engine is being restarted: that takes a moment.
    self->receive([](caf::unit_t) {}, caf::after(500ms) >> [] {});
  }
  return result;
}

} // namespace troupe::engine
