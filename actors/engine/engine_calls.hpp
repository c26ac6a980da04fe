#pragma once

#include "messages/engine_call.pb.h"
#include "runtime/problem.hpp"

namespace troupe::engine {

[[nodiscard]] messages::ProblemReport
to_message(const runtime::problem& reason);

[[nodiscard]] runtime::problem
from_message(const messages::ProblemReport& report);

} // namespace troupe::engine
