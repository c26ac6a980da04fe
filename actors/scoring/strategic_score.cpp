#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/strategic_kernel.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

namespace {

using term_list = std::vector<ratio_term>;

/// `score` at work: one tile of rows after another.
class tile_scorer {
public:
  tile_scorer(const scoring_plan& plan, const scoring_scales& scales,
              const item_view& items, keep what)
    : items_{items}, rules_{make_scoring_rules(plan, scales)},
      weights_{sum_weights(plan, rules_)}, is_standard_{plan.rules
                                                        == rule_set::standard},
      tile_{plan.categories.size()} {
    result_.rows = items.rows;
    result_.raw.resize(items.rows);
    result_.categories.assign(plan.categories.size(),
                              std::vector<double>(items.rows));
    if (what == keep::values)
      result_.values.assign(rules_.size(), std::vector<double>(items.rows));
    is_common_case_ = is_standard_ && what == keep::sums_only
                      && std::ranges::all_of(rules_, is_plain_ratio);
    terms_.resize(is_common_case_ ? plan.categories.size() : 0);
  }

  strategic_batch run() && {
    for (auto first = std::size_t{0}; first < items_.rows; first += tile_rows) {
      const auto rows = std::min(tile_rows, items_.rows - first);
      const auto done = is_common_case_ ? score_common(first, rows) : 0;
      if (done < rows)
        score_any(first + done, rows - done);
    }
    return std::move(result_);
  }

private:
  static bool is_plain_ratio(const scoring_rule& rule) {
    return rule.normal == scoring_rule::form::ratio && rule.prescale == 1.0
           && rule.function == nullptr
           && rule.threshold_min == -scoring_rule::infinity
           && rule.threshold_max == scoring_rule::infinity;
  }

  /// Returns how many rows are done: none when a value is missing.
  std::size_t score_common(std::size_t first, std::size_t rows) {
    const auto whole = rows / 8 * 8;
    for (auto& terms : terms_)
      terms.clear();
    for (auto j = std::size_t{0}; j < rules_.size(); ++j)
      terms_[rules_[j].category].push_back(
        {items_.values[j].data() + first, &rules_[j]});
    for (auto k = std::size_t{0}; k < terms_.size(); ++k)
      if (!sum_ratios(terms_[k], whole, result_.categories[k].data() + first,
                      result_.raw.data() + first)) {
        std::fill_n(result_.raw.data() + first, whole, 0.0);
        return 0;
      }
    return whole;
  }

  void score_any(std::size_t first, std::size_t rows) {
    clear_tile((rows + 7) / 8 * 8);
    auto is_incomplete = false;
    for (auto j = std::size_t{0}; j < rules_.size(); ++j) {
      std::copy_n(items_.values[j].data() + first, rows, tile_.given.begin());
      is_incomplete |= apply(rules_[j]);
      if (!result_.values.empty())
        std::copy_n(tile_.values.begin(), rows,
                    result_.values[j].data() + first);
    }
    if (is_standard_)
      renormalise(weights_, tile_);
    std::copy_n(tile_.raw.begin(), rows, result_.raw.data() + first);
    for (auto k = std::size_t{0}; k < tile_.contributions.size(); ++k)
      std::copy_n(tile_.contributions[k].begin(), rows,
                  result_.categories[k].data() + first);
    if (is_incomplete && result_.completeness.empty())
      result_.completeness.assign(items_.rows, 1.0);
    if (is_incomplete)
      std::copy_n(tile_.completeness.begin(), rows,
                  result_.completeness.data() + first);
  }

  void clear_tile(std::size_t rows) {
    const auto clear = [rows](std::vector<double>& column) {
      std::fill_n(column.begin(), rows, 0.0);
    };
    tile_.rows = rows;
    clear(tile_.given);
    clear(tile_.raw);
    clear(tile_.completeness);
    std::ranges::for_each(tile_.contributions, clear);
    std::ranges::for_each(tile_.present, clear);
  }

  /// From given values to sums. True if a value was missing.
  bool apply(const scoring_rule& rule) {
    auto has_gaps = false;
    if (rule.may_be_missing)
      has_gaps = fill_gaps(rule, tile_);
    else
      std::copy_n(tile_.given.begin(), tile_.rows, tile_.values.begin());
    apply_normalisation(rule);
    if (rule.function != nullptr)
      for (auto& value : std::span{tile_.values}.first(tile_.rows))
        value = apply_function(*rule.function, value);
    apply_bounds(rule, tile_);
    add_values(rule, tile_);
    return has_gaps;
  }

  void apply_normalisation(const scoring_rule& rule) {
    switch (rule.normal) {
      case scoring_rule::form::constant:
        std::fill_n(tile_.values.begin(), tile_.rows, 0.5);
        break;
      case scoring_rule::form::raw:
        break;
      case scoring_rule::form::ratio:
        apply_ratio(rule, tile_);
        break;
      case scoring_rule::form::logistic:
        for (auto& value : std::span{tile_.values}.first(tile_.rows))
          value = apply_logistic(rule, value);
        break;
      case scoring_rule::form::mid_rank:
        for (auto& value : std::span{tile_.values}.first(tile_.rows))
          value = std::isnan(value) ? value : apply_mid_rank(rule, value);
        break;
    }
  }

  const item_view& items_;
  std::vector<scoring_rule> rules_;
  weight_sums weights_;
  bool is_standard_ = true;
  bool is_common_case_ = false;
  score_tile tile_;
  /// The criteria of each category, in the common case.
  std::vector<term_list> terms_;
  strategic_batch result_;
};

} // namespace

strategic_batch score(const scoring_plan& plan, const scoring_scales& scales,
                      const item_view& items, keep what) {
  return tile_scorer{plan, scales, items, what}.run();
}

} // namespace troupe::scoring
