#include "actors/scoring/earlier_run.hpp"

#include "actors/scoring/scoring_context.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "actors/scoring/stored_scores.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using runtime::snapshot_reader;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

std::string_view bytes_of(const sqlite_row& row, std::size_t column) {
  const auto bytes = row.blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::vector<double>>& columns,
            const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    columns[i].push_back(values[i]);
}

/// False: the blob is of another shape.
bool append_item(const scoring_plan& plan, const sqlite_row& row,
                 earlier_run& to) {
  const auto scores = decode_scores(plan, bytes_of(row, 2));
  if (!scores)
    return false;
  to.ids.add(row.text(0));
  to.digests.push_back(row.integer(1));
  append(to.strategic.values, scores->item.values);
  append(to.strategic.categories, scores->categories);
  to.strategic.raw.push_back(scores->raw);
  to.strategic.completeness.push_back(scores->completeness);
  ++to.strategic.rows;
  to.totals.strategic.push_back(scores->item.strategic);
  to.totals.financial.push_back(scores->item.financial);
  to.totals.financial_normalised.push_back(scores->item.financial_normalised);
  to.totals.penalty.push_back(scores->item.penalty);
  to.totals.total.push_back(scores->item.total);
  return true;
}

struct found_run {
  std::int64_t number = 0;
  std::string run;
  scoring_scales scales;
};

/// The newest run by this configuration, or this very number (0: any); else
/// `others` says whether there are runs by another one.
outcome<std::optional<found_run>> newest(snapshot_reader& store,
                                         std::uint64_t digest,
                                         std::int64_t number, bool& others) {
  auto found = std::optional<found_run>{};
  const auto parameters
    = std::vector<sql_value>{static_cast<std::int64_t>(digest), number};
  auto scales = messages::ScoringScales{};
  const auto read = store.query(
    "SELECT number, run_id, scales FROM scoring_runs WHERE mode <> 'real_time'"
    " AND configuration_digest = ?1 AND ?2 IN (0, number)"
    " ORDER BY number DESC LIMIT 1",
    parameters, [&](const sqlite_row& row) {
      const auto bytes = bytes_of(row, 2);
      if (scales.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        found
          = {row.integer(0), std::string{row.text(1)}, from_message(scales)};
    });
  if (!read)
    return fail(read.error());
  const auto looked
    = store.query("SELECT 1 FROM scoring_runs WHERE mode <> 'real_time'"
                  " LIMIT 1",
                  {}, [&](const sqlite_row&) { others = true; });
  if (!looked)
    return fail(looked.error());
  return found;
}

outcome<earlier_search> read_run(snapshot_reader& store,
                                 const scoring_plan& plan, std::uint64_t digest,
                                 std::int64_t number) {
  auto result = earlier_search{};
  auto others = false;
  auto found = newest(store, digest, number, others);
  if (!found)
    return fail(found.error());
  if (!*found) {
    result.why_not = others ? "the configuration is not that of any stored run"
                            : "there is no earlier run";
    return result;
  }
  auto run = std::make_shared<earlier_run>();
  run->run = std::move((*found)->run);
  run->scales = std::move((*found)->scales);
  run->strategic.values.resize(plan.criteria.size());
  run->strategic.categories.resize(plan.categories.size());
  auto is_whole = run->scales.criteria.size() == plan.criteria.size();
  const auto parameters = std::vector<sql_value>{(*found)->number};
  const auto read
    = store.query("SELECT item_id, digest, scores FROM scoring_items"
                  " WHERE run = ?1 ORDER BY row",
                  parameters, [&](const sqlite_row& row) {
                    is_whole = is_whole && append_item(plan, row, *run);
                  });
  if (!read)
    return fail(read.error());
  if (!is_whole) {
    result.why_not = "run " + run->run + " was stored without details";
    return result;
  }
  index_by_id(*run);
  result.found = std::move(run);
  return result;
}

/// Numbers of the newest runs that may be a base, for a hint.
std::string usable_runs(scoring_history& history, std::uint64_t digest) {
  auto text = std::string{};
  const auto parameters
    = std::vector<sql_value>{static_cast<std::int64_t>(digest)};
  const auto read = history.reader().query(
    "SELECT number FROM scoring_runs WHERE mode <> 'real_time'"
    " AND configuration_digest = ?1 ORDER BY number DESC LIMIT 5",
    parameters, [&](const sqlite_row& row) {
      text += (text.empty() ? "" : ", ") + std::to_string(row.integer(0));
    });
  return read ? text : std::string{};
}

/// The number of the run with this name, if it may be a base.
outcome<std::int64_t> find_base(const std::string& store, std::uint64_t digest,
                                const std::string& name) {
  auto history = scoring_history::open(store);
  if (!history)
    return fail(history.error());
  const auto run = history->find_whole_run(name);
  if (!run)
    return fail(run.error());
  if (run->configuration_digest == digest)
    return run->number;
  const auto usable = usable_runs(*history, digest);
  return fail(problem_kind::invalid_input,
              "run " + std::to_string(run->number)
                + " was scored with another configuration",
              usable.empty() ? "score the whole portfolio first, with --mode "
                               "full and this configuration"
                             : "runs with this configuration: " + usable);
}

} // namespace

std::string_view earlier_run::id(std::size_t row) const {
  const auto begin = ids.offsets[row];
  return std::string_view{ids.characters}.substr(begin,
                                                 ids.offsets[row + 1] - begin);
}

std::optional<std::size_t> earlier_run::find(std::string_view item_id,
                                             std::size_t hint) const {
  if (hint < rows() && id(hint) == item_id)
    return hint;
  const auto at = std::lower_bound(by_id.begin(), by_id.end(), item_id,
                                   [&](std::uint32_t row, std::string_view to) {
                                     return id(row) < to;
                                   });
  if (at == by_id.end() || id(*at) != item_id)
    return std::nullopt;
  return *at;
}

void index_by_id(earlier_run& run) {
  run.by_id.resize(run.rows());
  std::iota(run.by_id.begin(), run.by_id.end(), 0u);
  std::sort(run.by_id.begin(), run.by_id.end(),
            [&](std::uint32_t left, std::uint32_t right) {
              return run.id(left) < run.id(right);
            });
}

outcome<earlier_search> find_earlier_run(const std::string& store,
                                         const scoring_plan& plan,
                                         std::uint64_t configuration_digest,
                                         const std::string& base) {
  auto number = std::int64_t{0};
  if (!base.empty()) {
    const auto found = find_base(store, configuration_digest, base);
    if (!found) {
      auto reason = found.error();
      reason.key = "--base";
      return fail(std::move(reason));
    }
    number = *found;
  }
  const auto none = earlier_search{nullptr, "there is no earlier run"};
  auto reader = snapshot_reader::open(store);
  if (!reader && reader.error().kind == problem_kind::not_found)
    return none;
  if (!reader)
    return fail(reader.error());
  const auto has_runs = reader->has_table("scoring_runs");
  if (!has_runs)
    return fail(has_runs.error());
  if (!*has_runs)
    return none;
  if (auto begun = reader->begin_snapshot(); !begun)
    return fail(begun.error());
  auto result = read_run(*reader, plan, configuration_digest, number);
  reader->end_snapshot();
  return result;
}

} // namespace troupe::scoring
