#include "cluster/computing/compute_service.hpp"

#include "cluster/computing/block_frame.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "messages/computing.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace troupe::cluster {

namespace {

using runtime::problem_kind;

constexpr auto compute_log = "cluster.computing";

struct compute_session {
  std::string node; ///< Whose it is.
  node_service_actor slot;
};

struct compute_service_state {
  static constexpr auto name = "compute_service"; // Shown in logs.

  // An aggregate would be made from the actor.
  compute_service_state() = default;

  compute_service_options options;
  std::uint64_t last_session = 0;
  std::map<std::uint64_t, compute_session> sessions;
};

using service_pointer
  = compute_service_actor::stateful_pointer<compute_service_state>;
using session_map = std::map<std::uint64_t, compute_session>;

caf::error refusal(problem_kind kind, std::string message) {
  return runtime::to_error(runtime::fail(kind, std::move(message)).value());
}

template <class Message>
node_answer answer_of(const Message& message) {
  return {to_envelope("", 0, message)};
}

void close(service_pointer self, session_map::iterator session) {
  self->send_exit(session->second.slot, caf::exit_reason::user_shutdown);
  self->state.sessions.erase(session);
}

caf::result<node_answer> open(service_pointer self,
                              const messages::Envelope& envelope) {
  auto& state = self->state;
  const auto request = from_envelope<messages::OpenSlot>(envelope);
  if (!request)
    return runtime::to_error(request.error());
  if (state.sessions.size() >= state.options.sessions_max)
    return refusal(problem_kind::unavailable,
                   "too many sessions are open on this node");
  auto made = compute_session{envelope.sender(), {}};
  switch (request->kind()) {
    case messages::COMPUTE_KIND_SCORING:
      made.slot = spawn_scoring_slot(self->system(), state.options.slot);
      break;
    case messages::COMPUTE_KIND_SIMULATION:
      made.slot = spawn_simulation_slot(self->system(), state.options.slot);
      break;
    default:
      return refusal(problem_kind::invalid_input,
                     "nobody knows how to compute that here");
  }
  self->monitor(made.slot);
  auto opened = messages::SlotOpened{};
  opened.set_session(++state.last_session);
  opened.set_reads_sources(request->kind() == messages::COMPUTE_KIND_SCORING
                           && state.options.slot.reader != nullptr);
  state.sessions.emplace(state.last_session, std::move(made));
  return answer_of(opened);
}

/// Only those of whoever asks.
session_map::iterator find(compute_service_state& state,
                           const std::string& node, std::uint64_t session) {
  const auto found = state.sessions.find(session);
  return found != state.sessions.end() && found->second.node == node
           ? found
           : state.sessions.end();
}

caf::result<node_answer> answer(service_pointer self,
                                const node_question& question) {
  auto& state = self->state;
  const auto& envelope = question.what->envelope;
  if (is_of_type<messages::SlotTask>(envelope)) {
    const auto session
      = find(state, envelope.sender(), session_of_frame(envelope.body()));
    if (session == state.sessions.end())
      return refusal(problem_kind::not_found, "there is no such session here");
    return self->delegate(session->second.slot, question);
  }
  if (is_of_type<messages::GetComputeSlots>(envelope)) {
    auto slots = messages::ComputeSlots{};
    slots.set_slots(static_cast<std::uint32_t>(state.options.slots));
    return answer_of(slots);
  }
  if (const auto request = from_envelope<messages::CloseSlot>(envelope)) {
    const auto session = find(state, envelope.sender(), request->session());
    if (session != state.sessions.end())
      close(self, session);
    return node_answer{};
  }
  return open(self, envelope);
}

void hear(service_pointer self, const link_change& change) {
  auto& sessions = self->state.sessions;
  if (change.is_up)
    return;
  for (auto at = sessions.begin(); at != sessions.end();) {
    const auto next = std::next(at);
    if (at->second.node == change.peer.node.name)
      close(self, at);
    at = next;
  }
}

/// Something that is no task's failure ended a slot; its session is over.
void handle_down(service_pointer self, const caf::down_msg& message) {
  auto& sessions = self->state.sessions;
  const auto lost = std::ranges::find_if(sessions, [&](const auto& each) {
    return each.second.slot == message.source;
  });
  if (lost == sessions.end())
    return;
  runtime::log_warning(compute_log, "a slot ended before its session",
                       {{"node", lost->second.node},
                        {"reason", caf::to_string(message.reason)}});
  sessions.erase(lost);
}

/// Nobody is left to give slots anything.
void end(service_pointer self, const caf::error& reason) {
  auto& sessions = self->state.sessions;
  while (!sessions.empty())
    close(self, sessions.begin());
  if (const auto& reader = self->state.options.slot.reader)
    self->send_exit(reader, caf::exit_reason::user_shutdown);
  self->quit(reason);
}

compute_service_actor::behavior_type
compute_service(service_pointer self, const node_exchange_actor& exchange,
                const compute_service_options& options) {
  constexpr auto counter_bits = 32U;
  self->state.options = options;
  auto& kept = self->state.options.slot.kept_bytes_max;
  kept = std::min(kept, options.kept_bytes_max
                          / std::max(options.slots, std::size_t{1}));
  self->state.last_session = options.incarnation << counter_bits;
  self->set_down_handler(
    [=](const caf::down_msg& message) { handle_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  self->send(exchange, serve_target{compute_target, self});
  self->send(exchange, watch_links{self});
  return {
    [=](const node_question& question) { return answer(self, question); },
    [=](const link_change& change) { hear(self, change); },
  };
}

} // namespace

compute_service_actor spawn_compute_service(caf::actor_system& system,
                                            const node_exchange_actor& exchange,
                                            compute_service_options options) {
  return system.spawn(compute_service, exchange, std::move(options));
}

} // namespace troupe::cluster
