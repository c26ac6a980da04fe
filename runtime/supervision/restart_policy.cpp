#include "runtime/supervision/restart_policy.hpp"

#include "runtime/mix_bits.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

/// SplitMix64, used as a hash.
std::uint64_t mix(std::uint64_t value) noexcept {
  return mix_bits(value + mix_step);
}

} // namespace

bool calls_for_restart(restart_kind kind, exit_kind exit) noexcept {
  switch (kind) {
    case restart_kind::permanent:
      return true;
    case restart_kind::transient:
      return exit == exit_kind::failed;
    case restart_kind::temporary:
      break;
  }
  return false;
}

child_range affected_children(restart_strategy strategy, std::size_t failed,
                              std::size_t count) noexcept {
  switch (strategy) {
    case restart_strategy::one_for_one:
      break;
    case restart_strategy::one_for_all:
      return {0, count};
    case restart_strategy::rest_for_one:
      return {failed, count};
  }
  return {failed, failed + 1};
}

bool restart_intensity::try_restart(time_point now) {
  while (!restarts_.empty() && now - restarts_.front() >= limits_.period)
    restarts_.pop_front();
  if (restarts_.size() >= limits_.restarts_max)
    return false;
  restarts_.push_back(now);
  return true;
}

std::chrono::microseconds restart_delay(const restart_delay_limits& limits,
                                        std::uint32_t attempt,
                                        std::uint64_t seed,
                                        std::uint64_t stream) noexcept {
  const auto max = std::chrono::microseconds{limits.max};
  auto bound = std::min(std::chrono::microseconds{limits.initial}, max);
  for (auto i = std::uint32_t{0}; i < attempt && bound < max; ++i) {
    if (bound.count() == 0)
      break;
    bound = bound > max / 2 ? max : bound * 2;
  }
  if (bound.count() <= 0)
    return {};
  const auto draw = mix(mix(mix(seed) ^ stream) ^ attempt);
  const auto choices = static_cast<std::uint64_t>(bound.count()) + 1;
  return std::chrono::microseconds{
    static_cast<std::chrono::microseconds::rep>(draw % choices)};
}

} // namespace troupe::runtime
