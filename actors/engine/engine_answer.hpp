#pragma once

#include "messages/engine_call.pb.h"
#include "runtime/problem.hpp"
#include "runtime/problem_message.hpp"

namespace troupe::engine {

/// The part of an answer that was asked for, or the problem in its place.
template <class Part>
[[nodiscard]] runtime::outcome<Part>
part_of(const runtime::outcome<messages::EngineAnswer>& answer,
        const Part& (messages::EngineAnswer::*part)() const) {
  if (!answer)
    return runtime::fail(answer.error());
  if (answer->has_problem())
    return runtime::fail(runtime::from_problem_message(answer->problem()));
  return ((*answer).*part)();
}

} // namespace troupe::engine
