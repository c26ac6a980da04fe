#include "cluster/membership/membership_actor.hpp"

#include "cluster/membership/beat_message.hpp"
#include "cluster/transport/refusal_log.hpp"
#include "messages/membership.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/thread_priority.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe::cluster {

/// Time has passed.
struct membership_tick {};

/// An incarnation could not be kept; perhaps now.
struct store_again {
  std::uint64_t incarnation = 0;
};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::membership_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::store_again)

namespace troupe::cluster {

namespace {

using runtime::problem_kind;

constexpr auto membership_log = "cluster.membership";
constexpr auto beat_type = "Beat";
constexpr auto drain_type = "DrainNode";
constexpr auto drain_bytes_max = std::size_t{64};
constexpr auto watchers_max = std::size_t{64};
constexpr auto leavers_max = std::size_t{64};
/// Pending messages hold up the end of the actor system, hence soon.
constexpr auto store_again_after = std::chrono::milliseconds{500};

using private_membership_actor
  = membership_actor::extend<caf::replies_to<node_question>::with<node_answer>,
                             caf::reacts_to<link_change>,
                             caf::reacts_to<membership_tick>,
                             caf::reacts_to<store_again>>;

using done_promise = caf::typed_response_promise<membership_done>;

/// Somebody who waits for the node to have left.
struct leaver {
  done_promise promise;
  membership::time_point until;
};

struct membership_actor_state {
  static constexpr auto name = "membership"; // Shown in logs.

  membership_actor_options options;
  node_exchange_actor exchange;
  incarnation_store_actor incarnations;
  std::optional<membership> members;
  std::vector<membership_watcher_actor> watchers;
  std::vector<leaver> leavers;
  std::optional<own_notice> stopped;
  refusal_log refusals;
};

using membership_pointer
  = private_membership_actor::stateful_pointer<membership_actor_state>;

void perform(membership_pointer self, const membership_actions& actions);

template <class Fact>
void tell_watchers(membership_pointer self, const Fact& fact) {
  for (const auto& watcher : self->state.watchers)
    self->send(watcher, fact);
}

void store(membership_pointer self, std::uint64_t incarnation) {
  auto& state = self->state;
  self
    ->request(state.incarnations, state.options.store_timeout,
              store_incarnation{incarnation})
    .then(
      [=](const incarnation_stored&) {
        perform(self, self->state.members->take_incarnation(
                        incarnation, self->clock().now()));
      },
      [=](const caf::error& reason) {
        const auto why = runtime::to_problem(reason, self->system());
        runtime::log_warning(membership_log, "incarnation not stored",
                             {{"incarnation", incarnation},
                              {"reason", why.message}});
        self->delayed_send(self, store_again_after, store_again{incarnation});
      });
}

void finish_leavers(membership_pointer self) {
  for (auto& each : std::exchange(self->state.leavers, {}))
    each.promise.deliver(membership_done{});
}

void act(membership_pointer self, const send_beat& sent) {
  auto notice = node_notice{};
  notice.envelope.set_target(membership_target);
  notice.envelope.set_type(beat_type);
  notice.envelope.set_body(write_beat(sent.what));
  for (const auto& node : sent.to) {
    notice.node = node;
    self->send(self->state.exchange, notice);
  }
}

void act(membership_pointer self, const member_event& event) {
  runtime::log_info(membership_log, "a member changed",
                    {{"change", to_string(event.kind)},
                     {"member", to_string(event.of)}});
  tell_watchers(self, event);
}

void act(membership_pointer self, const own_notice& notice) {
  runtime::log(notice.kind == own_notice_kind::stopped_left
                 ? runtime::log_level::info
                 : runtime::log_level::warning,
               membership_log, "notice of this node",
               {{"notice", to_string(membership_action{notice})}});
  tell_watchers(self, notice);
  if (!self->state.members->is_stopped()
      || notice.kind < own_notice_kind::stopped_left)
    return;
  self->state.stopped = notice;
  finish_leavers(self);
}

void act(membership_pointer self, const need_incarnation& need) {
  store(self, need.above + 1);
}

void perform(membership_pointer self, const membership_actions& actions) {
  for (const auto& action : actions)
    std::visit([&](const auto& what) { act(self, what); }, action);
}

void end_late_leavers(membership_pointer self) {
  const auto now = self->clock().now();
  std::erase_if(self->state.leavers, [&](leaver& each) {
    if (each.until > now)
      return false;
    each.promise.deliver(
      caf::make_error(problem_kind::timeout, "the farewells are not said yet"));
    return true;
  });
}

void tick(membership_pointer self) {
  auto& state = self->state;
  perform(self, state.members->tick(self->clock().now()));
  end_late_leavers(self);
  if (!state.members->is_stopped())
    self->delayed_send(self, state.options.membership.ticks.interval,
                       membership_tick{});
}

/// Says so, but not each time.
void refuse(membership_pointer self, const std::string& node,
            const std::string& reason) {
  if (const auto untold
      = self->state.refusals.note(node, reason, self->clock().now()))
    runtime::log_warning(
      membership_log, "a beat was refused",
      {{"node", node}, {"reason", reason}, {"untold", *untold}});
}

void take_beat(membership_pointer self, const messages::Envelope& envelope) {
  auto arrived = read_beat(envelope.body());
  if (!arrived)
    return refuse(self, envelope.sender(), arrived.error().message);
  // The link has proved who sends.
  if (arrived->from != envelope.sender())
    return refuse(self, envelope.sender(), "it is in the name of another");
  perform(self, self->state.members->receive(*arrived, self->clock().now()));
}

void drain_self(membership_pointer self, bool is_on) {
  auto& members = *self->state.members;
  const auto now = self->clock().now();
  perform(self, is_on ? members.drain(now) : members.undrain(now));
}

caf::result<node_answer> answer(membership_pointer self,
                                const messages::Envelope& asked) {
  if (asked.type() == beat_type) {
    take_beat(self, asked);
    return node_answer{};
  }
  auto wanted = messages::DrainNode{};
  if (asked.type() != drain_type || asked.body().size() > drain_bytes_max
      || !wanted.ParseFromString(asked.body()))
    return caf::make_error(problem_kind::invalid_input,
                           "the membership cannot answer that");
  drain_self(self, wanted.is_on());
  return node_answer{};
}

members_seen show(membership_pointer self) {
  const auto& members = *self->state.members;
  const auto now = self->clock().now();
  auto result = members_seen{.self = members.self().name,
                             .is_safe = members.is_safe(now),
                             .is_stopped = members.is_stopped(),
                             .members = {}};
  for (const auto& [name, row] : members.table().rows())
    result.members.push_back(
      {row.of, members.phi(name, now), members.lateness_of(name)});
  return result;
}

/// What a new watcher is told of whoever is there; nothing of those who are
/// not, or not yet.
std::optional<member_event_kind> present(member_state state) {
  switch (state) {
    case member_state::alive:
      return member_event_kind::up;
    case member_state::draining:
      return member_event_kind::draining;
    case member_state::suspect:
      return member_event_kind::suspect;
    default:
      return std::nullopt;
  }
}

void start_watching(membership_pointer self,
                    const membership_watcher_actor& watcher) {
  auto& state = self->state;
  if (state.watchers.size() == watchers_max)
    return runtime::log_error(membership_log, "too many watch the membership");
  self->monitor(watcher);
  state.watchers.push_back(watcher);
  for (const auto& [name, row] : state.members->table().rows())
    if (const auto kind = present(row.of.state))
      self->send(watcher, member_event{*kind, row.of});
  if (state.stopped)
    self->send(watcher, *state.stopped);
}

done_promise drain(membership_pointer self, const drain_node& wanted) {
  auto promise = self->make_response_promise<membership_done>();
  const auto& members = *self->state.members;
  if (wanted.name.empty() || wanted.name == members.self().name) {
    drain_self(self, wanted.is_on);
    return promise.deliver(membership_done{});
  }
  if (members.table().find(wanted.name) == nullptr)
    return promise.deliver(
      caf::make_error(problem_kind::not_found, "no such node is known"));
  auto message = messages::DrainNode{};
  message.set_is_on(wanted.is_on);
  auto call = node_call{};
  call.node = wanted.name;
  call.timeout = self->state.options.drain_timeout;
  call.envelope.set_target(membership_target);
  call.envelope.set_type(drain_type);
  call.envelope.set_body(message.SerializeAsString());
  // The exchange keeps the time; this is for an exchange that does not.
  self->request(self->state.exchange, call.timeout * 2, call)
    .then(
      [=](const node_answer&) mutable { promise.deliver(membership_done{}); },
      [=](caf::error& reason) mutable { promise.deliver(std::move(reason)); });
  return promise;
}

caf::result<membership_done> remove(membership_pointer self,
                                    const remove_node& wanted) {
  const auto actions
    = self->state.members->remove(wanted.name, self->clock().now());
  if (!actions)
    return runtime::to_error(actions.error());
  perform(self, *actions);
  return membership_done{};
}

done_promise leave(membership_pointer self) {
  auto& state = self->state;
  auto promise = self->make_response_promise<membership_done>();
  if (state.leavers.size() == leavers_max)
    return promise.deliver(caf::make_error(
      problem_kind::unavailable, "too many wait for this node to leave"));
  const auto now = self->clock().now();
  if (state.members->is_stopped())
    return promise.deliver(membership_done{});
  state.leavers.push_back({promise, now + state.options.leave_timeout});
  perform(self, state.members->leave(now));
  return promise;
}

void end(membership_pointer self, const caf::error& reason) {
  for (auto& each : std::exchange(self->state.leavers, {}))
    each.promise.deliver(
      caf::make_error(problem_kind::interrupted, "the membership ends"));
  self->quit(reason);
}

void on_down(membership_pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.exchange.address())
    return end(self, message.reason);
  std::erase_if(state.watchers, [&](const membership_watcher_actor& watcher) {
    return watcher.address() == message.source;
  });
}

void start(membership_pointer self) {
  auto& state = self->state;
  auto peers = std::vector<std::string>{};
  self->monitor(state.exchange);
  self->send(state.exchange,
             serve_target{membership_target,
                          caf::actor_cast<node_service_actor>(self)});
  self->send(state.exchange,
             watch_links{caf::actor_cast<link_watcher_actor>(self)});
  for (const auto& peer : state.options.peers) {
    if (peer.node == state.options.self.name)
      continue;
    peers.push_back(peer.node);
    self->send(state.exchange, peer);
  }
  state.members.emplace(state.options.self, peers, state.options.membership,
                        self->clock().now());
  tick(self);
}

private_membership_actor::behavior_type
membership_behavior(membership_pointer self,
                    const node_exchange_actor& exchange,
                    const incarnation_store_actor& incarnations,
                    const membership_actor_options& options) {
  if (options.has_own_thread)
    runtime::prefer_this_thread("membership");
  self->state.options = options;
  self->state.exchange = exchange;
  self->state.incarnations = incarnations;
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  start(self);
  return {
    [=](const get_members&) { return show(self); },
    [=](const watch_members& what) { start_watching(self, what.watcher); },
    [=](const drain_node& what) { return drain(self, what); },
    [=](const remove_node& what) { return remove(self, what); },
    [=](const leave_cluster&) { return leave(self); },
    [=](const node_question& asked) {
      return answer(self, asked.what->envelope);
    },
    [=](const link_change& change) {
      if (!change.is_up)
        perform(self, self->state.members->link_lost(change.peer.node.name,
                                                     self->clock().now()));
    },
    [=](membership_tick) { tick(self); },
    [=](const store_again& what) { store(self, what.incarnation); },
  };
}

} // namespace

membership_actor spawn_membership(caf::actor_system& system,
                                  node_exchange_actor exchange,
                                  incarnation_store_actor incarnations,
                                  membership_actor_options options) {
  if (options.has_own_thread)
    return system.spawn<caf::detached>(membership_behavior, std::move(exchange),
                                       std::move(incarnations),
                                       std::move(options));
  return system.spawn(membership_behavior, std::move(exchange),
                      std::move(incarnations), std::move(options));
}

} // namespace troupe::cluster
