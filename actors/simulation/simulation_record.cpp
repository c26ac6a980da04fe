#include "actors/simulation/simulation_record.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/packed_ids.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/store/transactions.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using runtime::add_row_statement;
using runtime::add_statement;
using runtime::sql_value;

namespace {

constexpr auto kind_words = std::array<std::string_view, 4>{
  "projection", "ensemble", "sweep", "goal_seek"};
constexpr auto status_words = std::array<std::string_view, 4>{
  "running", "completed", "failed", "cancelled"};

/// The run ?1, for whoever has claimed it with the token ?2.
const auto writable
  = std::string{"run_id = ?1 AND claim = ?2 AND status = 'running'"};

std::int64_t integer(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

sql_value blob(const std::string& bytes) {
  return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
}

store_request labelled(const char* label) {
  auto request = store_request{};
  request.transaction.set_label(label);
  return request;
}

/// Texts or blobs, one after the other.
class text_list {
public:
  void add(std::string_view text) {
    characters_ += text;
    offsets_.push_back(static_cast<std::uint32_t>(characters_.size()));
  }

  column texts() && {
    return column{std::move(offsets_), std::move(characters_)};
  }

  column blobs() && {
    return column::blobs(std::move(offsets_), std::move(characters_));
  }

private:
  std::vector<std::uint32_t> offsets_{0};
  std::string characters_;
};

template <class Rows, class ValueOf>
column integers(const Rows& rows, ValueOf value_of) {
  auto values = std::vector<std::int64_t>{};
  values.reserve(rows.size());
  for (const auto& row : rows)
    values.push_back(static_cast<std::int64_t>(value_of(row)));
  return column{std::move(values)};
}

template <class Rows, class ValueOf>
column blobs(const Rows& rows, ValueOf value_of) {
  auto values = text_list{};
  for (const auto& row : rows)
    values.add(value_of(row));
  return std::move(values).blobs();
}

template <class Rows, class ValueOf>
column texts(const Rows& rows, ValueOf value_of) {
  auto values = text_list{};
  for (const auto& row : rows)
    values.add(value_of(row));
  return std::move(values).texts();
}

/// Blocks, whose columns begin with number and keys.
template <class Block>
std::vector<column> block_columns(std::span<const Block> blocks) {
  return {integers(blocks, [](const Block& each) { return each.block; }),
          integers(blocks, [](const Block& each) { return each.first_key; }),
          integers(blocks, [](const Block& each) { return each.last_key; })};
}

/// A run that has been running for so long runs nowhere any more.
constexpr auto abandoned_after = std::chrono::days{7};

/// The newest that stay are counted among finished runs without a parent.
void add_retention(messages::CommitTransaction& transaction,
                   std::uint64_t runs_kept, runtime::clock::wall_time now) {
  if (runs_kept == 0)
    return;
  const auto old
    = std::string{"parent IS NULL AND (status <> 'running' OR claimed_at < ?2)"
                  " AND number < (SELECT number FROM simulation_runs"
                  " WHERE parent IS NULL AND status <> 'running'"
                  " ORDER BY number DESC LIMIT 1 OFFSET ?1 - 1)"};
  const auto gone = "SELECT number FROM simulation_runs WHERE (" + old
                    + ") OR parent IN (SELECT run_id FROM simulation_runs"
                      " WHERE "
                    + old + ")";
  const auto parameters = std::vector<sql_value>{
    integer(runs_kept), runtime::to_microseconds(now - abandoned_after)};
  for (const auto* table :
       {"simulation_blocks", "simulation_years", "simulation_people"})
    add_statement(transaction,
                  "DELETE FROM " + std::string{table} + " WHERE run IN (" + gone
                    + ")",
                  parameters);
  add_statement(transaction,
                "DELETE FROM simulation_runs WHERE number IN (" + gone + ")",
                parameters);
}

void add_child_years(store_request& request,
                     std::span<const simulation_child> children) {
  struct child_year {
    const std::string& run;
    const year_totals& totals;
  };
  auto years = std::vector<child_year>{};
  for (const auto& child : children)
    for (const auto& totals : child.years)
      years.push_back({child.run, totals});
  auto rows = store_request{};
  rows.rows = column_block{{
    texts(years,
          [](const child_year& of) -> std::string_view { return of.run; }),
    integers(years, [](const child_year& of) { return of.totals.year; }),
    blobs(years,
          [](const child_year& of) {
            return to_message(of.totals).SerializeAsString();
          }),
  }};
  add_row_statement(rows.transaction,
                    "INSERT INTO simulation_years (run, year, blocks,"
                    " raw_bytes, packed_bytes, seconds, totals)"
                    " VALUES ((SELECT number FROM simulation_runs"
                    " WHERE run_id = ?1), ?2, 0, 0, 0, 0, ?3)",
                    {0, 1, 2});
  request = join(std::move(request), std::move(rows));
}

} // namespace

std::string_view to_string(simulation_kind kind) noexcept {
  return kind_words[static_cast<std::size_t>(kind)];
}

std::string_view to_string(simulation_status status) noexcept {
  return status_words[static_cast<std::size_t>(status)];
}

packed_people pack_people_of(std::size_t block, const people_view& staff,
                             const person_ids& ids) {
  auto packed = packed_people{};
  packed.block = block;
  pack_people(staff, packed.people);
  if (staff.size() != 0) {
    packed.first_key = staff.key.front();
    packed.last_key = staff.key.back();
    pack_ids(ids.between(packed.first_key, packed.last_key), packed.ids);
  } else {
    pack_ids({}, packed.ids);
  }
  return packed;
}

packed_block pack_year_of(std::size_t block, const year_block& made) {
  auto packed = packed_block{};
  packed.block = block;
  if (made.rows.count != 0) {
    packed.first_key = made.rows.key.front();
    packed.last_key = made.rows.key[made.rows.count - 1];
  }
  pack_rows(made.rows, packed.rows);
  pack_events(made.events, packed.events);
  return packed;
}

store_request join(store_request first, store_request second) {
  auto columns = std::vector<column>{};
  for (const auto* part : {&first.rows, &second.rows})
    for (auto at = std::size_t{0}; at < part->size(); ++at)
      columns.push_back((*part)[at]);
  const auto before = static_cast<std::uint32_t>(first.rows.size());
  for (auto& statement : *second.transaction.mutable_statements()) {
    for (auto& chosen : *statement.mutable_columns())
      chosen += before;
    first.transaction.add_statements()->Swap(&statement);
  }
  first.rows = column_block{std::move(columns)};
  return first;
}

store_request begin_run(const simulation_header& header) {
  auto request = labelled("simulation run");
  // Without a key it is NULL, of which there may be many.
  const auto key = header.idempotency_key.empty()
                     ? sql_value{}
                     : sql_value{header.idempotency_key};
  add_statement(
    request.transaction,
    "INSERT INTO simulation_runs (run_id, label, kind, scenario_name, digest,"
    " seed, census, people, start_year, end_year, status, reason, started_at,"
    " idempotency_key, version, scenario, report, claim, claimed_at)"
    " VALUES (?1, '', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'running', '', ?10, ?11,"
    " ?12, ?13, '', ?14, ?10)",
    {header.run, std::string{to_string(header.kind)}, header.scenario_name,
     integer(header.digest), integer(header.seed), header.census,
     integer(header.people), std::int64_t{header.start_year},
     std::int64_t{header.end_year}, runtime::to_microseconds(header.started_at),
     key, header.version, header.scenario, header.claim})
    .set_expected_changes(1);
  return request;
}

store_request record_people(const std::string& run,
                            std::span<const packed_people> blocks) {
  auto request = labelled("simulation people");
  auto columns = block_columns(blocks);
  columns.push_back(
    blobs(blocks, [](const packed_people& each) -> std::string_view {
      return each.people;
    }));
  columns.push_back(
    blobs(blocks, [](const packed_people& each) -> std::string_view {
      return each.ids;
    }));
  request.rows = column_block{std::move(columns)};
  add_row_statement(request.transaction,
                    "INSERT INTO simulation_people (run, block, first_key,"
                    " last_key, people, ids) VALUES ((SELECT number FROM"
                    " simulation_runs WHERE run_id = ?1), ?2, ?3, ?4, ?5, ?6)",
                    {0, 1, 2, 3, 4}, {run});
  return request;
}

store_request record_blocks(const run_claim& by, std::int32_t year,
                            std::span<const packed_block> blocks) {
  auto request = labelled("simulation blocks");
  auto columns = block_columns(blocks);
  columns.push_back(
    blobs(blocks, [](const packed_block& each) -> std::string_view {
      return each.rows;
    }));
  columns.push_back(
    blobs(blocks, [](const packed_block& each) -> std::string_view {
      return each.events;
    }));
  request.rows = column_block{std::move(columns)};
  add_row_statement(request.transaction,
                    "INSERT INTO simulation_blocks (run, year, block,"
                    " first_key, last_key, year_rows, events)"
                    " SELECT number, ?3, ?4, ?5, ?6, ?7, ?8"
                    " FROM simulation_runs WHERE "
                      + writable,
                    {0, 1, 2, 3, 4}, {by.run, by.token, std::int64_t{year}})
    .set_expected_changes(static_cast<std::int64_t>(blocks.size()));
  return request;
}

store_request commit_year(const run_claim& by, const year_totals& totals,
                          const year_figures& figures) {
  auto request = labelled("simulation year");
  add_statement(
    request.transaction,
    "INSERT INTO simulation_years (run, year, blocks, raw_bytes, packed_bytes,"
    " seconds, totals) SELECT number, ?3, ?4, ?5, ?6, ?7, ?8"
    " FROM simulation_runs WHERE "
      + writable
      + " AND (SELECT count(*) FROM simulation_blocks"
        " WHERE run = number AND year = ?3) = ?4",
    {by.run, by.token, std::int64_t{totals.year}, integer(figures.blocks),
     integer(figures.raw_bytes), integer(figures.packed_bytes), figures.seconds,
     blob(to_message(totals).SerializeAsString())})
    .set_expected_changes(1);
  return request;
}

store_request finish_run(const run_claim& by, const simulation_ending& ending) {
  auto request = labelled("simulation end");
  add_statement(request.transaction,
                "UPDATE simulation_runs SET status = ?3, reason = ?4,"
                " report = ?5, finished_at = ?6 WHERE "
                  + writable,
                {by.run, by.token, std::string{to_string(ending.status)},
                 ending.reason, ending.report,
                 runtime::to_microseconds(ending.at)})
    .set_expected_changes(1);
  add_retention(request.transaction, ending.runs_kept, ending.at);
  return request;
}

store_request take_over(const run_claim& by, std::int32_t last_committed_year,
                        runtime::clock::wall_time at) {
  auto request = labelled("simulation resumption");
  add_statement(request.transaction,
                "UPDATE simulation_runs SET status = 'running', reason = '',"
                " finished_at = NULL, claim = ?2, claimed_at = ?3"
                " WHERE run_id = ?1 AND status <> 'completed'",
                {by.run, by.token, runtime::to_microseconds(at)})
    .set_expected_changes(1);
  for (const auto* table : {"simulation_blocks", "simulation_years"})
    add_statement(request.transaction,
                  "DELETE FROM " + std::string{table}
                    + " WHERE run = (SELECT number FROM simulation_runs"
                      " WHERE run_id = ?1) AND year > ?2",
                  {by.run, std::int64_t{last_committed_year}});
  return request;
}

store_request record_children(const std::string& parent,
                              runtime::clock::wall_time at,
                              std::span<const simulation_child> children) {
  auto request = labelled("simulation children");
  const auto text_of = [&](std::string simulation_child::*member) {
    return texts(children, [member](const auto& child) -> std::string_view {
      return child.*member;
    });
  };
  request.rows = column_block{{
    text_of(&simulation_child::run),
    text_of(&simulation_child::label),
    integers(children, [](const auto& child) { return child.digest; }),
    integers(children, [](const auto& child) { return child.seed; }),
    text_of(&simulation_child::scenario),
    integers(children,
             [](const auto& child) {
               return child.years.empty() ? 0 : child.years.front().year;
             }),
    integers(children,
             [](const auto& child) {
               return child.years.empty() ? 0 : child.years.back().year;
             }),
  }};
  add_row_statement(
    request.transaction,
    "INSERT INTO simulation_runs (run_id, parent, label, kind, scenario_name,"
    " digest, seed, census, people, start_year, end_year, status, reason,"
    " started_at, finished_at, version, scenario, report)"
    " SELECT ?3, run_id, ?4, 'projection', scenario_name, ?5, ?6, census,"
    " people, CASE WHEN ?8 = 0 THEN start_year ELSE ?8 END,"
    " CASE WHEN ?9 = 0 THEN end_year ELSE ?9 END, 'completed', '', started_at,"
    " ?2, version, ?7, '' FROM simulation_runs WHERE run_id = ?1",
    {0, 1, 2, 3, 4, 5, 6}, {parent, runtime::to_microseconds(at)})
    .set_expected_changes(static_cast<std::int64_t>(children.size()));
  add_child_years(request, children);
  return request;
}

} // namespace troupe::simulation
