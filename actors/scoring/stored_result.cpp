#include "actors/scoring/stored_result.hpp"

#include "actors/scoring/financial.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "actors/scoring/stored_figures.hpp"
#include "actors/scoring/stored_scores.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

using messages::column;
using runtime::fail;
using runtime::outcome;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

/// Lines are rendered batch by batch: bounds a text.
constexpr std::size_t batch_rows_max = 10'000;

using columns = std::vector<std::vector<double>>;

std::string_view bytes_of(const sqlite_row& row, std::size_t at) {
  const auto bytes = row.blob(at);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

column texts(text_list&& from) {
  return column{std::move(from.offsets), std::move(from.characters)};
}

std::vector<column> packed(columns&& from) {
  auto to = std::vector<column>{};
  for (auto& values : from)
    to.emplace_back(std::move(values));
  return to;
}

/// Ranks that were not asked for are stored as 0.
column ranks_of(std::vector<std::uint32_t>&& ranks) {
  if (!ranks.empty() && ranks.front() == 0)
    return {};
  return column{std::move(ranks)};
}

/// As far as reasons need them, when no more was kept.
financial_figures figures_of(const item_scores& item) {
  auto all = financial_figures{};
  all.fill(missing_value);
  const auto set = [&](financial_figure which, double value) {
    all[static_cast<std::size_t>(which)] = value;
  };
  set(financial_figure::npv_score, item.financial_parts[0]);
  set(financial_figure::roi_score, item.financial_parts[1]);
  set(financial_figure::copq_score, item.financial_parts[2]);
  set(financial_figure::delay_urgency_score, item.financial_parts[3]);
  set(financial_figure::risk_adjustment_factor, item.financial_trust);
  set(financial_figure::confidence_level, 1.0);
  if (item.basis == score_basis::financial_only
      || item.basis == score_basis::financial_and_strategic)
    set(financial_figure::combined_financial_score, item.financial);
  return all;
}

/// Rows of the store, one after another, to a batch of a result.
class batch_reader {
public:
  explicit batch_reader(const scoring_plan& plan)
    : plan_{&plan}, values_(plan.criteria.size()),
      categories_(plan.categories.size()), figures_(financial_figure_count) {}

  [[nodiscard]] std::size_t rows() const noexcept {
    return has_financials_.size();
  }

  /// item_id, title, three ranks, scores, figures. False: one is of another
  /// shape.
  bool add(const sqlite_row& row) {
    const auto scores = decode_scores(*plan_, bytes_of(row, 5));
    const auto kept = bytes_of(row, 6);
    const auto figures = decode_figures(kept);
    if (!scores || (!kept.empty() && !figures))
      return false;
    ids_.add(row.text(0));
    titles_.add(row.text(1));
    for (std::size_t i = 0; i < ranks_.size(); ++i)
      ranks_[i].push_back(static_cast<std::uint32_t>(row.integer(2 + i)));
    add_scores(*scores);
    add_figures(*scores, figures);
    return true;
  }

  /// The batch so far, of which `first_row` is the first row.
  scored_batch take(std::size_t first_row) {
    auto batch = scored_batch{};
    batch.first_row = first_row;
    batch.items.rows = rows();
    batch.items.has_ids = true;
    batch.items.ids = texts(std::move(ids_));
    batch.items.titles = texts(std::move(titles_));
    if (has_any_financials_)
      batch.items.financials = packed(std::move(figures_));
    batch.strategic.rows = rows();
    batch.strategic.values = packed(std::move(values_));
    batch.strategic.categories = packed(std::move(categories_));
    batch.strategic.raw = column{std::move(raw_)};
    batch.strategic.completeness = column{std::move(completeness_)};
    batch.totals.rows = rows();
    batch.totals.strategic = column{std::move(totals_.strategic)};
    batch.totals.financial = column{std::move(totals_.financial)};
    batch.totals.financial_normalised
      = column{std::move(totals_.financial_normalised)};
    batch.totals.penalty = column{std::move(totals_.penalty)};
    batch.totals.total = column{std::move(totals_.total)};
    batch.overall_ranks = column{std::move(ranks_[0])};
    batch.financial_ranks = ranks_of(std::move(ranks_[1]));
    batch.strategic_ranks = ranks_of(std::move(ranks_[2]));
    if (has_any_financials_)
      batch.items.has_financials = column{std::move(has_financials_)};
    return batch;
  }

private:
  static void append(columns& to, const auto& values) {
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i].push_back(values[i]);
  }

  void add_scores(const stored_scores& scores) {
    append(values_, scores.item.values);
    append(categories_, scores.categories);
    raw_.push_back(scores.raw);
    completeness_.push_back(scores.completeness);
    totals_.strategic.push_back(scores.item.strategic);
    totals_.financial.push_back(scores.item.financial);
    totals_.financial_normalised.push_back(scores.item.financial_normalised);
    totals_.penalty.push_back(scores.item.penalty);
    totals_.total.push_back(scores.item.total);
  }

  void add_figures(const stored_scores& scores,
                   const std::optional<financial_figures>& kept) {
    append(figures_, kept ? *kept : figures_of(scores.item));
    const auto has = scores.has_financials;
    has_financials_.push_back(has ? std::uint8_t{1} : std::uint8_t{0});
    has_any_financials_ = has_any_financials_ || has;
  }

  const scoring_plan* plan_;
  text_list ids_;
  text_list titles_;
  std::array<std::vector<std::uint32_t>, 3> ranks_;
  columns values_;
  columns categories_;
  std::vector<double> raw_;
  std::vector<double> completeness_;
  total_batch totals_;
  columns figures_;
  std::vector<std::uint8_t> has_financials_;
  bool has_any_financials_ = false;
};

/// What the row of a run says beside what `stored_run` has.
struct found_run {
  std::string id;
  std::string summary_json;
  messages::ScoringSummary report;
  bool is_whole = false;
};

outcome<std::optional<found_run>> find_by_key(scoring_history& history,
                                              const std::string& key) {
  auto found = std::optional<found_run>{};
  // One that was last written by an older version does not.
  const auto known = history.has_keys();
  if (!known)
    return fail(known.error());
  if (!*known)
    return found;
  const auto parameters = std::vector<sql_value>{key};
  const auto read
    = history.reader().query("SELECT run_id, summary, report FROM scoring_runs"
                             " WHERE idempotency_key = ?1",
                             parameters, [&](const sqlite_row& row) {
                               auto& run = found.emplace();
                               run.id = row.text(0);
                               run.summary_json = row.text(1);
                               const auto bytes = bytes_of(row, 2);
                               run.is_whole = run.report.ParseFromArray(
                                 bytes.data(), static_cast<int>(bytes.size()));
                             });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<std::vector<scored_batch>> load_batches(scoring_history& history,
                                                const stored_run& run,
                                                const scoring_plan& plan) {
  auto batches = std::vector<scored_batch>{};
  auto reader = batch_reader{plan};
  auto first_row = std::size_t{0};
  auto is_whole = true;
  const auto take = [&] {
    const auto rows = reader.rows();
    batches.push_back(reader.take(first_row));
    first_row += rows;
  };
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read = history.reader().query(
    "SELECT item_id, title, overall_rank, financial_rank, strategic_rank,"
    " scores, figures, row FROM scoring_items WHERE run = ?1 ORDER BY row",
    parameters, [&](const sqlite_row& row) {
      const auto at = static_cast<std::size_t>(row.integer(7));
      is_whole = is_whole && at == first_row + reader.rows() && reader.add(row);
      if (!is_whole || reader.rows() < batch_rows_max)
        return;
      take();
      reader = batch_reader{plan};
    });
  if (!read)
    return fail(read.error());
  if (is_whole && reader.rows() > 0)
    take();
  if (!is_whole || first_row != run.items)
    return fail(damaged_run(run, "the items"));
  return batches;
}

scoring_result to_result(const stored_run& run, found_run&& found,
                         run_formula&& formula) {
  auto result = scoring_result{};
  result.plan = std::move(formula.plan);
  result.scales = std::move(formula.scales);
  result.run = run.id;
  result.items = run.items;
  result.rescored = run.rescored;
  result.reason = std::move(*found.report.mutable_reason());
  if (run.mode == to_string(scoring_mode::real_time)) {
    result.base_run = run.base_run;
    // That run may be gone; these are its scales.
    result.base_items = result.scales.rows;
    // It explains nothing to whoever asked for it.
    result.reason.clear();
  }
  result.problems.assign(found.report.problems().begin(),
                         found.report.problems().end());
  result.warnings.assign(found.report.warnings().begin(),
                         found.report.warnings().end());
  result.retries = found.report.retries();
  result.summary_json = std::move(found.summary_json);
  return result;
}

} // namespace

outcome<std::optional<scoring_result>>
load_result(const std::string& store, const std::string& idempotency_key) {
  auto history = scoring_history::open(store);
  if (!history)
    return fail(history.error());
  auto found = find_by_key(*history, idempotency_key);
  if (!found)
    return fail(found.error());
  if (!*found)
    return std::optional<scoring_result>{};
  const auto run = history->find_run((*found)->id);
  if (!run)
    return fail(run.error());
  if (!(*found)->is_whole)
    return fail(damaged_run(*run, "the report"));
  auto formula = history->load_formula(*run);
  if (!formula)
    return fail(formula.error());
  auto batches = load_batches(*history, *run, formula->plan);
  if (!batches)
    return fail(batches.error());
  auto result = to_result(*run, std::move(**found), std::move(*formula));
  result.batches = std::move(*batches);
  return std::optional{std::move(result)};
}

} // namespace troupe::scoring
