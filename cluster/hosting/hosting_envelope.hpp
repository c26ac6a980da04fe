#pragma once

#include "messages/cluster_link.pb.h"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>

namespace troupe::cluster {

/// Whom the nodes that run activities ask, on the node that leads.
inline constexpr auto hosting_target = "hosting";

/// Whom the node that leads asks, on those that run activities.
inline constexpr auto hosted_target = "hosted";

/// A message on its way. `target` may be empty: it is an answer.
template <class Message>
messages::Envelope to_envelope(const std::string& target, std::uint64_t epoch,
                               const Message& message) {
  auto envelope = messages::Envelope{};
  envelope.set_target(target);
  envelope.set_epoch(epoch);
  envelope.set_type(Message::descriptor()->name());
  envelope.set_body(message.SerializeAsString());
  return envelope;
}

template <class Message>
[[nodiscard]] bool is_of_type(const messages::Envelope& envelope) {
  return envelope.type() == Message::descriptor()->name();
}

/// `invalid_input` if it holds none.
template <class Message>
[[nodiscard]] runtime::outcome<Message>
from_envelope(const messages::Envelope& envelope) {
  auto message = Message{};
  if (!is_of_type<Message>(envelope)
      || !message.ParseFromString(envelope.body()))
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "no " + Message::descriptor()->name()
                           + " is in the envelope of type \"" + envelope.type()
                           + "\"");
  return message;
}

} // namespace troupe::cluster
