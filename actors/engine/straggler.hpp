#pragma once

#include "actors/engine/run_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

// Elements of a step that take long beside the others (Dean and Ghemawat:
// MapReduce, OSDI 2004, backup tasks).

namespace troupe::engine {

/// Nobody is slow before so many elements are done, and half of all.
inline constexpr auto straggler_done_min = std::size_t{3};

/// Nor before an attempt has taken so long...
inline constexpr auto straggler_elapsed_min = std::chrono::seconds{1};

/// ... and so many times the median of those that are done.
inline constexpr auto straggler_factor = 2;

/// How long an attempt at an element of the step may take; nothing: too few are
/// done to tell, or nobody wants to know.
[[nodiscard]] std::optional<instant::duration>
straggler_patience(const run_state& run, step_index step);

/// Whether a second worker may begin what runs: its step says so, the attempt
/// has none, had none that failed, and did not lose too many, and the run goes
/// on.
[[nodiscard]] bool may_speculate(const run_state& run, const task_key& task);

struct found_stragglers {
  std::vector<task_key> slow; ///< Longest under way first.
  /// When the next one will be; nothing: none runs that could be.
  std::optional<instant> next;
};

/// Linear in elements of the step.
[[nodiscard]] found_stragglers find_stragglers(const run_state& run,
                                               step_index step, instant now);

} // namespace troupe::engine
