#include "cluster/node/node_steward.hpp"

#include "runtime/logging/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

namespace troupe::cluster {

/// Time to look whether members are known.
struct settling_tick {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::settling_tick)

namespace troupe::cluster {

namespace {

using runtime::problem_kind;

constexpr auto node_log = "cluster.node";
constexpr auto abstain_to_drain = std::chrono::seconds{10};
/// A pending message keeps its receiver, hence the system, alive for so long.
constexpr auto settling_tick_max = std::chrono::milliseconds{500};

using private_steward_actor
  = node_steward_actor::extend<caf::reacts_to<settling_tick>>;

struct steward_state {
  static constexpr auto name = "node_steward"; // Shown in logs.

  // An aggregate would be made from the actor.
  steward_state() = default;

  node_steward_options options;
  hosting_desk_actor desk; ///< Of the newest engine of this node.
  std::string leader;
  std::set<std::string> held; ///< Nodes that are to get nothing new.
  std::set<std::string> workers; ///< Those that live.
  std::set<std::string> successors; ///< Others that could lead now.
  bool is_draining = false; ///< This node.
  bool is_aside = false; ///< It has let others lead.
  caf::actor_clock::time_point settles_at;
  bool is_settled = false;
};

using steward_pointer = private_steward_actor::stateful_pointer<steward_state>;

void hold(steward_pointer self, const std::string& node, bool is_on) {
  auto& state = self->state;
  const auto is_new
    = is_on ? state.held.insert(node).second : state.held.erase(node) != 0;
  if (is_new && state.desk)
    self->send(state.desk, hold_node{node, is_on});
}

/// A node that has just started does not know yet who else there is.
void tell_workers(steward_pointer self) {
  auto& state = self->state;
  if (state.desk && state.is_settled)
    self->send(state.desk, expect_nodes{state.workers});
}

void settle(steward_pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  state.is_settled = now >= state.settles_at;
  if (state.is_settled)
    return tell_workers(self);
  self->delayed_send(self,
                     std::min<caf::actor_clock::duration_type>(
                       state.settles_at - now, settling_tick_max),
                     settling_tick{});
}

void count(steward_pointer self, const member_event& event) {
  auto& workers = self->state.workers;
  const auto is_gone = event.kind == member_event_kind::down
                       || event.kind == member_event_kind::left;
  const auto is_changed = is_gone ? workers.erase(event.of.name) != 0
                                  : event.of.roles.is_worker
                                      && workers.insert(event.of.name).second;
  if (is_changed)
    tell_workers(self);
}

/// A node that drains leads for as long as nobody else could: what runs on it
/// needs a leader until its end is stored.
void let_others_lead(steward_pointer self) {
  auto& state = self->state;
  const auto& leadership = state.options.leadership;
  const auto wants_aside = state.is_draining && !state.successors.empty();
  if (!leadership || wants_aside == std::exchange(state.is_aside, wants_aside))
    return;
  if (wants_aside)
    self->send(leadership, step_aside{abstain_to_drain});
  else
    self->send(leadership, come_back{});
}

void note_successor(steward_pointer self, const member_event& event) {
  auto& state = self->state;
  const auto is_alive = event.of.state == member_state::alive;
  if (event.of.name == state.options.self)
    state.is_draining = event.of.state == member_state::draining;
  else if (event.of.roles.is_coordinator && is_alive)
    state.successors.insert(event.of.name);
  else
    state.successors.erase(event.of.name);
  let_others_lead(self);
}

void hear(steward_pointer self, const member_event& event) {
  auto& state = self->state;
  count(self, event);
  note_successor(self, event);
  switch (event.kind) {
    case member_event_kind::down:
    case member_event_kind::left:
      state.held.erase(event.of.name);
      if (state.desk)
        self->send(state.desk, lose_node{event.of.name});
      return;
    case member_event_kind::draining:
    case member_event_kind::suspect:
      return hold(self, event.of.name, true);
    default: // Who is trusted again may drain all the same.
      return hold(self, event.of.name,
                  event.of.state == member_state::draining);
  }
}

void hear(steward_pointer self, const hosting_opened& opened) {
  auto& state = self->state;
  state.desk = opened.desk;
  self->send(state.desk, serve_nodes{state.held});
  tell_workers(self);
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

private_steward_actor::behavior_type
node_steward(steward_pointer self, const node_steward_options& options) {
  self->state.options = options;
  self->state.settles_at = self->clock().now() + options.settle_time;
  settle(self);
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
    [=](const hosting_opened& opened) { hear(self, opened); },
    [=](settling_tick) { settle(self); },
  };
}

} // namespace

node_steward_actor spawn_node_steward(caf::actor_system& system,
                                      node_steward_options options) {
  return system.spawn(node_steward, std::move(options));
}

} // namespace troupe::cluster
