#pragma once

#include "cluster/leadership/lease_session.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>

namespace troupe::cluster {

/// Never leaves the process.
struct ask_lease {
  lease_question what;
  /// When nobody waits any more: from then on it is not run.
  std::chrono::steady_clock::time_point until;
};

/// Where the lease is.
using lease_database_actor = caf::typed_actor<
  // Errors as `lease_session::ask`; whether it took effect is not known then.
  caf::replies_to<ask_lease>::with<lease_answer>>;

/// On a thread of its own, as asking blocks.
[[nodiscard]] lease_database_actor
spawn_lease_database(caf::actor_system& system, lease_session_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::ask_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::lease_answer)
