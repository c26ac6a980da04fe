#include "runtime/actor_system.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/store/store_error.hpp"
#include "runtime/supervision/supervision_error.hpp"

#include <caf/actor_registry.hpp>
#include <caf/logger.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe::runtime {

namespace {

std::string render_supervision_error(std::uint8_t code, caf::atom_value,
                                     const caf::message& context) {
  auto text = to_string(static_cast<supervision_error>(code));
  if (context.match_elements<std::string>())
    text += ": " + context.get_as<std::string>(0);
  return text;
}

std::string render_store_error(std::uint8_t code, caf::atom_value,
                               const caf::message& context) {
  auto text = to_string(static_cast<store_error>(code));
  if (context.match_elements<std::string>())
    text += ": " + context.get_as<std::string>(0);
  return text;
}

/// Whether all actors have ended by the deadline. There is no event for it.
bool await_actors(caf::actor_system& system,
                  std::chrono::steady_clock::time_point deadline) {
  while (system.registry().running() != 0) {
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// Runs `action` on a thread of its own, which is left behind when it is late.
template <class Action>
bool finishes_within(std::chrono::milliseconds deadline, Action action) {
  struct completion {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_done = false;
  };
  const auto state = std::make_shared<completion>();
  std::thread{[state, action = std::move(action)]() mutable {
    action();
    const auto guard = std::lock_guard{state->mutex};
    state->is_done = true;
    state->changed.notify_all();
  }}.detach();
  auto lock = std::unique_lock{state->mutex};
  return state->changed.wait_for(lock, deadline,
                                 [&] { return state->is_done; });
}

/// Keeps a system that still runs, and says so to leak checkers.
void abandon(std::unique_ptr<actor_configuration> configuration,
             std::unique_ptr<caf::actor_system> system) {
  struct remains {
    std::unique_ptr<actor_configuration> configuration;
    std::unique_ptr<caf::actor_system> system;
  };
  static auto mutex = std::mutex{};
  static auto* abandoned = new std::vector<remains>; // Outlives every thread.
  const auto guard = std::lock_guard{mutex};
  abandoned->push_back({std::move(configuration), std::move(system)});
}

} // namespace

actor_configuration::actor_configuration(std::size_t threads) {
  add_message_types<caf::id_block::troupe>();
  add_error_category(caf::atom("troupe"), render_problem);
  add_error_category(caf::atom("supervise"), render_supervision_error);
  add_error_category(caf::atom("store"), render_store_error);
  if (threads == 0)
    threads = std::max(std::thread::hardware_concurrency(), 1U);
  set("scheduler.max-threads", threads);
  // An idle worker of the other policy, work stealing, sleeps for up to 10 ms
  // while work waits in the queue of its neighbour.
  set("scheduler.policy", caf::atom("sharing"));
}

std::vector<std::string> stop_tree(caf::actor_system& system,
                                   stoppable_actor root,
                                   std::chrono::milliseconds deadline) {
  auto late = std::vector<std::string>{};
  auto self = caf::scoped_actor{system};
  self->request(root, deadline, messages::StopTree{})
    .receive(
      [&](messages::TreeStopped& stopped) {
        late.assign(stopped.killed().begin(), stopped.killed().end());
      },
      [&](caf::error& reason) {
        // A root that is down already has nothing left to stop.
        if (reason == caf::sec::request_timeout)
          late.emplace_back("root");
      });
  caf::anon_send_exit(root, caf::exit_reason::kill);
  self->wait_for(root);
  return late;
}

local_system::local_system(local_system_options options)
  : options_{options}, configuration_{std::make_unique<actor_configuration>(
                         options.threads)},
    system_{std::make_unique<caf::actor_system>(*configuration_)} {}

local_system::~local_system() {
  shutdown(options_.shutdown);
}

void local_system::set_root(stoppable_actor root) {
  root_ = std::move(root);
}

std::vector<std::string>
local_system::shutdown(std::chrono::milliseconds deadline) {
  if (!system_)
    return {};
  const auto end = std::chrono::steady_clock::now() + 2 * deadline;
  auto late = std::vector<std::string>{};
  if (root_)
    late = stop_tree(*system_, std::exchange(root_, nullptr), deadline);
  if (!await_actors(*system_, end)) {
    late.push_back(std::to_string(system_->registry().running())
                   + " actors outside the tree");
    // Destroying the system would wait for them forever.
    abandon(std::move(configuration_), std::move(system_));
    return late;
  }
  // The system's end waits for all threads that still refer to its logger.
  caf::logger::set_current_actor_system(nullptr);
  // CAF 0.17 can hang here even without actors (its issues 1196 and 1266).
  auto destroy
    = [system = std::shared_ptr<caf::actor_system>{std::move(system_)},
       configuration = std::shared_ptr<actor_configuration>{
         std::move(configuration_)}]() mutable {
        system.reset();
        configuration.reset();
      };
  if (!finishes_within(deadline, std::move(destroy)))
    late.emplace_back("actor system");
  return late;
}

} // namespace troupe::runtime
