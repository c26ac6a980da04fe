#pragma once

#include "actors/engine/workflow.hpp"
#include "messages/engine.pb.h"

#include <string>
#include <vector>

namespace troupe::engine {

/// The second pilot: reads the history of a run whose steps are all done, as it
/// is stored, and says what speaks against calling it completed; empty: nothing
/// does. Shares no decision with run_state and run_decision, so that a mistake
/// there does not excuse itself. Checked are:
///
///   sequences without a gap, times and epochs that do not go back;
///   for each task a legal order of claim, begin, end and retry;
///   reports under the claim that holds the task, and claims that only grow;
///   steps that begin only after those they need;
///   no more attempts than the policy allows;
///   nothing claimed, running or waiting at the end;
///   every step succeeded or skipped; the `success` expression.
[[nodiscard]] std::vector<std::string>
find_objections(const workflow& of,
                const std::vector<messages::RunEvent>& history);

} // namespace troupe::engine
