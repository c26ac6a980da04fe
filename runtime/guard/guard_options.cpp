#include "runtime/guard/guard_options.hpp"

#include <algorithm>
#include <array>

namespace troupe::runtime {

using std::chrono::seconds;

namespace {

struct profile {
  std::string_view name;
  std::uint32_t failures;
  seconds recovery;
  std::uint32_t successes;
  seconds timeout;
  std::size_t concurrent;
  std::size_t queue;
};

constexpr auto profiles = std::array<profile, 5>{{
  {"analysis_execution", 3, seconds{120}, 2, seconds{300}, 5, 50},
  {"knowledge_loading", 5, seconds{60}, 3, seconds{60}, 10, 100},
  {"content_processing", 8, seconds{45}, 4, seconds{45}, 15, 200},
  {"vector_operations", 3, seconds{30}, 2, seconds{30}, 8, 80},
  {"ai_model_inference", 4, seconds{90}, 3, seconds{120}, 3, 30},
}};

/// What a call of the default class may wait there.
constexpr auto queue_timeout = seconds{30};

} // namespace

const std::vector<std::string_view>& guard_profile_names() {
  static const auto names = [] {
    auto all = std::vector<std::string_view>{};
    for (const auto& entry : profiles)
      all.push_back(entry.name);
    return all;
  }();
  return names;
}

std::optional<guard_options> guard_profile(std::string_view name) {
  const auto* const found
    = std::find_if(profiles.begin(), profiles.end(),
                   [&](const profile& entry) { return entry.name == name; });
  if (found == profiles.end())
    return std::nullopt;
  auto options = guard_options{};
  options.bulkhead
    = bulkhead_options{found->concurrent, found->queue, queue_timeout};
  options.attempt_timeout = found->timeout;
  auto breaker = circuit_breaker_options{};
  breaker.mode = breaker_mode::consecutive;
  breaker.failures_max = found->failures;
  breaker.trials = found->successes;
  breaker.trial_timeout = 2 * found->timeout;
  breaker.open_initial = found->recovery;
  breaker.open_cap = found->recovery;
  breaker.open_factor = 1.0;
  breaker.open_jitter = 0.0;
  options.breaker = breaker;
  return options;
}

} // namespace troupe::runtime
