#include "actors/scoring/stored_hierarchy.hpp"

#include "actors/scoring/stored_details.hpp"

#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

problem no_details(const stored_run& run) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "run " + std::to_string(run.number)
                   + " was stored without the parents of its items";
  reason.hint = "score again: troupe score --items FILE";
  return reason;
}

/// Reads the rows of a run; false: one is damaged or has no details.
outcome<void> read_items(scoring_history& history, stored_hierarchy& to) {
  auto is_whole = true;
  auto has_details = true;
  auto& items = to.items;
  const auto parameters = std::vector<sql_value>{to.run.number};
  const auto read = history.reader().query(
    "SELECT row, item_id, title, total, overall_rank, details"
    " FROM scoring_items WHERE run = ?1 ORDER BY row",
    parameters, [&](const sqlite_row& row) {
      has_details = has_details && !row.is_null(5);
      const auto blob = row.blob(5);
      is_whole
        = is_whole && has_details
          && static_cast<std::size_t>(row.integer(0)) == items.rows
          && append_details(
            {reinterpret_cast<const char*>(blob.data()), blob.size()}, items);
      if (!is_whole)
        return;
      items.ids.add(row.text(1));
      items.titles.add(row.text(2));
      to.totals.push_back(row.real(3));
      to.ranks.push_back(static_cast<std::uint32_t>(row.integer(4)));
      ++items.rows;
    });
  if (!read)
    return fail(read.error());
  if (!has_details)
    return fail(no_details(to.run));
  if (!is_whole || items.rows != to.run.items)
    return fail(damaged_run(to.run, "the items"));
  return {};
}

} // namespace

outcome<stored_hierarchy> load_hierarchy(scoring_history& history,
                                         std::string_view run) {
  auto found = history.find_whole_run(run);
  if (!found)
    return fail(found.error());
  const auto has_details = history.has_details();
  if (!has_details)
    return fail(has_details.error());
  if (!*has_details)
    return fail(no_details(*found));
  auto result = stored_hierarchy{};
  result.run = std::move(*found);
  if (auto done = read_items(history, result); !done)
    return fail(done.error());
  result.links = build_hierarchy(hierarchy_of(result.items));
  return result;
}

outcome<std::uint32_t> find_row(scoring_history& history,
                                const stored_hierarchy& in,
                                const std::string& item) {
  const auto ids = text_view{in.items.ids.offsets, in.items.ids.characters};
  for (std::uint32_t row = 0; row < in.items.rows; ++row)
    if (ids[row] == item)
      return row;
  return fail(history.no_item(in.run, item));
}

} // namespace troupe::scoring
