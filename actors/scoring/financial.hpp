#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/item_batch.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// How risky an investment is, in ascending order.
enum class risk_class { very_low, low, medium, high, very_high };

/// "very_low" to "very_high"; anything else is none.
[[nodiscard]] std::optional<risk_class> parse_risk_class(std::string_view text);

[[nodiscard]] std::string_view to_string(risk_class risk) noexcept;

/// What somebody expects an item to cost and to bring, as given. An item either
/// has a record or none at all; a key that is absent or null in a record keeps
/// the value below. Money is in one currency; a period is a year, the first one
/// ends one year after the investment.
struct financial_record {
  double initial_investment = 0.0;
  double implementation_cost = 0.0;
  std::vector<double> ongoing_costs; ///< Per period. Standard rules only.
  std::vector<double> expected_revenue; ///< Per period.
  std::vector<double> cost_savings; ///< Per period.
  std::vector<double> productivity_gains; ///< Per period.
  risk_class risk = risk_class::medium; ///< Key "risk_level".
  double implementation_timeline_months = 1.0; ///< 0.1 to 120.
  /// How much later than its period a benefit comes, 0 to 120. Standard rules
  /// only.
  double benefit_realization_delay_months = 0.0;
  double cost_of_delay_per_month = 0.0;
  double quality_improvement_factor = 1.0; ///< 0.1 to 10; 1: no change.
  double discount_rate = 0.10; ///< Per period, 0 to 1. compat: 0 means 0.1.
  /// 0 to 1. None: estimated (standard) or 0.5 (compat).
  std::optional<double> confidence_level;

  friend bool operator==(const financial_record&, const financial_record&)
    = default;
};

/// Largest number of periods in a list.
inline constexpr std::size_t financial_periods_max = 1'000;

/// The number with this key ("discount_rate", ...), or null if there is none of
/// that name. For readers that meet keys one by one.
[[nodiscard]] double* find_number(financial_record& record,
                                  std::string_view key);

/// The list with this key ("expected_revenue", ...), or null.
[[nodiscard]] std::vector<double>* find_series(financial_record& record,
                                               std::string_view key);

/// Every rule the record breaks, in the order of its keys; empty if valid. The
/// key of a problem is that of the record, for example "discount_rate" or
/// "expected_revenue[2]"; file and line are the reader's to add.
[[nodiscard]] std::vector<runtime::problem>
validate(const financial_record& record);

/// One number per `financial_figure`.
using financial_figures = std::array<double, financial_figure_count>;

/// What follows from a record; NaN: not defined for it. Defined for any record,
/// valid or not: extreme inputs give infinities or NaN, never worse. compat
/// leaves the figures after `investment` undefined. The formulas are written
/// down at each figure in financial.cpp.
[[nodiscard]] financial_figures evaluate(const financial_record& record,
                                         rule_set rules);

[[nodiscard]] inline double get(const financial_figures& figures,
                                financial_figure figure) noexcept {
  return figures[static_cast<std::size_t>(figure)];
}

/// The name of a figure as in tables: "npv", "roi_ratio", ...
[[nodiscard]] std::string_view to_string(financial_figure figure) noexcept;

/// Rates that `internal_rate_of_return` looks at.
inline constexpr double internal_rate_min = -0.99;
inline constexpr double internal_rate_max = 10.0;

/// Dated payments: an investment now, costs at the end of each period, and
/// benefits the same, `delay` periods later.
struct payment_plan {
  double investment = 0.0;
  std::vector<double> benefits;
  std::vector<double> costs;
  /// In periods, 0 to financial_periods_max; with a longer one, what is put in
  /// is never paid back and has no internal rate.
  double delay = 0.0;
};

/// Sum of benefit_t / (1+r)^(t+delay) - cost_t / (1+r)^t over t = 1, 2, ...,
/// minus the investment.
[[nodiscard]] double net_present_value(const payment_plan& plan, double rate);

/// The rate in [internal_rate_min, internal_rate_max] whose net present value
/// is 0. Of several, the smallest that is not negative, otherwise the largest
/// negative one. None if the payments never change sign, or if no root lies in
/// the range. Two roots within 2 % of 1 + rate of each other may go unseen.
[[nodiscard]] std::optional<double>
internal_rate_of_return(const payment_plan& plan);

/// Periods until the payments, discounted with `rate` and spread evenly over
/// their periods, have first paid the investment back; infinity: never.
[[nodiscard]] double payback_periods(const payment_plan& plan, double rate);

} // namespace troupe::scoring
