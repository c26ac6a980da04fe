#pragma once

#include "cluster/transport/redial_plan.hpp"
#include "cluster/transport/transport.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::cluster {

// What follows never leaves the process: it is what actors tell the exchange.

/// A question to the service `envelope.target()` of a node.
struct node_call {
  std::string node;
  messages::Envelope envelope; ///< Target, type, body, epoch, trace id.
  link_lane lane = link_lane::urgent;
  std::chrono::milliseconds timeout{5'000};
};

/// The same without an answer.
struct node_notice {
  std::string node;
  messages::Envelope envelope;
  link_lane lane = link_lane::urgent;
};

/// What a service answers: type and body. The rest is the exchange's.
struct node_answer {
  messages::Envelope envelope;
};

/// What a service is asked, and the room it takes until this is gone.
struct node_question {
  std::shared_ptr<const incoming_envelope> what;
};

/// A link came up or is lost.
struct link_change {
  link_peer peer;
  bool is_up = false;
  std::string reason; ///< Of the loss.
};

/// Answers questions of other nodes. Answers to notices are dropped.
using node_service_actor = caf::typed_actor<
  // Errors go back to who asked, as problems.
  caf::replies_to<node_question>::with<node_answer>>;

/// Is told of links, the one of the node to itself among them.
using link_watcher_actor = caf::typed_actor<caf::reacts_to<link_change>>;

/// Who answers what is for `target`.
struct serve_target {
  std::string target;
  node_service_actor service;
};

/// Who is told of links: of those that are up at once.
struct watch_links {
  link_watcher_actor watcher;
};

/// A node that there is to be a link to, again and again.
struct keep_linked {
  std::string node;
  std::string host;
  std::uint16_t port = 0;
};

/// A node that there is to be no link to.
struct end_link {
  std::string node;
  std::string reason;
};

/// What this node's links prove from now on, and to whom.
struct renew_credentials {
  std::shared_ptr<const node_credentials> credentials;
};

/// Speaks for the actors of this node to those of others.
using node_exchange_actor = caf::typed_actor<
  // The answer, or a problem: `unavailable` at once when there is no link or it
  // is lost, `timeout`, or what the service said.
  caf::replies_to<node_call>::with<node_answer>,
  // At most once; what cannot be sent is dropped.
  caf::reacts_to<node_notice>,
  // Replaces who served the target.
  caf::reacts_to<serve_target>, caf::reacts_to<watch_links>,
  caf::reacts_to<keep_linked>, caf::reacts_to<end_link>,
  // Checked already; if the transport does not take it, what was stays.
  caf::reacts_to<renew_credentials>>;

struct node_exchange_options {
  /// This node: what is said to it under its own name goes to its services
  /// directly, as over a link that is always up. Absent: nobody has that name.
  std::optional<node_identity> self;
  /// Makes the transport; called once, with the events it has to call.
  std::function<std::unique_ptr<transport>(transport_events)> make_transport;
  /// Fresh random numbers, for the delays between dialings.
  std::function<std::uint64_t()> draw;
  redial_options redial;
  std::chrono::milliseconds dial_deadline{5'000};
  /// Whether nobody else's work can hold it up.
  bool has_own_thread = false;
  /// For questions that come without a deadline.
  std::chrono::milliseconds service_timeout{30'000};
};

/// Needs `make_transport` and `draw`. Its end is the transport's.
[[nodiscard]] node_exchange_actor
spawn_node_exchange(caf::actor_system& system, node_exchange_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::node_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::node_notice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::node_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::node_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::link_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::serve_target)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::watch_links)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::keep_linked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::end_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::renew_credentials)
