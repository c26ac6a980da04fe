#pragma once

#include "actors/engine/run_state.hpp"

#include <string>
#include <utility>

// What the files of run_state share; for nobody else.

namespace troupe::engine {

/// The event may not happen now.
[[nodiscard]] inline tl::unexpected<runtime::problem>
illegal(std::string what) {
  return runtime::fail(runtime::problem_kind::failed, std::move(what),
                       "the history is broken: run troupe doctor");
}

/// With a worker, or ready for one.
[[nodiscard]] inline bool is_busy(work_status status) noexcept {
  return status == work_status::ready || status == work_status::claimed
         || status == work_status::running;
}

/// Waits for anything but a worker.
[[nodiscard]] inline bool is_idle(work_status status) noexcept {
  return status == work_status::backing_off || status == work_status::waiting;
}

/// A value of an event: JSON that we wrote; an empty one is null.
[[nodiscard]] inline runtime::outcome<nlohmann::json>
parse_value(const std::string& text) {
  if (text.empty())
    return nlohmann::json{};
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded())
    return illegal("a value in the history is not JSON");
  return value;
}

} // namespace troupe::engine
