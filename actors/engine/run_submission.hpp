#pragma once

#include "actors/engine/run_state.hpp"
#include "actors/engine/workflow.hpp"
#include "messages/engine.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::engine {

/// A workflow as runs are pinned to it.
struct pinned_workflow {
  std::shared_ptr<const workflow> definition;
  std::uint64_t digest = 0; ///< Of `definition`; costs time to compute.
};

[[nodiscard]] pinned_workflow make_version(workflow of);

/// A run as somebody asks for it.
struct run_request {
  pinned_workflow of;
  /// An object that `check_inputs` has accepted.
  nlohmann::json inputs = nlohmann::json::object();
  /// In the place of the workflow's own.
  std::optional<priority_class> priority;
  std::string idempotency_key;
  std::string by;
  /// It starts at this instant; one of the past: at once.
  instant not_before{};
  /// Of a run with such an instant: the last one at which it may start, if
  /// nobody was there before.
  std::optional<instant> not_after{};
};

/// What a run's history begins with: what is asked for, and what follows from
/// the workflow at `now`, or at its instant if that is later (timeout,
/// deadline, concurrency key). `invalid_input` when that cannot be computed,
/// and for what this engine does not do: nothing a workflow asks for is
/// ignored.
[[nodiscard]] runtime::outcome<messages::RunSubmitted>
make_submission(const run_request& request, const std::string& run_id,
                instant now);

/// Whether there is such a time zone; also where nobody can tell, for want of
/// zone data. Reads the zone's data.
[[nodiscard]] bool may_be_zone(std::string_view name);

/// The first instant after `now` at which the clocks of the zone show that time
/// of day, or go past it. Reads the zone's data. `invalid_input` for an unknown
/// zone, `unavailable` without zone data.
[[nodiscard]] runtime::outcome<instant>
next_deadline(const daily_deadline& deadline, instant now);

} // namespace troupe::engine
