#include "cluster/node/cluster_desk.hpp"

#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/node/engine_relay.hpp"
#include "cluster/node/node_gauge.hpp"
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
/// Askers of how busy all nodes are, at the same time.
constexpr auto gatherings_max = 64;

/// How busy all nodes are, as far as they have said.
struct load_gathering {
  /// Among those under way: free again when the last who answers is gone.
  std::shared_ptr<const void> place;
  asker_id to = 0;
  EngineAnswer answer;
  std::size_t open = 0; ///< Questions without an answer.
};

struct cluster_desk_state {
  static constexpr auto name = "cluster_desk"; // Shown in logs.

  // An aggregate would be made from the actor.
  cluster_desk_state() = default;

  cluster_desk_options options;
  leader_followed followed;
  /// Shared by the gatherings that are under way.
  std::shared_ptr<const void> gatherings = std::make_shared<int>();

  [[nodiscard]] bool is_gathering_enough() const noexcept {
    return gatherings.use_count() > gatherings_max;
  }
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

bool is_there(const messages::ClusterNode& node) {
  return node.state() != to_string(member_state::dead)
         && node.state() != to_string(member_state::left);
}

/// Who leads, where no leadership knows.
void add_followed(const cluster_desk_state& state,
                  messages::ClusterStatus& status) {
  if (!state.options.only_coordinator.empty()) {
    status.set_epoch(state.options.only_epoch);
    return status.set_leader(state.options.only_coordinator);
  }
  const auto& followed = state.followed;
  const auto is_known
    = std::ranges::any_of(status.nodes(), [&](const auto& node) {
        return node.name() == followed.node && is_there(node);
      });
  if (is_known) {
    status.set_leader(followed.node);
    status.set_epoch(followed.leadership_epoch);
  }
  status.set_has_failover(has_standby(status));
}

/// Calls `then` with how the cluster looks.
template <class Continuation>
void with_status(desk_pointer self, asker_id to, std::uint64_t id,
                 Continuation then) {
  const auto& options = self->state.options;
  self->request(options.membership, patience, get_members{})
    .then(
      [=](const members_seen& seen) {
        const auto& with = self->state.options;
        auto status = messages::ClusterStatus{};
        describe(seen, status);
        if (!with.leadership) {
          add_followed(self->state, status);
          return then(std::move(status));
        }
        self->request(with.leadership, patience, get_leadership{})
          .then(
            [=](const leadership_change& now) mutable {
              status.set_leader(node_of(now.leader));
              status.set_epoch(now.leader_epoch);
              status.set_has_failover(has_standby(status));
              then(std::move(status));
            },
            refusal(self, to, id));
      },
      refusal(self, to, id));
}

void show(desk_pointer self, asker_id to, std::uint64_t id) {
  with_status(self, to, id, [=](messages::ClusterStatus status) {
    auto answer = EngineAnswer{};
    answer.set_id(id);
    *answer.mutable_cluster() = std::move(status);
    send(self, to, answer);
  });
}

// -- how busy all nodes are --------------------------------------------------

using shared_gathering = std::shared_ptr<load_gathering>;

void end_part(desk_pointer self, const shared_gathering& of) {
  if (--of->open == 0)
    send(self, of->to, of->answer);
}

/// Asks a node, and lets `take` or `miss` put down what comes of it.
template <class Reply, class Take, class Miss>
void ask_node(desk_pointer self, const shared_gathering& of,
              const std::string& node, messages::Envelope envelope, Take take,
              Miss miss) {
  auto call = node_call{};
  call.node = node;
  call.envelope = std::move(envelope);
  call.timeout = self->state.options.load_timeout;
  self->request(self->state.options.exchange, 2 * call.timeout, std::move(call))
    .then(
      [=](const node_answer& reply) {
        auto read = from_envelope<Reply>(reply.envelope);
        if (read)
          take(std::move(*read));
        else
          miss(read.error());
        end_part(self, of);
      },
      [=](const caf::error& reason) {
        miss(runtime::to_problem(reason, self->system()));
        end_part(self, of);
      });
}

void ask_load(desk_pointer self, const shared_gathering& of, int place) {
  const auto row = [of, place] {
    return of->answer.mutable_cluster_load()->mutable_nodes(place);
  };
  const auto asked_at = self->clock().now();
  ask_node<messages::NodeFigures>(
    self, of, row()->name(),
    to_envelope(gauge_target, 0, messages::GetNodeFigures{}),
    [=](messages::NodeFigures figures) {
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        self->clock().now() - asked_at);
      row()->set_round_trip_us(static_cast<std::uint64_t>(took.count()));
      *row()->mutable_figures() = std::move(figures);
    },
    [=](const runtime::problem& why) { row()->set_problem(why.message); });
}

void ask_queue(desk_pointer self, const shared_gathering& of) {
  const auto miss = [of](const std::string& why) {
    of->answer.mutable_cluster_load()->set_queue_problem(why);
  };
  auto call = messages::EngineCall{};
  call.mutable_queue();
  ask_node<EngineAnswer>(
    self, of, of->answer.cluster_load().status().leader(),
    to_envelope(engine_target, 0, call),
    [=](EngineAnswer answer) {
      if (answer.has_queue())
        *of->answer.mutable_cluster_load()->mutable_queue()
          = std::move(*answer.mutable_queue());
      else
        miss(answer.has_problem() ? answer.problem().message()
                                  : "it answers something else");
    },
    [=](const runtime::problem& why) { miss(why.message); });
}

void show_load(desk_pointer self, asker_id to, std::uint64_t id,
               bool only_this) {
  if (self->state.is_gathering_enough())
    return refuse(self, to, id,
                  runtime::fail(problem_kind::unavailable,
                                "too many ask how busy the nodes are",
                                "ask again in a second")
                    .value());
  const auto of = std::make_shared<load_gathering>();
  of->place = self->state.gatherings;
  of->to = to;
  of->answer.set_id(id);
  with_status(self, to, id, [=](messages::ClusterStatus status) {
    auto& load = *of->answer.mutable_cluster_load();
    for (const auto& each : status.nodes())
      if (only_this ? each.name() == status.node() : is_there(each))
        load.add_nodes()->set_name(each.name());
    const auto asks_leader = !only_this && !status.leader().empty();
    if (!only_this && !asks_leader)
      load.set_queue_problem("nobody leads");
    *load.mutable_status() = std::move(status);
    const auto nodes = load.nodes_size();
    of->open = static_cast<std::size_t>(nodes) + (asks_leader ? 1U : 0U) + 1U;
    for (auto place = 0; place < nodes; ++place)
      ask_load(self, of, place);
    if (asks_leader)
      ask_queue(self, of);
    end_part(self, of); // Everybody is asked, if there is anybody.
  });
}

// -- changes -----------------------------------------------------------------

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
  if (call.has_cluster_load())
    return show_load(self, from, call.id(), call.cluster_load().only_this());
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
