#include "actors/scoring/scoring_record.hpp"

#include "actors/scoring/stored_details.hpp"
#include "actors/scoring/stored_figures.hpp"
#include "actors/scoring/stored_scores.hpp"

#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using messages::SqlStatement;

namespace {

constexpr std::size_t record_columns = 12;
/// Numbers of runs for which a real-time run stays.
constexpr std::uint64_t real_time_runs_kept = 1'000;

std::int64_t microseconds(runtime::clock::wall_time time) {
  return time.time_since_epoch().count();
}

void add_text(SqlStatement& to, const std::string& text) {
  to.add_parameters()->set_text(text);
}

void add_integer(SqlStatement& to, std::int64_t number) {
  to.add_parameters()->set_integer(number);
}

column row_numbers(const scored_batch& batch) {
  auto numbers = std::vector<std::int64_t>(batch.rows());
  for (std::size_t row = 0; row < batch.rows(); ++row)
    numbers[row] = static_cast<std::int64_t>(batch.first_row + row);
  return column{std::move(numbers)};
}

column ids(const scored_batch& batch) {
  if (batch.items.has_ids)
    return batch.items.ids;
  auto texts = text_list{};
  for (std::size_t row = 0; row < batch.rows(); ++row)
    texts.add(batch.id(row));
  return column{std::move(texts.offsets), std::move(texts.characters)};
}

/// A column, or one of as many empty texts where there is none.
column or_empty(const column& values, std::size_t rows) {
  if (values.size() != 0)
    return values;
  return column{std::vector<std::uint32_t>(rows + 1, 0), std::string{}};
}

column or_zero(const column& values, std::size_t rows) {
  if (values.size() != 0)
    return values;
  return column{std::vector<std::uint32_t>(rows, 0)};
}

/// What is said about a run beside its numbers, as `stored_result.hpp` reads
/// it.
std::string report_of(const messages::ScoringSummary& summary) {
  auto report = summary;
  report.clear_scales();
  report.clear_summary_json();
  return report.SerializeAsString();
}

SqlStatement insert_run(const run_header& header, const scoring_plan& plan,
                        const messages::ScoringContext& context,
                        const messages::ScoringSummary& summary,
                        const std::string& summary_json) {
  auto statement = SqlStatement{};
  statement.set_sql(
    "INSERT INTO scoring_runs (run_id, mode, rules, case_name, source,"
    " base_run, started_at, finished_at, as_of, items, rescored, left_out,"
    " reason, configuration_digest, configuration, scales, summary,"
    " idempotency_key, report)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19)");
  add_text(statement, header.run);
  add_text(statement, header.mode);
  add_text(statement, plan.rules == rule_set::compat ? "compat" : "standard");
  add_text(statement, header.case_name);
  add_text(statement, header.source);
  add_text(statement, header.base_run);
  add_integer(statement, microseconds(header.started_at));
  add_integer(statement, microseconds(header.finished_at));
  add_integer(statement, context.as_of());
  add_integer(statement, static_cast<std::int64_t>(summary.items()));
  add_integer(statement, static_cast<std::int64_t>(summary.rescored()));
  add_integer(statement, summary.problems_size());
  add_text(statement, summary.reason());
  add_integer(statement,
              static_cast<std::int64_t>(header.configuration_digest));
  add_text(statement, context.configuration());
  statement.add_parameters()->set_blob(summary.scales().SerializeAsString());
  add_text(statement, summary_json);
  // Without a key it is NULL, of which there may be many.
  auto* key = statement.add_parameters();
  if (!header.idempotency_key.empty())
    key->set_text(header.idempotency_key);
  statement.add_parameters()->set_blob(report_of(summary));
  statement.set_expected_changes(1);
  return statement;
}

SqlStatement insert_items(const std::string& run, std::size_t first_column) {
  auto statement = SqlStatement{};
  statement.set_sql(
    "INSERT INTO scoring_items (run, row, item_id, title, digest, total,"
    " completeness, overall_rank, financial_rank, strategic_rank, scores,"
    " details, figures) VALUES ((SELECT number FROM scoring_runs WHERE run_id ="
    " ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
  add_text(statement, run);
  statement.set_for_each_row(true);
  for (std::size_t i = 0; i < record_columns; ++i)
    statement.add_columns(static_cast<std::uint32_t>(first_column + i));
  return statement;
}

/// Real-time runs are small and many: they go by their own number, or when the
/// oldest of the others that are kept is newer.
void add_retention(messages::CommitTransaction& transaction,
                   const run_header& header) {
  const auto is_real_time = header.mode == "real_time";
  const auto kept = is_real_time ? real_time_runs_kept : header.runs_kept;
  if (kept == 0)
    return;
  const auto* runs
    = is_real_time ? "(SELECT number FROM scoring_runs WHERE mode = 'real_time'"
                     " AND number <= (SELECT max(number) FROM scoring_runs)"
                     " - ?1)"
                   : "(SELECT number FROM scoring_runs WHERE number < (SELECT"
                     " number FROM scoring_runs WHERE mode <> 'real_time'"
                     " ORDER BY number DESC LIMIT 1 OFFSET ?1 - 1))";
  for (const auto* from : {"DELETE FROM scoring_items WHERE run IN ",
                           "DELETE FROM scoring_runs WHERE number IN "}) {
    auto* statement = transaction.add_statements();
    statement->set_sql(std::string{from} + runs);
    add_integer(*statement, static_cast<std::int64_t>(kept));
  }
}

} // namespace

const runtime::migration_list& scoring_schema() {
  static const auto schema = runtime::migration_list{
    {"scoring", 1,
     "CREATE TABLE scoring_runs ("
     " number INTEGER PRIMARY KEY,"
     " run_id TEXT NOT NULL UNIQUE,"
     " mode TEXT NOT NULL,"
     " rules TEXT NOT NULL,"
     " case_name TEXT NOT NULL,"
     " source TEXT NOT NULL,"
     " base_run TEXT NOT NULL,"
     " started_at INTEGER NOT NULL," // Microseconds since 1970, UTC.
     " finished_at INTEGER NOT NULL,"
     " as_of INTEGER NOT NULL,"
     " items INTEGER NOT NULL,"
     " rescored INTEGER NOT NULL,"
     " left_out INTEGER NOT NULL,"
     " reason TEXT NOT NULL,"
     " configuration_digest INTEGER NOT NULL,"
     " configuration TEXT NOT NULL,"
     " scales BLOB NOT NULL,"
     " summary TEXT NOT NULL);"
     "CREATE TABLE scoring_items ("
     " run INTEGER NOT NULL,"
     " row INTEGER NOT NULL,"
     " item_id TEXT NOT NULL,"
     " title TEXT NOT NULL,"
     " digest INTEGER NOT NULL,"
     " total REAL NOT NULL,"
     " completeness REAL NOT NULL,"
     " overall_rank INTEGER NOT NULL,"
     " financial_rank INTEGER NOT NULL,"
     " strategic_rank INTEGER NOT NULL,"
     " scores BLOB NOT NULL,"
     " PRIMARY KEY (run, row)) WITHOUT ROWID;"
     "CREATE UNIQUE INDEX scoring_items_by_id ON scoring_items (run, item_id)"},
    // NULL in the rows of runs that were stored before.
    {"scoring", 2, "ALTER TABLE scoring_items ADD COLUMN details BLOB"},
    // NULL in the rows of runs that were stored before; no key in others, too.
    {"scoring", 3,
     "ALTER TABLE scoring_runs ADD COLUMN idempotency_key TEXT;"
     "ALTER TABLE scoring_runs ADD COLUMN report BLOB;"
     "ALTER TABLE scoring_items ADD COLUMN figures BLOB;"
     "CREATE UNIQUE INDEX scoring_runs_by_key"
     " ON scoring_runs (idempotency_key)"},
  };
  return schema;
}

column_block make_record(const scored_batch& batch, figure_keeping kept) {
  const auto rows = batch.rows();
  auto completeness = batch.strategic.completeness;
  if (completeness.size() == 0)
    completeness = column{std::vector<double>(rows, 1.0)};
  return column_block{{
    row_numbers(batch),
    ids(batch),
    or_empty(batch.items.titles, rows),
    batch.items.digests.size() == 0 ? column{std::vector<std::int64_t>(rows, 0)}
                                    : batch.items.digests,
    batch.totals.total,
    completeness,
    batch.overall_ranks,
    or_zero(batch.financial_ranks, rows),
    or_zero(batch.strategic_ranks, rows),
    encode_scores(batch),
    encode_details(batch),
    encode_figures(batch, kept),
  }};
}

store_request make_store_request(const run_header& header,
                                 const scoring_plan& plan,
                                 const messages::ScoringContext& context,
                                 const messages::ScoringSummary& summary,
                                 const std::string& summary_json,
                                 const std::vector<column_block>& records) {
  auto request = store_request{};
  request.transaction.set_label("scoring run");
  *request.transaction.add_statements()
    = insert_run(header, plan, context, summary, summary_json);
  auto columns = std::vector<column>{};
  for (const auto& record : records) {
    *request.transaction.add_statements()
      = insert_items(header.run, columns.size());
    for (std::size_t i = 0; i < record.size(); ++i)
      columns.push_back(record[i]);
  }
  request.rows = column_block{std::move(columns)};
  add_retention(request.transaction, header);
  return request;
}

} // namespace troupe::scoring
