#include "cluster/node/node_steward.hpp"

#include "runtime/logging/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::cluster {

namespace {

using runtime::problem_kind;

constexpr auto node_log = "cluster.node";

struct steward_state {
  static constexpr auto name = "node_steward"; // Shown in logs.

  // An aggregate would be made from the actor.
  steward_state() = default;

  node_steward_options options;
  hosting_desk_actor desk; ///< Of the newest engine of this node.
  std::string leader;
};

using steward_pointer = node_steward_actor::stateful_pointer<steward_state>;

void hear(steward_pointer self, const member_event& event) {
  const auto is_gone = event.kind == member_event_kind::down
                       || event.kind == member_event_kind::left;
  if (is_gone && self->state.desk)
    self->send(self->state.desk, lose_node{event.of.name});
}

void hear(steward_pointer self, const own_notice& notice) {
  switch (notice.kind) {
    case own_notice_kind::stopped_removed:
      return self->state.options.turns->end(
        runtime::fail(problem_kind::conflict,
                      "an operator removed this node from the cluster",
                      "start it again to have it back")
          .value());
    case own_notice_kind::stopped_replaced:
      return self->state.options.turns->end(
        runtime::fail(problem_kind::conflict,
                      "a later process has this node's name",
                      "give each node a name and a data folder of its own")
          .value());
    case own_notice_kind::was_absent:
      return runtime::log_warning(node_log,
                                  "this node did not get to run for a while",
                                  {{"lateness_us", notice.lateness.count()}});
    default:
      return;
  }
}

void hear(steward_pointer self, const leadership_change& change) {
  auto& state = self->state;
  const auto leader = node_of(change.leader);
  if (leader != std::exchange(state.leader, leader)
      && leader != state.options.self)
    runtime::log_info(node_log, "another node leads", {{"node", leader}});
  state.options.turns->lead(change.epoch);
  self->send(state.options.relay, leader_is{leader});
}

void hear(steward_pointer self, const leader_followed& followed) {
  const auto& options = self->state.options;
  self->send(options.relay, leader_is{followed.node});
  self->send(options.cluster, followed);
}

node_steward_actor::behavior_type
node_steward(steward_pointer self, const node_steward_options& options) {
  self->state.options = options;
  for (const auto& part : options.parts)
    self->monitor(part);
  self->set_down_handler([=](const caf::down_msg& message) {
    self->state.options.turns->end(
      runtime::fail(problem_kind::failed,
                    "a part of the node ended: " + to_string(message.reason))
        .value());
  });
  return {
    [=](const member_event& event) { hear(self, event); },
    [=](const own_notice& notice) { hear(self, notice); },
    [=](const leadership_change& change) { hear(self, change); },
    [=](const leader_followed& followed) { hear(self, followed); },
    [=](const hosting_opened& opened) { self->state.desk = opened.desk; },
  };
}

} // namespace

node_steward_actor spawn_node_steward(caf::actor_system& system,
                                      node_steward_options options) {
  return system.spawn(node_steward, std::move(options));
}

} // namespace troupe::cluster
