#pragma once

#include "cluster/leadership/lease_database.hpp"
#include "cluster/leadership/lease_keeper.hpp"
#include "cluster/membership/membership_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace troupe::cluster {

// What follows never leaves the process.

/// Who leads, as far as this node knows.
struct leadership_change {
  /// Set while this node leads: what its writes have to carry (`fence_of`).
  std::optional<lease_epoch> epoch;
  /// The holder that was seen last, "NODE/INCARNATION", and its epoch; empty
  /// and 0: nobody.
  std::string leader;
  lease_epoch leader_epoch = 0;
  /// Why this node leads no more, in the change that says so.
  std::optional<step_down_reason> reason;

  friend bool operator==(const leadership_change&, const leadership_change&)
    = default;
};

/// Is told when this node begins to lead and when it has to stop at once, and
/// who else leads.
using leadership_watcher_actor
  = caf::typed_actor<caf::reacts_to<leadership_change>>;

/// From now on, and how things are at first.
struct watch_leadership {
  leadership_watcher_actor watcher;
};

/// As of this moment: the belief to lead may have ended without a change.
struct get_leadership {};

/// Lets somebody else lead, and does not try for so long.
struct step_aside {
  std::chrono::milliseconds abstain{0};
};

/// Takes that back: nobody else is there to lead.
struct come_back {};

/// For good.
struct stop_leading {};

struct leadership_stopped {
  /// False: the lease ends by itself.
  bool is_released = false;
};

/// This node's part in who leads. Also a watcher of the membership: a notice to
/// step down ends its leadership, the end of the leader makes it look at once.
using leadership_actor = membership_watcher_actor::extend<
  caf::replies_to<get_leadership>::with<leadership_change>,
  caf::reacts_to<watch_leadership>, caf::reacts_to<step_aside>,
  caf::reacts_to<come_back>,
  // Once the lease is given back, or after `stop_timeout`.
  caf::replies_to<stop_leading>::with<leadership_stopped>>;

struct leadership_options {
  std::string holder; ///< See `holder_of`.
  lease_timing timing; ///< Has passed `check`; that of the database as well.
  /// Fresh random numbers.
  std::function<std::uint64_t()> draw;
  std::chrono::milliseconds tick{50};
  std::chrono::milliseconds stop_timeout{1'500};
  /// Whether nobody else's work can hold it up.
  bool has_own_thread = false;
};

/// "NODE/INCARNATION", and the node of such a text.
[[nodiscard]] std::string holder_of(const std::string& node,
                                    std::uint64_t incarnation);
[[nodiscard]] std::string node_of(const std::string& holder);

/// Needs `holder` and `draw`. Begins at once. Its watchers are told before it
/// ends, unless it is killed; ends with the database's actor.
[[nodiscard]] leadership_actor spawn_leadership(caf::actor_system& system,
                                                lease_database_actor database,
                                                leadership_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leadership_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::watch_leadership)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::get_leadership)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::step_aside)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::come_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::stop_leading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leadership_stopped)
