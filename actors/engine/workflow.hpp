#pragma once

#include "actors/engine/text_template.hpp"
#include "actors/engine/worker_labels.hpp"
#include "runtime/guard/retry_policy.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// In falling order: a smaller value goes first.
enum class priority_class : std::uint8_t {
  critical,
  high,
  normal,
  low,
  maintenance,
};

enum class input_type : std::uint8_t {
  string,
  integer,
  number,
  boolean,
  object,
  array,
};

/// What a run is given.
struct workflow_input {
  std::string name;
  input_type type = input_type::string;
  /// Without a value and without a default, a run is refused.
  bool required = false;
  /// Of the right type. Without one, the input of a run may be absent.
  std::optional<nlohmann::json> fallback;
  std::string description;

  friend bool operator==(const workflow_input&, const workflow_input&)
    = default;
};

/// What becomes of a run whose key has no room.
enum class conflict_policy : std::uint8_t {
  queue,
  skip,
  cancel_running,
  cancel_new,
};

/// How many runs with the same key go at once.
struct concurrency_limit {
  /// Of inputs and of the run's id.
  text_template key;
  std::uint32_t limit = 1;
  conflict_policy on_conflict = conflict_policy::queue;

  friend bool operator==(const concurrency_limit&, const concurrency_limit&)
    = default;
};

/// A time of day by which a run should have ended.
struct daily_deadline {
  /// Since midnight by the clocks of the zone, below 24 h.
  std::chrono::seconds time_of_day{0};
  /// Of the IANA database, for example "Europe/Berlin".
  std::string zone;

  friend bool operator==(const daily_deadline&, const daily_deadline&)
    = default;
};

/// "06:00 Europe/Berlin", with seconds if there are any.
[[nodiscard]] std::string to_text(const daily_deadline& deadline);

using runtime::retry_jitter;

/// Delay before attempt n + 1: min(cap, initial x factor^(n - 1)), then jitter.
struct retry_policy {
  /// All attempts, the first included.
  std::uint32_t attempts = 1;
  std::chrono::milliseconds initial{1'000};
  double factor = 2.0;
  std::chrono::milliseconds cap{60'000};
  retry_jitter jitter = retry_jitter::full;
  /// Kinds of errors that are retried; empty: all that may be.
  std::vector<std::string> on;

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
};

/// An absent one does not bind. See README.md for what each spans.
struct step_timeouts {
  std::optional<std::chrono::milliseconds> schedule_to_start;
  std::optional<std::chrono::milliseconds> start_to_close;
  std::optional<std::chrono::milliseconds> schedule_to_close;
  std::optional<std::chrono::milliseconds> heartbeat;

  friend bool operator==(const step_timeouts&, const step_timeouts&) = default;
};

/// What a step holds while it runs.
struct step_resources {
  /// Thousandths of a processor.
  std::uint32_t cpu_thousandths = 0;
  std::uint64_t memory_bytes = 0;
  /// Whole units of what the node's configuration names.
  std::map<std::string, std::uint64_t> custom;

  friend bool operator==(const step_resources&, const step_resources&)
    = default;
};

/// What a step asks of the worker that does it, beyond what it can do and has.
struct step_placement {
  worker_labels require;
  worker_labels exclude;
  /// Names the data that it works on: the same text, the same node. Sees what
  /// the arguments of the step see.
  std::optional<text_template> data;
  /// The group that it is spread with: as few of it on each node as can be.
  std::optional<text_template> spread;
  /// At most so many of the group on a node; 0: any number.
  std::uint32_t per_node = 0;

  friend bool operator==(const step_placement&, const step_placement&)
    = default;
};

/// An activity with what it is given.
struct activity_call {
  std::string activity;
  /// An object.
  value_template with;
  retry_policy retry;
  step_timeouts timeouts;
  /// Name of a guard; empty: none.
  std::string guard;

  friend bool operator==(const activity_call&, const activity_call&) = default;
};

/// Runs a step once per element of a list.
struct step_foreach {
  /// Evaluates to a list.
  value_template items;
  /// Elements at once.
  std::uint32_t parallel_max = 10;

  friend bool operator==(const step_foreach&, const step_foreach&) = default;
};

/// Position of a step in `workflow::steps`.
using step_index = std::uint32_t;

struct workflow_step {
  std::string id;
  /// Ascending, without duplicates.
  std::vector<step_index> needs;
  /// Those who need it, ascending.
  std::vector<step_index> needed_by;
  /// 0 without needs, else one more than the highest of these.
  std::uint32_t layer = 0;
  activity_call call;
  /// Undoes the step. Sees its own `steps.ID.output`, and `item` of a fan-out.
  std::optional<activity_call> compensate;
  /// The step is skipped if false; one expression.
  std::optional<text_template> when;
  std::optional<step_foreach> foreach;
  step_resources resources;
  /// Absent: any worker may have it.
  std::optional<step_placement> placement;
  /// Elements that take long beside the others are begun on another node, too.
  bool speculate = false;

  friend bool operator==(const workflow_step&, const workflow_step&) = default;
};

/// What becomes of a run that fails.
struct failure_policy {
  enum class action : std::uint8_t { compensate, keep, start_workflow };

  /// Where no step has a `compensate`, the same as `keep`.
  action kind = action::compensate;
  /// Only for `start_workflow`.
  std::string workflow_id;

  friend bool operator==(const failure_policy&, const failure_policy&)
    = default;
};

/// A checked workflow as a plain value. Made by `parse_workflow`; whoever makes
/// one otherwise calls `resolve_order`.
struct workflow {
  /// "name" or "namespace/name".
  std::string id;
  std::string description;
  priority_class priority = priority_class::normal;
  /// In order of the names.
  std::vector<workflow_input> inputs;
  std::optional<concurrency_limit> concurrency;
  /// Of the whole run.
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<daily_deadline> deadline;
  /// In order of the file.
  std::vector<workflow_step> steps;
  /// One expression: what has to hold for the run to count as completed.
  std::optional<text_template> success;
  failure_policy on_failure;
  /// Every step after those it needs; of several, the first in the file.
  std::vector<step_index> order;
  /// The steps of layer n at n, each ascending.
  std::vector<std::vector<step_index>> layers;
  /// All steps by id, for `find_step`.
  std::vector<step_index> by_id;

  friend bool operator==(const workflow&, const workflow&) = default;
};

/// The step of that id, if any. Linear until the order is resolved.
[[nodiscard]] std::optional<step_index> find_step(const workflow& of,
                                                  std::string_view id);

[[nodiscard]] const workflow_input* find_input(const workflow& of,
                                               std::string_view name);

/// Computes `needed_by`, `layer`, `order`, `layers` and `by_id` from the ids
/// and from `needs`, which must be valid indices. Returns a cycle, its first
/// step repeated at the end, and leaves all of these empty if there is one;
/// else nothing.
[[nodiscard]] std::vector<step_index> resolve_order(workflow& of);

/// The workflow as JSON text: keys in a fixed order, defaults left out, texts
/// in their normal spelling. `parse_workflow` reads it back as an equal one.
[[nodiscard]] std::string canonical_json(const workflow& of);

/// XXH3 of the canonical text: what a run is pinned to.
[[nodiscard]] std::uint64_t digest(const workflow& of);

/// The digest as 16 hexadecimal digits.
[[nodiscard]] std::string digest_text(const workflow& of);

} // namespace troupe::engine
