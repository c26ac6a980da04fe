#include "cluster/hosting/hosting_desk.hpp"

#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/hosting/roll_call.hpp"
#include "cluster/hosting/session_book.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace troupe::cluster {

/// Time to say who leads.
struct notice_tick {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::notice_tick)

namespace troupe::cluster {

namespace {

using messages::HostingOpened;
using messages::HostingReports;
using messages::OpenHosting;
using runtime::problem;
using runtime::problem_kind;
using answer_promise = caf::typed_response_promise<node_answer>;

constexpr auto hosting_log = "cluster.hosting";

using private_desk_actor
  = hosting_desk_actor::extend<caf::reacts_to<notice_tick>>;

/// Waits until the session before it has ended.
struct pending_opening {
  answer_promise promise;
  OpenHosting what;
};

struct node_entry {
  remote_host_actor host; ///< Null: no session.
  std::optional<pending_opening> next;
};

struct hosting_desk_state {
  static constexpr auto name = "hosting_desk"; // Shown in logs.

  hosting_desk_options options;
  engine::activity_source_actor source;
  node_exchange_actor exchange;
  session_book book;
  roll_call roll;
  std::map<std::string, node_entry> nodes;
  std::set<std::string> linked;
  std::set<std::string> held; ///< They get nothing new.
};

using pointer = private_desk_actor::stateful_pointer<hosting_desk_state>;

caf::error refusal(problem_kind kind, const char* message) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = message;
  return runtime::to_error(reason);
}

node_answer opened(pointer self) {
  const auto epoch = self->state.options.epoch;
  auto answer = HostingOpened{};
  answer.set_epoch(epoch);
  return {to_envelope({}, epoch, answer)};
}

// -- sessions ----------------------------------------------------------------

void end_roll_call(pointer self) {
  auto& state = self->state;
  if (state.roll.try_end())
    self->send(caf::actor_cast<engine::activity_holder_actor>(state.source),
               engine::all_have_spoken{});
}

void begin_session(pointer self, const std::string& node,
                   const OpenHosting& what) {
  auto& state = self->state;
  auto options = remote_host_options{};
  options.node = node;
  options.session = what.session();
  options.epoch = state.options.epoch;
  options.credit = what.pull().credit();
  options.asking = state.options.asking;
  options.work = state.options.work;
  auto& host = state.nodes[node].host;
  host = spawn_remote_host(self->system(), state.source, state.exchange,
                           self->address(), std::move(options));
  // Before the engine does: who monitors last hears first, so that the engine
  // knows of the end of a session before it hears of the next.
  self->monitor(host);
  // In the name of the session, so that it is there before what follows here.
  auto pull = what.pull();
  pull.set_node(node);
  pull.set_is_held(state.held.contains(node));
  caf::send_as(caf::actor_cast<caf::actor>(host), state.source,
               std::move(pull));
  state.roll.hear(node);
  end_roll_call(self);
  runtime::log_info(
    hosting_log, "a node pulls activities",
    {{"node", node},
     {"credit", what.pull().credit()},
     {"running", static_cast<std::uint64_t>(what.pull().running_size())}});
}

void end_session(pointer self, const std::string& node) {
  const auto found = self->state.nodes.find(node);
  if (found != self->state.nodes.end() && found->second.host)
    self->send_exit(found->second.host, caf::exit_reason::user_shutdown);
}

void drop_pending(node_entry& entry, const char* why) {
  if (auto pending = std::exchange(entry.next, std::nullopt))
    pending->promise.deliver(refusal(problem_kind::not_found, why));
}

caf::result<node_answer> open(pointer self, const std::string& node,
                              std::uint64_t incarnation,
                              const OpenHosting& what) {
  auto& state = self->state;
  const auto verdict = state.book.open(node, incarnation, what.session());
  auto& entry = state.nodes[node];
  if (verdict == session_book::verdict::outdated)
    return refusal(problem_kind::not_found, "a later session has begun");
  if (verdict == session_book::verdict::repeated && !entry.next) {
    if (entry.host)
      return opened(self);
    return refusal(problem_kind::not_found, "the session is over");
  }
  // The question that waited was asked again, or is of an earlier session.
  drop_pending(entry, "it was asked again");
  if (!entry.host) {
    begin_session(self, node, what);
    return opened(self);
  }
  end_session(self, node);
  auto promise = self->make_response_promise<node_answer>();
  entry.next = pending_opening{promise, what};
  return promise;
}

void on_down(pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.source.address()
      || message.source == state.exchange.address())
    return self->quit(message.reason);
  for (auto& [node, entry] : state.nodes) {
    if (!entry.host || entry.host.address() != message.source)
      continue;
    entry.host = nullptr;
    runtime::log_info(hosting_log, "a node pulls no more", {{"node", node}});
    if (auto next = std::exchange(entry.next, std::nullopt)) {
      begin_session(self, node, next->what);
      next->promise.deliver(opened(self));
    }
    return;
  }
}

// -- what nodes ask ----------------------------------------------------------

caf::result<node_answer> take_reports(pointer self, const std::string& node,
                                      std::uint64_t incarnation,
                                      HostingReports reports) {
  auto& state = self->state;
  const auto found = state.nodes.find(node);
  if (found == state.nodes.end() || !found->second.host || found->second.next
      || !state.book.is_newest(node, incarnation, reports.session()))
    return refusal(problem_kind::not_found, "the session is not known");
  return self->delegate(found->second.host,
                        session_reports{std::make_shared<const HostingReports>(
                          std::move(reports))});
}

caf::result<node_answer> answer(pointer self, const node_question& question) {
  const auto& envelope = question.what->envelope;
  if (envelope.epoch() != self->state.options.epoch)
    return refusal(problem_kind::conflict, "this node leads under another "
                                           "epoch");
  const auto node = envelope.sender();
  const auto incarnation = envelope.sender_incarnation();
  if (is_of_type<OpenHosting>(envelope)) {
    const auto what = from_envelope<OpenHosting>(envelope);
    if (!what)
      return runtime::to_error(what.error());
    return open(self, node, incarnation, *what);
  }
  auto reports = from_envelope<HostingReports>(envelope);
  if (!reports)
    return runtime::to_error(reports.error());
  return take_reports(self, node, incarnation, std::move(*reports));
}

// -- links -------------------------------------------------------------------

void tell_who_leads(pointer self, const std::string& node) {
  auto& state = self->state;
  auto notice = messages::LeaderNotice{};
  notice.set_epoch(state.options.epoch);
  notice.set_leadership_epoch(state.options.leadership_epoch);
  self->send(
    state.exchange,
    node_notice{node, to_envelope(hosted_target, state.options.epoch, notice)});
}

void note_link(pointer self, const link_change& change) {
  auto& state = self->state;
  const auto& node = change.peer.node.name;
  if (!change.is_up) {
    state.linked.erase(node);
    return;
  }
  state.linked.insert(node);
  tell_who_leads(self, node);
  const auto found = state.nodes.find(node);
  if (found == state.nodes.end() || !found->second.host)
    return;
  if (state.book.is_older(node, change.peer.node.incarnation))
    end_session(self, node);
  else
    self->send(found->second.host, link_returned{});
}

void hold(pointer self, const hold_node& what) {
  auto& state = self->state;
  if (what.is_on)
    state.held.insert(what.node);
  else
    state.held.erase(what.node);
  const auto found = state.nodes.find(what.node);
  if (found != state.nodes.end() && found->second.host)
    self->send(found->second.host, engine::hold_activities{what.is_on});
}

void lose(pointer self, const std::string& node) {
  self->state.held.erase(node);
  const auto found = self->state.nodes.find(node);
  if (found == self->state.nodes.end())
    return;
  drop_pending(found->second, "the node is held for lost");
  end_session(self, node);
}

void tick(pointer self) {
  auto& state = self->state;
  for (const auto& node : state.linked)
    tell_who_leads(self, node);
  self->delayed_send(self, state.options.notice_interval, notice_tick{});
}

void serve(pointer self, const serve_nodes& what) {
  auto& state = self->state;
  state.held = what.held;
  const auto& exchange = state.exchange;
  self->send(exchange, serve_target{hosting_target,
                                    caf::actor_cast<node_service_actor>(self)});
  self->send(exchange, watch_links{caf::actor_cast<link_watcher_actor>(self)});
  tick(self);
}

private_desk_actor::behavior_type
hosting_desk(pointer self, const engine::activity_source_actor& source,
             const node_exchange_actor& exchange,
             const hosting_desk_options& options) {
  auto& state = self->state;
  state.options = options;
  state.source = source;
  state.exchange = exchange;
  self->monitor(source);
  self->monitor(exchange);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  return {
    [=](const node_question& question) { return answer(self, question); },
    [=](const link_change& change) { note_link(self, change); },
    [=](const serve_nodes& what) { serve(self, what); },
    [=](const lose_node& lost) { lose(self, lost.node); },
    [=](const hold_node& what) { hold(self, what); },
    [=](const expect_nodes& what) {
      self->state.roll.expect(what.nodes);
      end_roll_call(self);
    },
    [=](notice_tick) { tick(self); },
  };
}

} // namespace

hosting_desk_actor spawn_hosting_desk(
  caf::actor_system& system, const engine::activity_source_actor& source,
  const node_exchange_actor& exchange, hosting_desk_options options) {
  return system.spawn(hosting_desk, source, exchange, options);
}

} // namespace troupe::cluster
