#include "actors/scoring/real_time_basis.hpp"

#include "actors/scoring/scoring_context.hpp"

#include <algorithm>
#include <utility>

namespace troupe::scoring {

using messages::column;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// Rows of the earlier run, where the items are in it.
std::vector<std::optional<std::size_t>> earlier_rows(const earlier_run& run,
                                                     const item_block& items) {
  auto rows = std::vector<std::optional<std::size_t>>(items.rows);
  if (items.has_ids)
    for (std::size_t row = 0; row < items.rows; ++row)
      rows[row] = run.find(items.ids.text(row));
  return rows;
}

column ranks_among(const std::vector<double>& ascending,
                   const std::vector<double>& scores,
                   const std::vector<double>& before,
                   const std::vector<std::optional<std::size_t>>& rows) {
  auto ranks = std::vector<std::uint32_t>{};
  for (std::size_t row = 0; row < scores.size(); ++row) {
    auto above
      = ascending.end()
        - std::upper_bound(ascending.begin(), ascending.end(), scores[row]);
    if (rows[row] && before[*rows[row]] > scores[row])
      --above;
    ranks.push_back(static_cast<std::uint32_t>(above + 1));
  }
  return column{std::move(ranks)};
}

} // namespace

outcome<std::shared_ptr<const real_time_basis>>
load_real_time_basis(const std::string& store,
                     const scoring_configuration& configuration,
                     const std::string& base) {
  auto plan = compile(configuration);
  if (!plan)
    return fail(plan.error());
  auto basis = std::make_shared<real_time_basis>();
  basis->plan = std::move(*plan);
  basis->configuration = canonical_json(configuration);
  basis->configuration_digest = digest(configuration);
  auto search
    = find_earlier_run(store, basis->plan, basis->configuration_digest, base);
  if (!search)
    return fail(search.error());
  if (!search->found) {
    auto reason = runtime::problem{};
    reason.kind = problem_kind::not_found;
    reason.message
      = "nothing to measure single items against: " + search->why_not;
    reason.file = store;
    reason.hint = "score the whole portfolio first, with --mode full and the "
                  "same configuration";
    return fail(std::move(reason));
  }
  basis->run = std::move(search->found);
  basis->totals = sorted(basis->run->totals.total);
  basis->financial = sorted(basis->run->totals.financial);
  basis->strategic = sorted(basis->run->totals.strategic);
  return basis;
}

scored_batch score_in_real_time(const real_time_basis& basis, item_block items,
                                std::size_t first_row) {
  const auto& run = *basis.run;
  const auto view = items.view();
  auto strategic = score(basis.plan, run.scales, view, keep::values);
  auto totals = combine(basis.plan, run.scales, view, strategic);
  const auto rows = earlier_rows(run, items);
  auto batch = scored_batch{};
  batch.first_row = first_row;
  batch.overall_ranks
    = ranks_among(basis.totals, totals.total, run.totals.total, rows);
  batch.financial_ranks = ranks_among(basis.financial, totals.financial,
                                      run.totals.financial, rows);
  batch.strategic_ranks = ranks_among(basis.strategic, totals.strategic,
                                      run.totals.strategic, rows);
  batch.items = std::move(items);
  batch.strategic
    = unpack_strategic(pack(std::move(strategic))).value_or(strategic_block{});
  batch.totals = unpack_totals(pack(std::move(totals))).value_or(total_block{});
  return batch;
}

store_request make_store_request(const real_time_basis& basis,
                                 real_time_record record,
                                 const std::vector<scored_batch>& batches) {
  auto rows = std::size_t{0};
  auto records = std::vector<messages::column_block>{};
  for (const auto& batch : batches) {
    rows += batch.rows();
    records.push_back(make_record(batch, record.figures));
  }
  record.header.mode = "real_time";
  record.header.base_run = basis.run->run;
  record.header.configuration_digest = basis.configuration_digest;
  auto context = messages::ScoringContext{};
  context.set_configuration(basis.configuration);
  context.set_as_of(record.as_of.time_since_epoch().count());
  auto summary = messages::ScoringSummary{};
  summary.set_items(rows);
  summary.set_rescored(rows);
  summary.set_reason("scored one by one against run " + basis.run->run);
  *summary.mutable_scales() = to_message(basis.run->scales);
  for (auto& entry : record.problems)
    *summary.add_problems() = std::move(entry);
  for (const auto& warning : basis.plan.warnings)
    summary.add_warnings(warning);
  return make_store_request(record.header, basis.plan, context, summary, {},
                            records);
}

} // namespace troupe::scoring
