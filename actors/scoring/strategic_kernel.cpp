#include "actors/scoring/strategic_kernel.hpp"

#include <cmath>

// Compiles this file once for every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "actors/scoring/strategic_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace troupe::scoring {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using lanes = hn::CappedTag<double, 8>;
using vec = hn::Vec<lanes>;
using mask = hn::Mask<lanes>;

constexpr auto in_all = lanes{};

vec load(const double* from) {
  return hn::LoadU(in_all, from);
}

void store(vec values, double* to) {
  hn::StoreU(values, in_all, to);
}

vec every(double value) {
  return hn::Set(in_all, value);
}

/// A number minus itself is 0 only when it is finite.
mask is_finite(vec values) {
  return hn::Eq(hn::Sub(values, values), hn::Zero(in_all));
}

/// What one criterion adds to the sum of a vector of rows.
vec weighted_ratio(const scoring_rule& rule, vec values) {
  const auto clipped
    = hn::Min(hn::Max(values, every(rule.low)), every(rule.high));
  auto ratio
    = hn::Div(hn::Sub(clipped, every(rule.offset)), every(rule.extent));
  if (rule.inversion == scoring_rule::turn::complement)
    ratio = hn::Sub(every(1.0), ratio);
  return hn::Mul(ratio, every(rule.category_weight));
}

/// Two vectors of rows at once, so that the divisions of one hide the waits of
/// the other; their sums never leave the registers.
bool sum_ratios_here(std::span<const ratio_term> terms, std::size_t rows,
                     double* sums, double* raw) {
  const auto lanes_here = hn::Lanes(in_all);
  auto doubt = hn::Zero(in_all);
  for (auto row = std::size_t{0}; row < rows; row += 2 * lanes_here) {
    // Of an odd number of vectors the last is done twice.
    const auto next = row + lanes_here < rows ? row + lanes_here : row;
    auto first = hn::Zero(in_all);
    auto second = hn::Zero(in_all);
    for (const auto& term : terms) {
      const auto left = load(term.values + row);
      const auto right = load(term.values + next);
      // A number minus itself is 0 only when it is finite.
      doubt
        = hn::Add(doubt, hn::Add(hn::Sub(left, left), hn::Sub(right, right)));
      first = hn::Add(first, weighted_ratio(*term.rule, left));
      second = hn::Add(second, weighted_ratio(*term.rule, right));
    }
    store(first, sums + row);
    store(second, sums + next);
    const auto total = hn::Add(load(raw + row), first);
    const auto next_total = hn::Add(load(raw + next), second);
    store(total, raw + row);
    store(next_total, raw + next);
  }
  return hn::AllTrue(in_all, hn::Eq(doubt, hn::Zero(in_all)));
}

bool fill_gaps_here(const scoring_rule& rule, score_tile& tile) {
  const auto stand_in = every(rule.stand_in);
  auto doubt = hn::Zero(in_all);
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    const auto given = load(tile.given.data() + row);
    doubt = hn::Add(doubt, hn::Sub(given, given));
    store(hn::IfThenElse(is_finite(given), given, stand_in),
          tile.values.data() + row);
  }
  return !hn::AllTrue(in_all, hn::Eq(doubt, hn::Zero(in_all)));
}

void apply_ratio_here(const scoring_rule& rule, score_tile& tile) {
  const auto low = every(rule.low);
  const auto high = every(rule.high);
  const auto prescale = every(rule.prescale);
  const auto offset = every(rule.offset);
  const auto extent = every(rule.extent);
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    auto values = load(tile.values.data() + row);
    values = hn::IfThenElse(hn::Lt(values, low), low, values);
    values = hn::IfThenElse(hn::Lt(high, values), high, values);
    values = hn::Sub(hn::Mul(values, prescale), offset);
    store(hn::Div(values, extent), tile.values.data() + row);
  }
}

vec invert(scoring_rule::turn inversion, vec values) {
  switch (inversion) {
    case scoring_rule::turn::complement:
      return hn::Sub(every(1.0), values);
    case scoring_rule::turn::reciprocal:
      return hn::IfThenElse(hn::Eq(values, hn::Zero(in_all)), values,
                            hn::Div(every(1.0), values));
    case scoring_rule::turn::keep:
      break;
  }
  return values;
}

void apply_bounds_here(const scoring_rule& rule, score_tile& tile) {
  const auto low = every(rule.threshold_min);
  const auto high = every(rule.threshold_max);
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    auto values = load(tile.values.data() + row);
    values = hn::IfThenElse(hn::Lt(values, low), low, values);
    values = hn::IfThenElse(hn::Lt(high, values), high, values);
    store(invert(rule.inversion, values), tile.values.data() + row);
  }
}

void add_to(std::vector<double>& column, std::size_t row, vec values) {
  store(hn::Add(load(column.data() + row), values), column.data() + row);
}

/// Every value takes part: the compat rules.
void add_complete_values(const scoring_rule& rule, score_tile& tile) {
  const auto weight = every(rule.category_weight);
  const auto raw_weight = every(rule.raw_weight);
  auto& contributions = tile.contributions[rule.category];
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    const auto values = load(tile.values.data() + row);
    add_to(contributions, row, hn::Mul(values, weight));
    add_to(tile.raw, row, hn::Mul(values, raw_weight));
  }
}

void add_values_here(const scoring_rule& rule, score_tile& tile) {
  if (!rule.may_be_missing)
    return add_complete_values(rule, tile);
  const auto weight = every(rule.category_weight);
  const auto nothing = hn::Zero(in_all);
  const auto is_filled = !std::isnan(rule.stand_in);
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    const auto is_given = is_finite(load(tile.given.data() + row));
    auto values = load(tile.values.data() + row);
    add_to(tile.completeness, row, hn::IfThenElse(is_given, weight, nothing));
    auto part = weight;
    auto sum = hn::Mul(values, weight);
    if (rule.is_zero_when_missing) {
      values = hn::IfThenElse(is_given, values, nothing);
      sum = hn::IfThenElse(is_given, sum, nothing);
    } else if (!is_filled) {
      values = hn::IfThenElse(is_given, values, every(missing_value));
      sum = hn::IfThenElse(is_given, sum, nothing);
      part = hn::IfThenElse(is_given, weight, nothing);
    }
    store(values, tile.values.data() + row);
    add_to(tile.contributions[rule.category], row, sum);
    add_to(tile.present[rule.category], row, part);
  }
}

void renormalise_row(const weight_sums& weights, score_tile& tile,
                     std::size_t row) {
  const auto nothing = hn::Zero(in_all);
  auto known = nothing;
  for (auto k = std::size_t{0}; k < tile.contributions.size(); ++k) {
    const auto whole = every(weights.by_category[k]);
    const auto present = load(tile.present[k].data() + row);
    const auto is_present = hn::Gt(present, nothing);
    known = hn::Add(known, hn::IfThenElse(is_present, whole, nothing));
    const auto scale
      = hn::IfThenElse(is_present, hn::Div(whole, present), nothing);
    auto* sums = tile.contributions[k].data() + row;
    store(hn::Mul(load(sums), scale), sums);
  }
  const auto factor = hn::IfThenElse(
    hn::Gt(known, nothing), hn::Div(every(weights.categories), known), nothing);
  auto raw = nothing;
  for (auto& contributions : tile.contributions) {
    auto* sums = contributions.data() + row;
    const auto scaled = hn::Mul(load(sums), factor);
    store(scaled, sums);
    raw = hn::Add(raw, scaled);
  }
  store(raw, tile.raw.data() + row);
}

void renormalise_here(const weight_sums& weights, score_tile& tile) {
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all))
    renormalise_row(weights, tile, row);
  for (auto row = std::size_t{0}; row < tile.rows; row += hn::Lanes(in_all)) {
    auto* given = tile.completeness.data() + row;
    store(weights.criteria > 0.0 ? hn::Div(load(given), every(weights.criteria))
                                 : every(1.0),
          given);
  }
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace troupe::scoring
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace troupe::scoring {

namespace {

HWY_EXPORT(sum_ratios_here);
HWY_EXPORT(fill_gaps_here);
HWY_EXPORT(apply_ratio_here);
HWY_EXPORT(apply_bounds_here);
HWY_EXPORT(add_values_here);
HWY_EXPORT(renormalise_here);

} // namespace

score_tile::score_tile(std::size_t categories)
  : given(tile_rows), values(tile_rows), raw(tile_rows),
    completeness(tile_rows),
    contributions(categories, std::vector<double>(tile_rows)),
    present(categories, std::vector<double>(tile_rows)) {}

bool sum_ratios(std::span<const ratio_term> terms, std::size_t rows,
                double* sums, double* raw) {
  return HWY_DYNAMIC_DISPATCH(sum_ratios_here)(terms, rows, sums, raw);
}

bool fill_gaps(const scoring_rule& rule, score_tile& tile) {
  return HWY_DYNAMIC_DISPATCH(fill_gaps_here)(rule, tile);
}

void apply_ratio(const scoring_rule& rule, score_tile& tile) {
  HWY_DYNAMIC_DISPATCH(apply_ratio_here)(rule, tile);
}

void apply_bounds(const scoring_rule& rule, score_tile& tile) {
  HWY_DYNAMIC_DISPATCH(apply_bounds_here)(rule, tile);
}

void add_values(const scoring_rule& rule, score_tile& tile) {
  HWY_DYNAMIC_DISPATCH(add_values_here)(rule, tile);
}

void renormalise(const weight_sums& weights, score_tile& tile) {
  HWY_DYNAMIC_DISPATCH(renormalise_here)(weights, tile);
}

} // namespace troupe::scoring
#endif
