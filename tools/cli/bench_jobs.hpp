#pragma once

#include "actors/engine/engine_client.hpp"
#include "runtime/problem.hpp"

#include <cstddef>

namespace troupe::tools {

/// A workflow of one step that does nothing.
inline constexpr auto bench_job
  = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "job", "inputs": {"n": {"type": "integer"}},
"steps": [{"id": "s", "activity": "noop", "with": {"n": "${inputs.n}"}}]})";

/// A run of it.
[[nodiscard]] messages::SubmitRun bench_run_of(std::size_t number);

/// Submits so many, one call each, at most `outstanding` without an answer.
[[nodiscard]] runtime::outcome<void> submit_each(engine::engine_client& client,
                                                 std::size_t jobs,
                                                 std::size_t outstanding);

/// A thousand a call, one call after another.
[[nodiscard]] runtime::outcome<void>
submit_in_bulk(engine::engine_client& client, std::size_t jobs);

/// Waits until every run is over and stored.
[[nodiscard]] runtime::outcome<void>
await_all_runs(engine::engine_client& client);

} // namespace troupe::tools
