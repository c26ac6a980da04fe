#include "actors/simulation/chart_scale.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

std::int64_t round_down(std::int64_t value, std::int64_t step) {
  const auto rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

} // namespace

std::vector<std::int64_t> chart_scale::ticks() const {
  auto all = std::vector<std::int64_t>{};
  for (auto tick = low; tick <= high; tick += step)
    all.push_back(tick);
  return all;
}

chart_scale round_scale(std::int64_t lowest, std::int64_t highest,
                        std::int64_t intervals) {
  for (auto power = std::int64_t{1};; power *= 10)
    for (const auto factor : {1, 2, 5}) {
      const auto step = power * factor;
      const auto low = round_down(lowest, step);
      const auto high = std::max(-round_down(-highest, step), low + step);
      if ((high - low) / step <= intervals)
        return {low, high, step};
    }
}

} // namespace troupe::simulation
