#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/guard/guard_options.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Named guards.
using guard_file = std::map<std::string, guard_options, std::less<>>;

/// Reads a document of kind Guards; all problems at once, in order of the file,
/// each with its place.
[[nodiscard]] tl::expected<guard_file, std::vector<problem>>
parse_guards(const yaml_value& document);

/// The same from a file.
[[nodiscard]] tl::expected<guard_file, std::vector<problem>>
read_guards(const std::string& path);

/// The guard of a name: `invalid_input` with the nearest name if there is none.
[[nodiscard]] outcome<guard_options> find_guard(const guard_file& guards,
                                                std::string_view name);

/// The keys of each mapping and the words of each choice, as the reader takes
/// them; tools/schema/guards.schema.json says the same.
namespace guard_keys {

inline constexpr auto document
  = std::to_array<std::string_view>({"apiVersion", "kind", "guards"});
inline constexpr auto guard = std::to_array<std::string_view>(
  {"profile", "rate", "quota", "bulkhead", "deadline", "retry", "retry_budget",
   "breaker", "attempt_timeout", "calls_max", "state_age_max"});
inline constexpr auto rate
  = std::to_array<std::string_view>({"count", "per", "burst"});
inline constexpr auto quota
  = std::to_array<std::string_view>({"limit", "window", "zone", "reserve"});
inline constexpr auto bulkhead
  = std::to_array<std::string_view>({"concurrent", "queue", "queue_timeout"});
inline constexpr auto retry = std::to_array<std::string_view>(
  {"attempts", "initial", "factor", "cap", "jitter", "on", "kinds"});
inline constexpr auto retry_kind = std::to_array<std::string_view>(
  {"attempts", "initial", "factor", "cap", "jitter"});
inline constexpr auto retry_budget
  = std::to_array<std::string_view>({"percent", "per_minute", "saved_max"});
inline constexpr auto breaker = std::to_array<std::string_view>(
  {"mode", "calls", "window", "calls_min", "failure_ratio", "slow_ratio",
   "slow_after", "failures", "trials", "trial_timeout", "open", "open_factor",
   "open_cap", "open_jitter"});

} // namespace guard_keys

inline constexpr auto quota_window_words
  = std::to_array<std::pair<std::string_view, quota_window>>(
    {{"minute", quota_window::minute},
     {"hour", quota_window::hour},
     {"day", quota_window::day},
     {"week", quota_window::week},
     {"month", quota_window::month}});

inline constexpr auto breaker_mode_words
  = std::to_array<std::pair<std::string_view, breaker_mode>>(
    {{"count", breaker_mode::count_window},
     {"time", breaker_mode::time_window},
     {"consecutive", breaker_mode::consecutive},
     {"consecutive_leaky", breaker_mode::consecutive_leaky}});

inline constexpr auto retry_jitter_words
  = std::to_array<std::pair<std::string_view, retry_jitter>>(
    {{"none", retry_jitter::none},
     {"full", retry_jitter::full},
     {"equal", retry_jitter::equal}});

} // namespace troupe::runtime
