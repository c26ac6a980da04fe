#pragma once

#include "messages/activity.pb.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>

namespace troupe::engine {

/// Reports of a host that keeps them until what follows from them is stored.
/// Never leaves the process.
struct durable_reports {
  std::uint64_t number = 0; ///< Grows from one to the next of the same host.
  messages::ActivityReports what;
};

/// What follows from all reports of the host up to this number is stored.
struct reports_stored {
  std::uint64_t number = 0;
};

/// Every engine is one, beside what its interface says: the host that sends
/// them is told with `reports_stored`, unless the engine ends before.
using durable_source_actor = caf::typed_actor<caf::reacts_to<durable_reports>>;

using durable_host_actor = caf::typed_actor<caf::reacts_to<reports_stored>>;

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::durable_reports)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::reports_stored)
