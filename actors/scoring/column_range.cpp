#include "actors/scoring/column_range.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

// Compiles this file once for every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "actors/scoring/column_range.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace troupe::scoring {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Extends `range` by `size` values, a multiple of 32. False, and no change,
/// when one of them is not finite.
bool extend_range_here(column_range& range, const double* values,
                       std::size_t size) {
  constexpr auto lanes = hn::CappedTag<double, 8>{};
  using vec = hn::Vec<hn::CappedTag<double, 8>>;
  const auto step = hn::Lanes(lanes);
  // Four of each, since an extreme waits for the one before.
  vec low[4];
  vec high[4];
  for (auto i = 0; i < 4; ++i) {
    low[i] = hn::Set(lanes, range.minimum);
    high[i] = hn::Set(lanes, range.maximum);
  }
  auto doubt = hn::Zero(lanes);
  for (auto at = std::size_t{0}; at < size; at += 4 * step)
    for (auto i = std::size_t{0}; i < 4; ++i) {
      const auto some = hn::LoadU(lanes, values + at + i * step);
      low[i] = hn::Min(low[i], some);
      high[i] = hn::Max(high[i], some);
      // A number minus itself is 0 only when it is finite.
      doubt = hn::Add(doubt, hn::Sub(some, some));
    }
  if (!hn::AllTrue(lanes, hn::Eq(doubt, hn::Zero(lanes))))
    return false;
  range.minimum = hn::GetLane(hn::MinOfLanes(
    lanes, hn::Min(hn::Min(low[0], low[1]), hn::Min(low[2], low[3]))));
  range.maximum = hn::GetLane(hn::MaxOfLanes(
    lanes, hn::Max(hn::Max(high[0], high[1]), hn::Max(high[2], high[3]))));
  range.count += size;
  return true;
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace troupe::scoring
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace troupe::scoring {

namespace {

HWY_EXPORT(extend_range_here);

constexpr auto chunk_size = std::size_t{4096};

template <class Predicate>
column_range range_of(std::span<const double> values, Predicate takes_part) {
  auto range = column_range{};
  while (!values.empty()) {
    const auto chunk = values.first(std::min(values.size(), chunk_size));
    values = values.subspan(chunk.size());
    const auto whole = chunk.size() / 32 * 32;
    auto rest = chunk;
    if (whole > 0
        && HWY_DYNAMIC_DISPATCH(extend_range_here)(range, chunk.data(), whole))
      rest = chunk.subspan(whole);
    for (const auto value : rest) {
      if (!takes_part(value))
        continue;
      ++range.count;
      range.minimum = value < range.minimum ? value : range.minimum;
      range.maximum = range.maximum < value ? value : range.maximum;
    }
  }
  // Adding 0 turns -0 into 0.
  range.minimum += 0.0;
  range.maximum += 0.0;
  return range;
}

} // namespace

column_range range_of_finite(std::span<const double> values) {
  return range_of(values, [](double value) { return std::isfinite(value); });
}

column_range range_of_numbers(std::span<const double> values) {
  return range_of(values, [](double value) { return !std::isnan(value); });
}

} // namespace troupe::scoring
#endif
