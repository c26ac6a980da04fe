#include "actors/scoring/reports.hpp"

#include "actors/scoring/portfolio.hpp"
#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/numbers.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace troupe::scoring {

using runtime::csv_writer;

namespace {

/// Columns of financial.csv: figures in their order; the source system has the
/// first 16, and a risk level has no column.
constexpr auto standard_figures
  = static_cast<std::size_t>(financial_figure::risk_level);
constexpr std::size_t compat_figures = 16;

/// What every file has in common: where numbers go and how they look.
struct table {
  explicit table(std::optional<int> fixed_decimals)
    : decimals{fixed_decimals} {}

  void number(double value) {
    if (decimals)
      row.fixed(value, *decimals);
    else
      row.number(value);
  }

  void id(const scored_batch& batch, std::size_t at) {
    if (batch.items.has_ids)
      row.text(batch.items.ids.text(at));
    else
      row.integer(static_cast<std::int64_t>(batch.first_row + at));
  }

  std::string text;
  csv_writer row{text};
  std::optional<int> decimals;
};

std::vector<std::span<const double>>
spans(const std::vector<messages::column>& columns) {
  auto result = std::vector<std::span<const double>>{};
  for (const auto& values : columns)
    result.push_back(values.doubles());
  return result;
}

void header(table& to, const scored_batch& batch,
            const std::vector<std::string>& names) {
  if (batch.first_row != 0)
    return;
  to.row.text("work_item_id");
  for (const auto& name : names)
    to.row.text(name);
  to.row.end_row();
}

std::string render_totals(const scored_batch& batch,
                          std::optional<int> decimals) {
  auto to = table{decimals};
  header(to, batch,
         {"strategic_raw", "strategic_score", "financial_score", "total_score",
          "overall_rank", "financial_rank", "strategic_rank"});
  const auto raw = batch.strategic.raw.doubles();
  const auto strategic = batch.totals.strategic.doubles();
  const auto financial = batch.totals.financial.doubles();
  const auto total = batch.totals.total.doubles();
  const auto rank = [&](const messages::column& ranks, std::size_t row) {
    if (ranks.size() == 0)
      to.row.empty();
    else
      to.row.integer(ranks.counts()[row]);
  };
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    to.id(batch, row);
    to.number(raw[row]);
    to.number(strategic[row]);
    to.number(financial[row]);
    to.number(total[row]);
    rank(batch.overall_ranks, row);
    rank(batch.financial_ranks, row);
    rank(batch.strategic_ranks, row);
    to.row.end_row();
  }
  return std::move(to.text);
}

std::string render_categories(const scoring_plan& plan,
                              const scored_batch& batch,
                              std::optional<int> decimals) {
  auto to = table{decimals};
  auto names = std::vector<std::string>{};
  auto divisors = std::vector<double>{};
  for (const auto& category : plan.categories) {
    names.push_back(category.id);
    // Standard: from the contribution to a score of 0..1.
    const auto is_share
      = plan.rules == rule_set::standard && category.weight > 0.0;
    divisors.push_back(is_share ? category.weight : 1.0);
  }
  header(to, batch, names);
  const auto scores = spans(batch.strategic.categories);
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    to.id(batch, row);
    for (std::size_t i = 0; i < scores.size(); ++i)
      to.number(scores[i][row] / divisors[i]);
    to.row.end_row();
  }
  return std::move(to.text);
}

std::string render_criteria(const scoring_plan& plan, const scored_batch& batch,
                            std::optional<int> decimals) {
  auto to = table{decimals};
  auto names = std::vector<std::string>{};
  for (const auto& criterion : plan.criteria)
    names.push_back(criterion.definition.id);
  header(to, batch, names);
  const auto values = spans(batch.strategic.values);
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    to.id(batch, row);
    for (const auto& column : values) {
      if (plan.rules == rule_set::standard && std::isnan(column[row]))
        to.row.empty();
      else
        to.number(column[row]);
    }
    to.row.end_row();
  }
  return std::move(to.text);
}

std::string render_financial(const scoring_plan& plan,
                             const scored_batch& batch,
                             std::optional<int> decimals) {
  auto to = table{decimals};
  const auto count
    = plan.rules == rule_set::compat ? compat_figures : standard_figures;
  auto names = std::vector<std::string>{};
  for (std::size_t i = 0; i < count; ++i)
    names.emplace_back(to_string(static_cast<financial_figure>(i)));
  header(to, batch, names);
  if (batch.items.financials.empty())
    return std::move(to.text);
  const auto figures = spans(batch.items.financials);
  const auto has = batch.items.has_financials.bytes();
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (has[row] == 0)
      continue;
    to.id(batch, row);
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = figures[i][row];
      if (std::isnan(value))
        to.row.empty();
      else if (value == -std::numeric_limits<double>::infinity())
        to.row.text("overflow");
      else
        to.number(value);
    }
    to.row.end_row();
  }
  return std::move(to.text);
}

/// The file that large portfolios are written to: one copy a row, no quoting
/// of numbers.
std::string render_scores(const scoring_plan& plan, const scored_batch& batch,
                          std::optional<int> decimals) {
  auto to = table{decimals};
  auto names = std::vector<std::string>{};
  for (const auto& category : plan.categories)
    names.push_back(category.id);
  names.emplace_back("total");
  names.emplace_back("rank");
  header(to, batch, names);
  auto columns = spans(batch.strategic.categories);
  columns.push_back(batch.totals.total.doubles());
  const auto ranks = batch.overall_ranks.counts();
  auto line
    = std::vector<char>((columns.size() + 1) * (runtime::number_bytes_max + 1));
  to.text.reserve(to.text.size() + batch.rows() * (16 + 10 * columns.size()));
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (batch.items.has_ids)
      runtime::append_csv_field(to.text, batch.items.ids.text(row));
    else
      runtime::append_integer(to.text,
                              static_cast<std::int64_t>(batch.first_row + row));
    auto* end = line.data();
    for (const auto& column : columns) {
      *end++ = ',';
      end = decimals ? runtime::format_fixed(end, column[row], *decimals)
                     : runtime::format_shortest(end, column[row]);
    }
    *end++ = ',';
    end = runtime::format_integer(end, ranks[row]);
    *end++ = '\n';
    to.text.append(line.data(), static_cast<std::size_t>(end - line.data()));
  }
  return std::move(to.text);
}

} // namespace

const std::vector<std::string>& report_files() {
  static const auto files = std::vector<std::string>{
    "totals.csv", "categories.csv", "criteria.csv", "financial.csv"};
  return files;
}

runtime::outcome<std::string> render_report(std::string_view file,
                                            const scoring_plan& plan,
                                            const scored_batch& batch,
                                            std::optional<int> decimals) {
  if (file == "totals.csv")
    return render_totals(batch, decimals);
  if (file == "categories.csv")
    return render_categories(plan, batch, decimals);
  if (file == "criteria.csv")
    return render_criteria(plan, batch, decimals);
  if (file == "financial.csv")
    return render_financial(plan, batch, decimals);
  if (file == "scores.csv")
    return render_scores(plan, batch, decimals);
  return runtime::fail(runtime::problem_kind::not_found,
                       "no report is called " + std::string{file});
}

} // namespace troupe::scoring
