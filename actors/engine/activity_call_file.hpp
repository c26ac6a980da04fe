#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <vector>

namespace troupe::engine {

/// What a retry is where a file says only part of it.
[[nodiscard]] retry_policy default_step_retry();

/// Undoing is tried harder: it is what is left when all else failed.
[[nodiscard]] retry_policy default_compensation_retry();

/// Reads activity, with, retry, timeout and guard of a step or compensation;
/// `absent_retry` is the retry of a call without that key.
[[nodiscard]] activity_call
read_activity_call(runtime::mapping_reader& in,
                   const retry_policy& absent_retry,
                   std::vector<runtime::problem>& problems);

/// Reads cpu, memory and custom.
[[nodiscard]] step_resources
read_resources(const runtime::yaml_value& value,
               std::vector<runtime::problem>& problems);

/// Reads require, exclude, data, spread and per_node; nothing if none of them
/// is there.
[[nodiscard]] std::optional<step_placement>
read_placement(const runtime::yaml_value& value,
               std::vector<runtime::problem>& problems);

} // namespace troupe::engine
