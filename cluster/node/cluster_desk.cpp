#include "cluster/node/cluster_desk.hpp"

#include "messages/engine_call.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/problem_message.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace troupe::cluster {

namespace {

using namespace std::chrono_literals;

using engine::asker_id;
using messages::EngineAnswer;
using runtime::problem_kind;

constexpr auto patience = 10s;

struct cluster_desk_state {
  static constexpr auto name = "cluster_desk"; // Shown in logs.

  // An aggregate would be made from the actor.
  cluster_desk_state() = default;

  cluster_desk_options options;
  leader_followed followed;
};

using desk_pointer = cluster_desk_actor::stateful_pointer<cluster_desk_state>;

void send(desk_pointer self, asker_id to, const EngineAnswer& answer) {
  const auto payload = answer.SerializeAsString();
  self->state.options.answers(to, std::span{&payload, 1});
}

void refuse(desk_pointer self, asker_id to, std::uint64_t id,
            const runtime::problem& reason) {
  auto answer = EngineAnswer{};
  answer.set_id(id);
  *answer.mutable_problem()
    = runtime::to_problem_message<messages::ProblemReport>(reason);
  send(self, to, answer);
}

auto refusal(desk_pointer self, asker_id to, std::uint64_t id) {
  return [=](const caf::error& error) {
    refuse(self, to, id, runtime::to_problem(error, self->system()));
  };
}

void describe(const members_seen& seen, messages::ClusterStatus& to) {
  to.set_node(seen.self);
  to.set_is_safe(seen.is_safe);
  for (const auto& each : seen.members) {
    auto& node = *to.add_nodes();
    node.set_name(each.of.name);
    node.set_state(std::string{to_string(each.of.state)});
    node.set_incarnation(each.of.incarnation);
    node.set_is_coordinator(each.of.roles.is_coordinator);
    node.set_is_worker(each.of.roles.is_worker);
    if (each.phi)
      node.set_phi(*each.phi);
    node.set_lateness_us(static_cast<std::uint64_t>(
      std::max<std::int64_t>(each.lateness.count(), 0)));
  }
}

/// Whether somebody could take over from one that fails now.
bool has_standby(const messages::ClusterStatus& of) {
  return std::ranges::count_if(of.nodes(),
                               [](const auto& node) {
                                 return node.is_coordinator()
                                        && node.state() == "alive";
                               })
         > 1;
}

/// Who leads, where no leadership knows.
void add_followed(const cluster_desk_state& state,
                  messages::ClusterStatus& status) {
  if (!state.options.only_coordinator.empty())
    return status.set_leader(state.options.only_coordinator);
  const auto& followed = state.followed;
  const auto is_there
    = std::ranges::any_of(status.nodes(), [&](const auto& node) {
        return node.name() == followed.node && node.state() != "dead"
               && node.state() != "left";
      });
  if (is_there) {
    status.set_leader(followed.node);
    status.set_epoch(followed.epoch);
  }
  status.set_has_failover(has_standby(status));
}

void show(desk_pointer self, asker_id to, std::uint64_t id) {
  const auto& options = self->state.options;
  self->request(options.membership, patience, get_members{})
    .then(
      [=](const members_seen& seen) {
        const auto& with = self->state.options;
        auto answer = EngineAnswer{};
        answer.set_id(id);
        describe(seen, *answer.mutable_cluster());
        if (!with.leadership) {
          add_followed(self->state, *answer.mutable_cluster());
          return send(self, to, answer);
        }
        self->request(with.leadership, patience, get_leadership{})
          .then(
            [=](const leadership_change& now) mutable {
              auto& status = *answer.mutable_cluster();
              status.set_leader(node_of(now.leader));
              status.set_epoch(static_cast<std::uint64_t>(now.leader_epoch));
              status.set_has_failover(has_standby(status));
              send(self, to, answer);
            },
            refusal(self, to, id));
      },
      refusal(self, to, id));
}

template <class Question>
void ask_membership(desk_pointer self, asker_id to, std::uint64_t id,
                    Question question) {
  self->request(self->state.options.membership, patience, std::move(question))
    .then(
      [=](membership_done) {
        auto answer = EngineAnswer{};
        answer.set_id(id);
        answer.mutable_cluster_changed();
        send(self, to, answer);
      },
      refusal(self, to, id));
}

void let_others_lead(desk_pointer self, asker_id to, std::uint64_t id,
                     std::chrono::milliseconds abstain) {
  const auto& leadership = self->state.options.leadership;
  if (!leadership)
    return refuse(self, to, id,
                  runtime::fail(problem_kind::conflict,
                                "no other node could lead",
                                "failover needs a store in PostgreSQL and two "
                                "coordinators; ask a coordinator")
                    .value());
  self->request(leadership, patience, get_leadership{})
    .then(
      [=](const leadership_change& now) {
        if (!now.epoch)
          return refuse(self, to, id,
                        runtime::fail(problem_kind::conflict,
                                      "this node does not lead",
                                      now.leader.empty()
                                        ? "nobody does"
                                        : "ask node " + node_of(now.leader))
                          .value());
        self->send(self->state.options.leadership, step_aside{abstain});
        auto answer = EngineAnswer{};
        answer.set_id(id);
        answer.mutable_cluster_changed();
        send(self, to, answer);
      },
      refusal(self, to, id));
}

void change(desk_pointer self, asker_id to, std::uint64_t id,
            const messages::ChangeCluster& wanted) {
  constexpr auto abstain_max = std::uint64_t{86'400'000};
  switch (wanted.what_case()) {
    case messages::ChangeCluster::kDrain:
    case messages::ChangeCluster::kUndrain:
      return ask_membership(self, to, id,
                            drain_node{wanted.node(), wanted.has_drain()});
    case messages::ChangeCluster::kRemove:
      return ask_membership(self, to, id, remove_node{wanted.node()});
    case messages::ChangeCluster::kStepAsideMs:
      return let_others_lead(
        self, to, id,
        std::chrono::milliseconds{static_cast<std::int64_t>(
          std::min(wanted.step_aside_ms(), abstain_max))});
    default:
      refuse(self, to, id,
             runtime::fail(problem_kind::invalid_input,
                           "a change that this node does not know",
                           "use a client of the same version")
               .value());
  }
}

void take(desk_pointer self, asker_id from, const std::string& payload) {
  auto call = messages::EngineCall{};
  if (call.ParseFromString(payload) && call.has_cluster())
    return show(self, from, call.id());
  if (call.has_change_cluster())
    return change(self, from, call.id(), call.change_cluster());
  refuse(self, from, call.id(),
         runtime::fail(problem_kind::invalid_input,
                       "a question that cannot be decoded")
           .value());
}

cluster_desk_actor::behavior_type
cluster_desk(desk_pointer self, const cluster_desk_options& options) {
  self->state.options = options;
  return {
    [=](const engine::desk_questions& asked) {
      for (const auto& payload : asked.payloads)
        take(self, asked.from, payload);
    },
    [=](const leader_followed& followed) { self->state.followed = followed; },
  };
}

} // namespace

cluster_desk_actor spawn_cluster_desk(caf::actor_system& system,
                                      cluster_desk_options options) {
  return system.spawn(cluster_desk, std::move(options));
}

} // namespace troupe::cluster
