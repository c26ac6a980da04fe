#include "runtime/guard/retry_policy.hpp"

#include <algorithm>

namespace troupe::runtime {

std::chrono::nanoseconds scale_draw(std::uint64_t draw,
                                    std::chrono::nanoseconds bound) noexcept {
  if (bound.count() <= 0)
    return {};
  // The upper half of a 128-bit product, in four 32-bit pieces.
  const auto choices = static_cast<std::uint64_t>(bound.count()) + 1;
  const auto low = draw & 0xFFFFFFFFU;
  const auto high = draw >> 32U;
  const auto choices_low = choices & 0xFFFFFFFFU;
  const auto choices_high = choices >> 32U;
  const auto middle = high * choices_low + (low * choices_low >> 32U);
  const auto carry = (low * choices_high + (middle & 0xFFFFFFFFU)) >> 32U;
  const auto scaled = high * choices_high + (middle >> 32U) + carry;
  return std::chrono::nanoseconds{
    static_cast<std::chrono::nanoseconds::rep>(scaled)};
}

std::chrono::nanoseconds backoff_bound(const retry_schedule& schedule,
                                       std::uint32_t failures) noexcept {
  const auto cap = static_cast<double>(schedule.cap.count());
  auto bound = static_cast<double>(schedule.initial.count());
  for (auto i = std::uint32_t{1}; i < failures && bound < cap; ++i) {
    if (bound <= 0.0 || schedule.factor == 1.0)
      break;
    bound *= schedule.factor;
  }
  if (bound >= cap)
    return std::max(schedule.cap, std::chrono::nanoseconds{0});
  return std::chrono::nanoseconds{
    static_cast<std::chrono::nanoseconds::rep>(std::max(bound, 0.0))};
}

bool retry_policy::is_retried(std::string_view kind) const {
  return options_.on.empty() || options_.kinds.contains(kind)
         || std::find(options_.on.begin(), options_.on.end(), kind)
              != options_.on.end();
}

std::optional<std::chrono::nanoseconds>
retry_policy::delay(std::string_view kind, std::uint32_t failures,
                    std::uint64_t draw) const {
  const auto special = options_.kinds.find(kind);
  const auto& schedule
    = special == options_.kinds.end() ? options_.schedule : special->second;
  if (!is_retried(kind) || failures >= schedule.attempts)
    return std::nullopt;
  const auto bound = backoff_bound(schedule, failures);
  switch (schedule.jitter) {
    case retry_jitter::full:
      return scale_draw(draw, bound);
    case retry_jitter::equal:
      return bound / 2 + scale_draw(draw, bound - bound / 2);
    default:
      return bound;
  }
}

} // namespace troupe::runtime
