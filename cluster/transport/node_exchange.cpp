#include "cluster/transport/node_exchange.hpp"

#include "cluster/certificates/node_credentials.hpp"
#include "cluster/transport/outstanding_calls.hpp"
#include "messages/problem.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/problem_message.hpp"
#include "runtime/thread_priority.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::cluster {

/// What the transport told, on its way to the actor.
struct exchange_event {
  std::shared_ptr<
    std::variant<link_peer, link_refusal, link_loss, incoming_envelope>>
    what;
};

/// Time to look for what is due.
struct exchange_tick {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::exchange_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::exchange_tick)

namespace troupe::cluster {

namespace {

using runtime::problem;
using runtime::problem_kind;

constexpr auto exchange_log = "cluster.exchange";
/// Pending ticks hold up the end of the actor system, hence short ones.
constexpr auto tick_max = std::chrono::milliseconds{500};

using private_exchange_actor
  = node_exchange_actor::extend<caf::reacts_to<exchange_event>,
                                caf::reacts_to<exchange_tick>>;

using answer_promise = caf::typed_response_promise<node_answer>;

struct exchange_state {
  static constexpr auto name = "node_exchange"; // Shown in logs.

  node_exchange_options options;
  outstanding_calls calls;
  redial_plan dials;
  std::map<std::uint64_t, answer_promise> promises;
  std::map<std::string, node_service_actor> services;
  std::map<std::string, keep_linked> wanted;
  std::vector<link_watcher_actor> watchers;
  bool is_tick_due = false;
  /// Last, so that its events end before what they are about.
  std::unique_ptr<transport> links;
};

using exchange_pointer
  = private_exchange_actor::stateful_pointer<exchange_state>;

transport_events events_for(caf::actor_addr address) {
  const auto tell = [address](auto what) {
    using event = decltype(exchange_event{}.what)::element_type;
    if (const auto handle = caf::actor_cast<caf::actor>(address))
      caf::anon_send(handle,
                     exchange_event{std::make_shared<event>(std::move(what))});
  };
  auto events = transport_events{};
  events.up = [tell](const link_peer& peer) { tell(peer); };
  events.refused = [tell](const link_refusal& refusal) { tell(refusal); };
  events.lost = [tell](const link_loss& loss) { tell(loss); };
  events.received
    = [tell](incoming_envelope incoming) { tell(std::move(incoming)); };
  // Those who were refused ask again by themselves.
  events.room = [](const std::string&) {};
  return events;
}

problem no_answer(problem_kind kind, std::string message) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  return reason;
}

/// Sees to it that somebody looks when the next thing is due.
void plan_tick(exchange_pointer self) {
  auto& state = self->state;
  const auto next
    = std::min(state.calls.next_deadline(), state.dials.next_due());
  if (state.is_tick_due || next == redial_plan::time_point::max())
    return;
  state.is_tick_due = true;
  const auto left
    = std::chrono::ceil<std::chrono::milliseconds>(next - self->clock().now());
  self->delayed_send(self,
                     std::clamp(left, std::chrono::milliseconds{1}, tick_max),
                     exchange_tick{});
}

void fail_call(exchange_pointer self, std::uint64_t number,
               const problem& reason) {
  const auto found = self->state.promises.find(number);
  if (found == self->state.promises.end())
    return;
  found->second.deliver(runtime::to_error(reason));
  self->state.promises.erase(found);
}

void dial_due(exchange_pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  for (const auto& node : state.dials.take_due(now)) {
    const auto& to = state.wanted.at(node);
    const auto begun = state.links->connect(node, to.host, to.port,
                                            state.options.dial_deadline);
    if (begun)
      continue;
    if (begun.error().kind == problem_kind::conflict) {
      state.dials.record_up(node);
      continue;
    }
    runtime::log_warning(exchange_log, "cannot dial",
                         {{"node", node}, {"reason", begun.error().message}});
    state.dials.record_failure(node, now, state.options.draw());
  }
}

void look_for_due(exchange_pointer self) {
  self->state.is_tick_due = false;
  for (const auto number : self->state.calls.end_late(self->clock().now()))
    fail_call(self, number,
              no_answer(problem_kind::timeout, "the node did not answer"));
  dial_due(self);
  plan_tick(self);
}

problem nobody_serves(const std::string& target) {
  return no_answer(problem_kind::not_found,
                   "nobody serves \"" + target + "\" on this node");
}

bool is_own(const exchange_state& state, const std::string& node) {
  return state.options.self && state.options.self->name == node;
}

/// What the node says to itself, as if it had arrived.
node_question own_question(const exchange_state& state,
                           const messages::Envelope& envelope, link_lane lane) {
  auto incoming = incoming_envelope{};
  incoming.envelope = envelope;
  incoming.envelope.set_protocol_version(link_protocol_version);
  incoming.envelope.set_sender(state.options.self->name);
  incoming.envelope.set_sender_incarnation(state.options.self->incarnation);
  incoming.lane = lane;
  return {std::make_shared<const incoming_envelope>(std::move(incoming))};
}

answer_promise call_own(exchange_pointer self, const node_call& what) {
  auto& state = self->state;
  auto promise = self->make_response_promise<node_answer>();
  const auto service = state.services.find(what.envelope.target());
  if (service == state.services.end())
    return promise.deliver(
      runtime::to_error(nobody_serves(what.envelope.target())));
  auto envelope = what.envelope;
  envelope.set_kind(messages::Envelope::KIND_REQUEST);
  self
    ->request(service->second, what.timeout,
              own_question(state, envelope, what.lane))
    .then(
      [promise](node_answer& answer) mutable {
        answer.envelope.set_kind(messages::Envelope::KIND_REPLY);
        promise.deliver(std::move(answer));
      },
      [self, promise](const caf::error& reason) mutable {
        promise.deliver(
          runtime::to_error(runtime::to_problem(reason, self->system())));
      });
  return promise;
}

answer_promise call(exchange_pointer self, node_call& what) {
  auto& state = self->state;
  if (is_own(state, what.node))
    return call_own(self, what);
  auto promise = self->make_response_promise<node_answer>();
  const auto number
    = state.calls.begin(what.node, self->clock().now() + what.timeout);
  if (!number)
    return promise.deliver(runtime::to_error(no_answer(
      problem_kind::unavailable, "too many questions wait for answers")));
  auto envelope = std::move(what.envelope);
  envelope.set_kind(messages::Envelope::KIND_REQUEST);
  envelope.set_correlation_id(*number);
  envelope.set_time_left_ms(static_cast<std::uint64_t>(what.timeout.count()));
  const auto sent
    = state.links->send(what.node, std::move(envelope), what.lane);
  if (!sent) {
    (void)state.calls.end(*number, what.node);
    auto reason = sent.error();
    if (reason.kind == problem_kind::not_found)
      reason.kind = problem_kind::unavailable;
    return promise.deliver(runtime::to_error(reason));
  }
  state.promises.emplace(*number, promise);
  plan_tick(self);
  return promise;
}

void send_back(exchange_pointer self, const std::string& node,
               std::uint64_t number, link_lane lane,
               messages::Envelope envelope) {
  envelope.set_correlation_id(number);
  // Whoever asked has a deadline, so a lost answer needs no more than a line.
  if (const auto sent
      = self->state.links->send(node, std::move(envelope), lane);
      !sent)
    runtime::log_debug(exchange_log, "answer not sent",
                       {{"node", node}, {"reason", sent.error().message}});
}

messages::Envelope failure_of(const problem& reason) {
  auto envelope = messages::Envelope{};
  envelope.set_kind(messages::Envelope::KIND_FAILURE);
  envelope.set_body(runtime::to_problem_message<messages::ProblemReport>(reason)
                      .SerializeAsString());
  return envelope;
}

void ask_service(exchange_pointer self, incoming_envelope incoming) {
  auto& state = self->state;
  const auto& envelope = incoming.envelope;
  const auto is_request = envelope.kind() == messages::Envelope::KIND_REQUEST;
  const auto node = envelope.sender();
  const auto number = envelope.correlation_id();
  const auto lane = incoming.lane;
  const auto service = state.services.find(envelope.target());
  if (service == state.services.end()) {
    if (is_request)
      send_back(self, node, number, lane,
                failure_of(nobody_serves(envelope.target())));
    return;
  }
  auto timeout = state.options.service_timeout;
  if (envelope.time_left_ms() != 0)
    timeout = std::min(
      timeout,
      std::chrono::milliseconds{static_cast<std::int64_t>(
        std::min<std::uint64_t>(envelope.time_left_ms(),
                                static_cast<std::uint64_t>(timeout.count())))});
  const auto question = node_question{
    std::make_shared<const incoming_envelope>(std::move(incoming))};
  if (!is_request)
    return caf::anon_send(service->second, question); // Nobody waits.
  self->request(service->second, timeout, question)
    .then(
      [=](node_answer& answer) {
        answer.envelope.set_kind(messages::Envelope::KIND_REPLY);
        send_back(self, node, number, lane, std::move(answer.envelope));
      },
      [=](caf::error& reason) {
        send_back(self, node, number, lane,
                  failure_of(runtime::to_problem(reason, self->system())));
      });
}

void take_answer(exchange_pointer self, incoming_envelope incoming) {
  auto& envelope = incoming.envelope;
  const auto number = envelope.correlation_id();
  if (!self->state.calls.end(number, envelope.sender()))
    return; // Too late, or from somebody who was not asked.
  if (envelope.kind() == messages::Envelope::KIND_FAILURE) {
    auto report = messages::ProblemReport{};
    if (!report.ParseFromString(envelope.body()))
      return fail_call(self, number,
                       no_answer(problem_kind::failed,
                                 "the node failed in a way it cannot tell"));
    return fail_call(self, number, runtime::from_problem_message(report));
  }
  const auto found = self->state.promises.find(number);
  found->second.deliver(node_answer{std::move(envelope)});
  self->state.promises.erase(found);
}

void tell_watchers(exchange_pointer self, const link_change& change) {
  for (const auto& watcher : self->state.watchers)
    self->send(watcher, change);
}

void note(exchange_pointer self, link_peer& peer) {
  self->state.dials.record_up(peer.node.name);
  tell_watchers(self, {std::move(peer), true, {}});
}

void note(exchange_pointer self, const link_refusal& refusal) {
  auto& state = self->state;
  if (refusal.origin != link_origin::dialed)
    return;
  const auto links = state.links->links();
  // The other end may have dialed, and been quicker.
  if (std::ranges::none_of(links, [&](const link_peer& peer) {
        return peer.node.name == refusal.node;
      }))
    state.dials.record_failure(refusal.node, self->clock().now(),
                               state.options.draw());
}

void note(exchange_pointer self, const link_loss& loss) {
  auto& state = self->state;
  for (const auto number : state.calls.end_all(loss.node.name))
    fail_call(self, number,
              no_answer(problem_kind::unavailable,
                        "the link to node \"" + loss.node.name
                          + "\" is lost: " + loss.reason));
  state.dials.record_failure(loss.node.name, self->clock().now(),
                             state.options.draw());
  auto peer = link_peer{};
  peer.node = loss.node;
  tell_watchers(self, {std::move(peer), false, loss.reason});
}

void note(exchange_pointer self, incoming_envelope& incoming) {
  switch (incoming.envelope.kind()) {
    case messages::Envelope::KIND_NOTICE:
    case messages::Envelope::KIND_REQUEST:
      return ask_service(self, std::move(incoming));
    case messages::Envelope::KIND_REPLY:
    case messages::Envelope::KIND_FAILURE:
      return take_answer(self, std::move(incoming));
    default:
      runtime::log_warning(exchange_log, "envelope of an unknown kind",
                           {{"node", incoming.envelope.sender()}});
  }
}

void start_watching(exchange_pointer self, const link_watcher_actor& watcher) {
  self->state.watchers.push_back(watcher);
  if (const auto& own = self->state.options.self)
    self->send(watcher,
               link_change{{*own, link_protocol_version, "own"}, true, {}});
  for (const auto& peer : self->state.links->links())
    self->send(watcher, link_change{peer, true, {}});
}

void want_link(exchange_pointer self, const keep_linked& wanted) {
  self->state.wanted[wanted.node] = wanted;
  self->state.dials.add(wanted.node, self->clock().now());
  dial_due(self);
  plan_tick(self);
}

void drop_link(exchange_pointer self, const end_link& unwanted) {
  self->state.dials.remove(unwanted.node);
  self->state.wanted.erase(unwanted.node);
  self->state.links->disconnect(unwanted.node, unwanted.reason);
}

void renew(exchange_pointer self, const node_credentials& credentials) {
  if (const auto used = self->state.links->use_credentials(credentials); !used)
    runtime::log_error(exchange_log, "certificates are not used",
                       {{"reason", used.error().message}});
}

void send_notice(exchange_pointer self, const node_notice& what) {
  auto envelope = what.envelope;
  envelope.set_kind(messages::Envelope::KIND_NOTICE);
  if (is_own(self->state, what.node)) {
    const auto service = self->state.services.find(envelope.target());
    if (service != self->state.services.end())
      caf::anon_send(service->second,
                     own_question(self->state, envelope, what.lane));
    return;
  }
  (void)self->state.links->send(what.node, std::move(envelope), what.lane);
}

private_exchange_actor::behavior_type
node_exchange(exchange_pointer self, const node_exchange_options& options) {
  // With the thread of the links, which it starts.
  if (options.has_own_thread)
    runtime::prefer_this_thread("exchange");
  self->state.options = options;
  self->state.dials = redial_plan{options.redial};
  self->state.links = options.make_transport(
    events_for(caf::actor_cast<caf::actor_addr>(self)));
  return {
    [=](node_call& what) { return call(self, what); },
    [=](const node_notice& what) { send_notice(self, what); },
    [=](const serve_target& what) {
      self->state.services[what.target] = what.service;
    },
    [=](const watch_links& what) { start_watching(self, what.watcher); },
    [=](const keep_linked& what) { want_link(self, what); },
    [=](const end_link& what) { drop_link(self, what); },
    [=](const renew_credentials& what) { renew(self, *what.credentials); },
    [=](const exchange_event& event) {
      std::visit([&](auto& what) { note(self, what); }, *event.what);
      plan_tick(self);
    },
    [=](exchange_tick) { look_for_due(self); },
  };
}

} // namespace

node_exchange_actor spawn_node_exchange(caf::actor_system& system,
                                        node_exchange_options options) {
  return options.has_own_thread
           ? system.spawn<caf::detached>(node_exchange, std::move(options))
           : system.spawn(node_exchange, std::move(options));
}

} // namespace troupe::cluster
