#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

namespace troupe::engine {

/// The sender, a host that pulls, is to be given nothing new, whatever its
/// credit; or it is again. What it has it keeps. Never leaves the process.
struct hold_activities {
  bool is_on = true;
};

/// Whoever may still run something that an earlier engine gave out has said so
/// (`GetActivities`): what nobody has named is lost. Never leaves the process.
struct all_have_spoken {};

/// Every engine is one, beside what its interface says.
using activity_holder_actor = caf::typed_actor<caf::reacts_to<hold_activities>,
                                               caf::reacts_to<all_have_spoken>>;

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::hold_activities)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::all_have_spoken)
