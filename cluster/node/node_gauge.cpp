#include "cluster/node/node_gauge.hpp"

#include "cluster/hosting/hosting_envelope.hpp"
#include "messages/cluster_call.pb.h"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace troupe::cluster {

namespace {

using messages::NodeFigures;
using runtime::problem_kind;

struct node_gauge_state {
  static constexpr auto name = "node_gauge"; // Shown in logs.

  // An aggregate would be made from the actor.
  node_gauge_state() = default;

  node_gauge_options options;
  std::set<std::string> linked;
};

using gauge_pointer = node_gauge_actor::stateful_pointer<node_gauge_state>;

void add_process(const node_gauge_options& options, NodeFigures& to) {
  if (!options.read_process)
    return;
  const auto figures = options.read_process();
  if (!figures)
    return;
  constexpr auto million = 1e6;
  to.set_cpu_us(static_cast<std::uint64_t>(figures->cpu_seconds * million));
  to.set_resident_bytes(figures->resident_bytes);
}

void add_work(const node_gauge_options& options, NodeFigures& to) {
  if (const auto& count = options.steps.count) {
    auto& steps = *to.mutable_steps();
    steps.set_running(count->running);
    steps.set_ended(count->ended);
    steps.set_places(options.steps.places);
  }
  if (const auto& count = options.slots.count) {
    auto& slots = *to.mutable_slots();
    slots.set_busy(count->running);
    slots.set_tasks_ended(count->ended);
    slots.set_total(options.slots.places);
  }
}

NodeFigures figures_of(gauge_pointer self, const members_seen& seen) {
  const auto& state = self->state;
  auto figures = NodeFigures{};
  figures.set_incarnation(state.options.incarnation);
  figures.set_at_us(static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(
      self->clock().now().time_since_epoch())
      .count()));
  figures.set_processors(static_cast<std::uint32_t>(state.options.processors));
  for (const auto& each : seen.members)
    if (each.of.name == seen.self)
      figures.set_lateness_us(static_cast<std::uint64_t>(
        std::max<std::int64_t>(each.lateness.count(), 0)));
  figures.set_links(static_cast<std::uint32_t>(
    state.linked.size() - state.linked.count(seen.self)));
  add_process(state.options, figures);
  add_work(state.options, figures);
  return figures;
}

caf::result<node_answer> answer(gauge_pointer self,
                                const node_question& question) {
  const auto& envelope = question.what->envelope;
  if (!is_of_type<messages::GetNodeFigures>(envelope))
    return runtime::to_error(
      runtime::fail(problem_kind::invalid_input, "nobody asks a gauge that")
        .value());
  auto promise = self->make_response_promise<node_answer>();
  const auto& options = self->state.options;
  self->request(options.membership, options.membership_timeout, get_members{})
    .then(
      [=](const members_seen& seen) mutable {
        promise.deliver(
          node_answer{to_envelope({}, 0, figures_of(self, seen))});
      },
      [=](caf::error& reason) mutable { promise.deliver(std::move(reason)); });
  return promise;
}

void note_link(gauge_pointer self, const link_change& change) {
  auto& linked = self->state.linked;
  if (change.is_up)
    linked.insert(change.peer.node.name);
  else
    linked.erase(change.peer.node.name);
}

node_gauge_actor::behavior_type node_gauge(gauge_pointer self,
                                           const node_gauge_options& options) {
  self->state.options = options;
  self->send(options.exchange,
             serve_target{gauge_target,
                          caf::actor_cast<node_service_actor>(self)});
  self->send(options.exchange,
             watch_links{caf::actor_cast<link_watcher_actor>(self)});
  return {
    [=](const node_question& question) { return answer(self, question); },
    [=](const link_change& change) { note_link(self, change); },
  };
}

} // namespace

node_gauge_actor spawn_node_gauge(caf::actor_system& system,
                                  node_gauge_options options) {
  return options.has_own_thread
           ? system.spawn<caf::detached>(node_gauge, std::move(options))
           : system.spawn(node_gauge, std::move(options));
}

} // namespace troupe::cluster
