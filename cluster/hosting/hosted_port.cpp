#include "cluster/hosting/hosted_port.hpp"

#include "cluster/hosting/hosted_work.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/hosting/leader_choice.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <optional>
#include <utility>

namespace troupe::cluster {

/// Time to ask again, unless it was done in between.
struct report_retry {
  std::uint64_t number = 0;
};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::report_retry)

namespace troupe::cluster {

namespace {

using runtime::problem;
using runtime::problem_kind;

constexpr auto hosted_log = "cluster.hosted";

using private_port_actor
  = hosted_port_actor::extend<caf::reacts_to<report_retry>>;

/// What a port says to its host.
using hosting_actor = engine::activity_results_actor::extend<
  caf::reacts_to<messages::RunActivities>,
  caf::reacts_to<messages::CancelActivity>,
  caf::reacts_to<messages::KeepActivities>>;

struct hosted_port_state {
  static constexpr auto name = "hosted_port"; // Shown in logs.

  enum class phase : std::uint8_t {
    idle,
    asking,
    pausing, ///< Until it is asked again.
  };

  hosted_port_options options;
  node_exchange_actor exchange;
  hosting_actor host;
  hosted_work work;
  leader_choice leader;
  std::uint64_t leadership_epoch = 0; ///< Of that leader, as it says.
  leader_watcher_actor watcher; ///< Null: nobody.
  retry_delay delay;
  phase now = phase::idle;
  /// Of the question or the pause; what belongs to an earlier one is ignored.
  std::uint64_t turn = 0;
  bool wants_probe = false;
  /// Of whoever waits until nothing runs.
  std::optional<caf::typed_response_promise<hosting_closed>> closing;
  bool is_closed = false; ///< Nothing begins any more.
  caf::actor_clock::time_point heard_at; ///< The last answer.
};

using pointer = private_port_actor::stateful_pointer<hosted_port_state>;
using phase = hosted_port_state::phase;

void pursue(pointer self);

caf::error refusal(problem_kind kind, std::string message) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  return runtime::to_error(reason);
}

// -- the end of the node -----------------------------------------------------

/// Something may have begun or ended.
void take_stock(pointer self) {
  auto& state = self->state;
  if (const auto& count = state.options.count) {
    count->running = state.work.running();
    count->ended = state.work.ended();
  }
  if (!state.closing || state.work.size() != 0)
    return;
  state.is_closed = true;
  std::exchange(state.closing, std::nullopt)->deliver(hosting_closed{});
}

caf::result<hosting_closed> close_once_idle(pointer self) {
  auto& state = self->state;
  if (state.closing)
    return refusal(problem_kind::conflict, "somebody waits already");
  auto promise = self->make_response_promise<hosting_closed>();
  state.closing = promise;
  take_stock(self);
  return promise;
}

void end(pointer self, const caf::error& reason) {
  if (auto closing = std::exchange(self->state.closing, std::nullopt))
    closing->deliver(refusal(problem_kind::interrupted, "the port ends"));
  self->quit(reason);
}

// -- asking the leader -------------------------------------------------------

void pause(pointer self) {
  auto& state = self->state;
  state.now = phase::pausing;
  self->delayed_send(self, state.delay.next(), report_retry{++state.turn});
}

/// Whatever was going on is of no interest any more.
void start_over(pointer self) {
  auto& state = self->state;
  ++state.turn;
  state.now = phase::idle;
  state.delay.reset();
  pursue(self);
}

void take_answer(pointer self, const messages::Envelope& envelope) {
  auto& state = self->state;
  state.heard_at = self->clock().now();
  if (is_of_type<messages::HostingOpened>(envelope)) {
    state.work.confirm_open();
  } else if (const auto taken
             = from_envelope<messages::HostingTaken>(envelope)) {
    state.work.confirm(taken->sequence());
  } else {
    runtime::log_warning(hosted_log, "an answer of the leader makes no sense",
                         {{"node", state.leader.node()},
                          {"reason", taken.error().message}});
    return pause(self);
  }
  start_over(self);
}

void take_failure(pointer self, const problem& reason) {
  auto& state = self->state;
  runtime::log_debug(hosted_log, "the leader does not take what runs here",
                     {{"node", state.leader.node()},
                      {"reason", reason.message}});
  switch (reason.kind) {
    case problem_kind::not_found: // It does not know the session.
    case problem_kind::conflict: // It is about to say who leads.
      state.work.end_session();
      return pause(self);
    case problem_kind::invalid_input:
      state.work.shorten();
      return pause(self);
    default:
      return pause(self);
  }
}

template <class Message>
void ask(pointer self, const Message& what) {
  auto& state = self->state;
  state.now = phase::asking;
  const auto turn = ++state.turn;
  auto call = node_call{};
  call.node = state.leader.node();
  call.envelope = to_envelope(hosting_target, state.leader.epoch(), what);
  call.lane = link_lane::bulk;
  call.timeout = state.options.asking.timeout;
  // The exchange answers in time; if it does not, it is gone.
  self->request(state.exchange, 2 * call.timeout, std::move(call))
    .then(
      [=](const node_answer& answer) {
        if (self->state.turn == turn)
          take_answer(self, answer.envelope);
      },
      [=](caf::error& reason) {
        if (self->state.turn == turn)
          take_failure(self, runtime::to_problem(reason, self->system()));
      });
}

/// Asks whatever there is to ask now, unless something is being asked.
void pursue(pointer self) {
  auto& state = self->state;
  take_stock(self);
  if (state.now != phase::idle || !state.leader.is_known()
      || !state.work.has_host())
    return;
  if (!state.work.has_session())
    state.work.open();
  if (!state.work.is_open())
    return ask(self, state.work.opening());
  const auto when = std::exchange(state.wants_probe, false)
                      ? hosted_work::asking::in_any_case
                      : hosted_work::asking::when_needed;
  if (const auto* question = state.work.question(when))
    ask(self, *question);
}

// -- what the leader says ----------------------------------------------------

void refuse_outdated(pointer self, const std::string& node,
                     std::uint64_t epoch) {
  auto& leader = self->state.leader;
  if (leader.note_refusal(node, epoch))
    runtime::log_warning(hosted_log, "refused a node that leads no more",
                         {{"node", node},
                          {"epoch", epoch},
                          {"leader", leader.node()},
                          {"leader_epoch", leader.epoch()}});
}

void tell_leader(pointer self) {
  const auto& state = self->state;
  if (state.watcher && state.leader.is_known())
    self->send(state.watcher,
               leader_followed{state.leader.node(), state.leadership_epoch});
}

void hear_notice(pointer self, const std::string& node,
                 const messages::LeaderNotice& notice) {
  auto& state = self->state;
  const auto epoch = notice.epoch();
  switch (state.leader.hear(node, epoch)) {
    case leader_choice::verdict::followed:
      runtime::log_info(hosted_log, "follows a leader",
                        {{"node", node}, {"epoch", epoch}});
      state.leadership_epoch = notice.leadership_epoch();
      tell_leader(self);
      state.work.end_session();
      return start_over(self);
    case leader_choice::verdict::known:
      if (self->clock().now() - state.heard_at >= state.options.probe_interval)
        state.wants_probe = true;
      return pursue(self);
    case leader_choice::verdict::outdated:
      return refuse_outdated(self, node, epoch);
    case leader_choice::verdict::contradicted:
      if (state.leader.note_refusal(node, epoch))
        runtime::log_error(
          hosted_log, "two nodes lead under one epoch",
          {{"node", node}, {"leader", state.leader.node()}, {"epoch", epoch}});
      return;
  }
}

void hand_over(pointer self, const messages::HostingOrder& order) {
  const auto& host = self->state.host;
  if (order.has_run())
    self->send(host, order.run());
  else if (order.has_cancel())
    self->send(host, order.cancel());
  else if (order.has_keep())
    self->send(host, order.keep());
}

caf::result<node_answer> take_orders(pointer self,
                                     const messages::Envelope& envelope) {
  auto& state = self->state;
  if (envelope.epoch() < state.leader.epoch()) {
    refuse_outdated(self, envelope.sender(), envelope.epoch());
    return refusal(problem_kind::conflict,
                   "another node leads under epoch "
                     + std::to_string(state.leader.epoch()));
  }
  // They go to others once the node has left.
  if (state.is_closed)
    return refusal(problem_kind::unavailable, "the node stops");
  const auto orders = from_envelope<messages::HostingOrders>(envelope);
  if (!orders)
    return runtime::to_error(orders.error());
  auto taken = hosted_work::taken{};
  if (envelope.sender() == state.leader.node()
      && envelope.epoch() == state.leader.epoch())
    taken = state.work.take(*orders);
  if (taken.what == arrival::unknown)
    return refusal(problem_kind::not_found, "the session is not known");
  for (const auto& order : taken.orders)
    hand_over(self, order);
  auto answer = messages::HostingTaken{};
  answer.set_sequence(orders->sequence());
  pursue(self); // What was refused at once is reported.
  return node_answer{to_envelope({}, state.leader.epoch(), answer)};
}

caf::result<node_answer> answer(pointer self, const node_question& question) {
  const auto& envelope = question.what->envelope;
  if (!is_of_type<messages::LeaderNotice>(envelope))
    return take_orders(self, envelope);
  const auto notice = from_envelope<messages::LeaderNotice>(envelope);
  if (!notice)
    return runtime::to_error(notice.error());
  hear_notice(self, envelope.sender(), *notice);
  return node_answer{};
}

void note_link(pointer self, const link_change& change) {
  auto& state = self->state;
  if (!change.is_up || !state.leader.is_known()
      || change.peer.node.name != state.leader.node())
    return;
  // The session goes on if the leader still knows it.
  state.wants_probe = true;
  if (state.now == phase::pausing)
    start_over(self);
  else
    pursue(self);
}

// -- the host ----------------------------------------------------------------

bool is_host(pointer self) {
  const auto sender = self->current_sender();
  return sender && self->state.host
         && sender->address() == self->state.host.address();
}

void welcome_host(pointer self, const messages::GetActivities& offer) {
  const auto sender = self->current_sender();
  if (!sender)
    return;
  auto& state = self->state;
  if (!is_host(self)) {
    if (state.host)
      state.work.lose_host("another host took its place");
    state.host = caf::actor_cast<hosting_actor>(sender);
    self->monitor(state.host);
  }
  state.work.welcome_host(offer);
  start_over(self);
}

void take_reports(pointer self, const messages::ActivityReports& reports) {
  if (!is_host(self))
    return;
  self->state.work.hear(reports);
  pursue(self);
}

void on_down(pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.exchange.address())
    return end(self, message.reason);
  if (!state.host || message.source != state.host.address())
    return;
  state.host = nullptr;
  state.work.lose_host("its host ended with " + to_string(message.reason));
  take_stock(self);
}

private_port_actor::behavior_type
hosted_port(pointer self, const node_exchange_actor& exchange,
            const hosted_port_options& options) {
  auto& state = self->state;
  state.options = options;
  state.exchange = exchange;
  state.work = hosted_work{options.batch};
  state.delay = retry_delay{options.asking.retry};
  self->monitor(exchange);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  self->send(exchange, serve_target{hosted_target,
                                    caf::actor_cast<node_service_actor>(self)});
  self->send(exchange, watch_links{caf::actor_cast<link_watcher_actor>(self)});
  return {
    [=](const messages::GetActivities& offer) { welcome_host(self, offer); },
    [=](const messages::ActivityReports& reports) {
      take_reports(self, reports);
    },
    [=](const node_question& question) { return answer(self, question); },
    [=](const link_change& change) { note_link(self, change); },
    [=](const watch_leader& what) {
      self->state.watcher = what.watcher;
      tell_leader(self);
    },
    [=](close_when_idle) { return close_once_idle(self); },
    [=](const report_retry& retry) {
      if (self->state.now != phase::pausing || self->state.turn != retry.number)
        return;
      self->state.now = phase::idle;
      pursue(self);
    },
  };
}

} // namespace

hosted_port_actor spawn_hosted_port(caf::actor_system& system,
                                    const node_exchange_actor& exchange,
                                    hosted_port_options options) {
  return system.spawn(hosted_port, exchange, std::move(options));
}

} // namespace troupe::cluster
