#pragma once

#include "runtime/supervision/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace troupe::engine {

/// Who asks, as whoever brings the questions tells them apart.
using asker_id = std::uint64_t;

/// What somebody asks, as it arrived together: each a serialised EngineCall.
struct desk_questions {
  asker_id from = 0;
  std::vector<std::string> payloads;
};

/// Takes answers, each a serialised EngineAnswer, on any thread: one to each
/// question, with its id, in the order in which they are ready.
using desk_answers
  = std::function<void(asker_id to, std::span<const std::string> payloads)>;

/// Answers what comes from outside of the actors (messages/engine_call.proto).
using engine_desk_actor = caf::typed_actor<caf::reacts_to<desk_questions>>;

/// `root` has the engine as its child "engine". A question that the engine
/// could not answer because it was being restarted is answered with
/// `unavailable`.
[[nodiscard]] engine_desk_actor
spawn_engine_desk(caf::actor_system& system, runtime::supervisor_actor root,
                  desk_answers answers);

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::desk_questions)
