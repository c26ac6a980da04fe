#include "cluster/node/node_leaver.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <utility>

namespace troupe::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto leaver_log = "cluster.node";

struct node_leaver_state {
  static constexpr auto name = "node_leaver"; // Shown in logs.

  // An aggregate would be made from the actor.
  node_leaver_state() = default;

  node_leaver_options options;
  caf::actor_clock::time_point until;
};

using leaver_pointer = node_leaver_actor::stateful_pointer<node_leaver_state>;

void await_idle(leaver_pointer self, std::stop_source done) {
  const auto& state = self->state;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(
    state.until - self->clock().now());
  self->request(state.options.port, std::max(rest, 1ms), close_when_idle{})
    .then(
      [=](hosting_closed) mutable { done.request_stop(); },
      [=](const caf::error& reason) mutable {
        runtime::log_warning(
          leaver_log, "leaves although something may still run here",
          {{"reason", runtime::to_problem(reason, self->system()).message}});
        done.request_stop();
      });
}

void leave(leaver_pointer self, std::stop_source done) {
  auto& state = self->state;
  const auto& options = state.options;
  if (!options.port || options.grace == 0ms) {
    done.request_stop();
    return;
  }
  state.until = self->clock().now() + options.grace;
  runtime::log_info(leaver_log, "told to stop: waits for what runs here",
                    {{"grace_ms", options.grace.count()}});
  self->request(options.membership, options.grace, drain_node{})
    .then(
      [=](membership_done) { await_idle(self, done); },
      [=](const caf::error& reason) {
        runtime::log_warning(
          leaver_log, "could not tell the others to give nothing new",
          {{"reason", runtime::to_problem(reason, self->system()).message}});
        await_idle(self, done);
      });
}

node_leaver_actor::behavior_type node_leaver(leaver_pointer self,
                                             node_leaver_options options) {
  self->state.options = std::move(options);
  return {[=](const leave_when_idle& what) { leave(self, what.done); }};
}

} // namespace

node_leaver_actor spawn_node_leaver(caf::actor_system& system,
                                    node_leaver_options options) {
  return system.spawn(node_leaver, std::move(options));
}

} // namespace troupe::cluster
