#include "actors/scoring/incremental.hpp"

#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <utility>

namespace troupe::scoring {

using messages::column;

namespace {

std::string text_of(double value) {
  auto text = std::string{};
  runtime::append_shortest(text, value);
  if (text.ends_with(".0"))
    text.resize(text.size() - 2);
  return text;
}

/// Digits in groups of three.
std::string grouped(std::size_t number) {
  auto text = std::to_string(number);
  for (auto at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

/// Empty if nothing moved.
std::string movement(const std::string& what, double before, double now) {
  if (before == now)
    return {};
  return what + (now > before ? " rose from " : " fell from ") + text_of(before)
         + " to " + text_of(now);
}

struct quantity {
  const char* name;
  double criterion_scale::*place;
};

/// The quantities that the method of a criterion reads.
std::vector<quantity> quantities_of(const scoring_plan& plan,
                                    const criterion& definition) {
  auto read = std::vector<quantity>{};
  switch (definition.method) {
    case normalisation::minmax:
      read = {{"the maximum of ", &criterion_scale::maximum},
              {"the minimum of ", &criterion_scale::minimum}};
      break;
    case normalisation::robust:
      read = {{"the 95th percentile of ", &criterion_scale::high},
              {"the 5th percentile of ", &criterion_scale::low}};
      break;
    case normalisation::zscore:
      read = {{"the mean of ", &criterion_scale::mean},
              {"the deviation of ", &criterion_scale::deviation}};
      break;
    case normalisation::percentile:
    case normalisation::none:
      break;
  }
  if (plan.rules == rule_set::standard
      && definition.missing == missing_policy::mean)
    read.push_back({"the mean of ", &criterion_scale::mean});
  return read;
}

std::string change_of(const scoring_plan& plan, const criterion& definition,
                      const criterion_scale& before,
                      const criterion_scale& now) {
  for (const auto& [name, place] : quantities_of(plan, definition)) {
    auto moved = movement(name + definition.id, before.*place, now.*place);
    if (!moved.empty())
      return moved;
  }
  if (definition.method == normalisation::percentile
      && before.sorted != now.sorted)
    return "values of " + definition.id
           + " changed, which is scored by percentile";
  // Of a column without values nothing is known, not even a mean.
  if ((before.count == 0) != (now.count == 0))
    return definition.id
           + (now.count == 0 ? " has no values any more" : " has values now");
  return {};
}

/// Where the scores of a row come from.
struct origin {
  bool is_new = false;
  std::size_t row = 0; ///< Of the scored rows, or of the earlier run.
};

std::optional<std::vector<origin>> origins_of(const earlier_run& before,
                                              const partly_scored& batch) {
  auto origins = std::vector<origin>(batch.items.rows);
  auto next = std::size_t{0};
  for (std::size_t row = 0; row < origins.size(); ++row) {
    if (next < batch.changed.size() && batch.changed[next] == row) {
      origins[row] = {true, next++};
      continue;
    }
    const auto found
      = before.find(batch.items.ids.text(row), batch.first_row + row);
    if (!found)
      return std::nullopt;
    origins[row] = {false, *found};
  }
  return origins;
}

/// One column of the batch; `absent` where there is no column of new values.
std::vector<double> merge_column(const std::vector<origin>& origins,
                                 const column* scored,
                                 const std::vector<double>& before,
                                 double absent = 0.0) {
  auto merged = std::vector<double>{};
  merged.reserve(origins.size());
  const auto fresh = scored == nullptr || scored->size() == 0
                       ? std::span<const double>{}
                       : scored->doubles();
  for (const auto& from : origins)
    if (from.is_new)
      merged.push_back(fresh.empty() ? absent : fresh[from.row]);
    else
      merged.push_back(before[from.row]);
  return merged;
}

/// The form in which scoring leaves out a column that says nothing.
void drop_if_all(std::vector<double>& values, double nothing) {
  if (std::all_of(values.begin(), values.end(),
                  [=](double value) { return value == nothing; }))
    values.clear();
}

std::vector<std::vector<double>>
merge_columns(const std::vector<origin>& origins,
              const std::vector<column>& scored,
              const std::vector<std::vector<double>>& before) {
  auto merged = std::vector<std::vector<double>>{};
  for (std::size_t i = 0; i < before.size(); ++i)
    merged.push_back(merge_column(
      origins, i < scored.size() ? &scored[i] : nullptr, before[i]));
  return merged;
}

total_batch merge_totals(const std::vector<origin>& origins,
                         const total_block& scored, const total_batch& before) {
  auto merged = total_batch{};
  merged.strategic = merge_column(origins, &scored.strategic, before.strategic);
  merged.financial = merge_column(origins, &scored.financial, before.financial);
  merged.financial_normalised = merge_column(
    origins, &scored.financial_normalised, before.financial_normalised);
  merged.penalty = merge_column(origins, &scored.penalty, before.penalty);
  drop_if_all(merged.penalty, 0.0);
  merged.total = merge_column(origins, &scored.total, before.total);
  return merged;
}

bool fits(const earlier_run& before, const partly_scored& batch,
          const strategic_block& scored, const total_block& totals) {
  const auto count = batch.changed.size();
  if (scored.rows != count)
    return false;
  if (count == 0)
    return true;
  return scored.categories.size() == before.strategic.categories.size()
         && (!batch.with_values
             || scored.values.size() == before.strategic.values.size())
         && (batch.rules == rule_set::compat || totals.rows == count);
}

} // namespace

std::string scale_change(const scoring_plan& plan, const scoring_scales& before,
                         const scoring_scales& now) {
  if (before.criteria.size() != plan.criteria.size()
      || now.criteria.size() != plan.criteria.size())
    return "the criteria changed";
  // A single item is not scaled there.
  if (plan.rules == rule_set::compat && (before.rows < 2) != (now.rows < 2))
    return "the number of items changed from " + grouped(before.rows) + " to "
           + grouped(now.rows);
  for (std::size_t j = 0; j < plan.criteria.size(); ++j) {
    auto change = change_of(plan, plan.criteria[j].definition,
                            before.criteria[j], now.criteria[j]);
    if (!change.empty())
      return change;
  }
  // Under compat totals are always combined anew.
  if (plan.rules == rule_set::compat || !plan.combination.dynamic_normalisation)
    return {};
  return movement("the reference of financial scores",
                  before.financial_reference, now.financial_reference);
}

changed_rows find_changed(const earlier_run& before, const item_block& items,
                          std::size_t first_row) {
  auto changed = changed_rows{};
  const auto is_known = items.has_ids && items.digests.size() == items.rows;
  const auto digests
    = is_known ? items.digests.integers() : std::span<const std::int64_t>{};
  for (std::size_t row = 0; row < items.rows; ++row) {
    const auto found = is_known
                         ? before.find(items.ids.text(row), first_row + row)
                         : std::nullopt;
    if (found && before.digests[*found] == digests[row])
      continue;
    changed.rows.push_back(static_cast<std::uint32_t>(row));
    changed.added += found ? 0 : 1;
  }
  return changed;
}

std::string describe_changes(std::size_t changed, std::size_t added,
                             std::size_t gone, std::size_t rows) {
  auto text = grouped(changed) + " of " + grouped(rows) + " items changed";
  if (added != 0)
    text += ", " + grouped(added) + (added == 1 ? " is new" : " are new");
  if (gone != 0)
    text += ", " + grouped(gone) + (gone == 1 ? " is gone" : " are gone");
  return text;
}

std::optional<merged_scores> merge_scores(const earlier_run& before,
                                          const partly_scored& batch,
                                          const strategic_block& scored,
                                          const total_block& totals) {
  if (!fits(before, batch, scored, totals))
    return std::nullopt;
  const auto origins = origins_of(before, batch);
  if (!origins)
    return std::nullopt;
  auto strategic = strategic_batch{};
  strategic.rows = batch.items.rows;
  strategic.raw = merge_column(*origins, &scored.raw, before.strategic.raw);
  strategic.completeness = merge_column(*origins, &scored.completeness,
                                        before.strategic.completeness, 1.0);
  drop_if_all(strategic.completeness, 1.0);
  strategic.categories
    = merge_columns(*origins, scored.categories, before.strategic.categories);
  if (batch.with_values)
    strategic.values
      = merge_columns(*origins, scored.values, before.strategic.values);
  auto merged = merged_scores{};
  if (!strategic.raw.empty())
    merged.strategic_max
      = *std::max_element(strategic.raw.begin(), strategic.raw.end());
  merged.strategic = pack(std::move(strategic));
  if (batch.rules == rule_set::standard)
    merged.totals = pack(merge_totals(*origins, totals, before.totals));
  return merged;
}

} // namespace troupe::scoring
