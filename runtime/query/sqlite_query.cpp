#include "runtime/query/sqlite_query.hpp"

#include "runtime/query/row_json.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/tabular/file_problem.hpp"
#include "runtime/tabular/piece_source.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::runtime {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;

constexpr auto query_hint
  = "write one SELECT; sqlite3 FILE .schema shows tables and columns";

problem refusal(std::string name, std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = std::move(name);
  reason.hint = std::move(hint);
  return reason;
}

bool is_declared_json(std::string_view type) {
  constexpr auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  auto word = std::string{type};
  std::transform(word.begin(), word.end(), word.begin(), lower);
  return word == "json" || word == "jsonb";
}

/// A query on its way; the members end in the right order.
struct sqlite_rows {
  std::string name;
  std::stop_token stop;
  std::unique_ptr<sqlite_connection> connection;
  std::optional<sqlite_statement> statement;
  std::optional<row_json> json;
  std::vector<bool> is_json;

  outcome<void> append_cell(const sqlite_row& row, std::size_t column) {
    switch (row.type(column)) {
      case sqlite_type::null:
        return {};
      case sqlite_type::integer:
        json->integer(column, row.integer(column));
        return {};
      case sqlite_type::real:
        json->real(column, row.real(column));
        return {};
      case sqlite_type::text:
        return is_json[column] ? json->json(column, row.text(column))
                               : json->text(column, row.text(column));
      case sqlite_type::blob:
        break;
    }
    return json->bytes(column);
  }

  /// False at the end.
  outcome<bool> append_row(std::string& text) {
    const auto more = statement->step();
    if (!more)
      return fail(explain(more.error()));
    if (!*more)
      return false;
    const auto row = statement->row();
    json->begin(text);
    for (std::size_t column = 0; column < is_json.size(); ++column)
      if (auto appended = append_cell(row, column); !appended)
        return fail(appended.error());
    json->end();
    return true;
  }

  outcome<bool> append(std::string& piece) {
    while (piece.size() < piece_bytes) {
      const auto more = append_row(piece);
      if (!more || !*more)
        return more;
    }
    return true;
  }

  [[nodiscard]] problem explain(problem reason) const {
    if (stop.stop_requested()) {
      reason.kind = problem_kind::interrupted;
      reason.message = "the query was interrupted";
      reason.hint.clear();
    }
    reason.file = name;
    const auto is_of_query
      = connection && connection->last_error() == store_error::bad_statement;
    if (is_of_query && reason.kind == problem_kind::invalid_input)
      reason.hint = query_hint;
    return reason;
  }
};

outcome<void> open_database(const std::string& path, sqlite_rows& rows) {
  auto error = std::error_code{};
  if (!std::filesystem::exists(path, error))
    return fail(file_problem(error ? error.value() : ENOENT, rows.name));
  auto opened = open_database_for_reading(path);
  if (!opened)
    return fail(rows.explain(opened.error()));
  rows.connection = std::move(*opened);
  rows.connection->restrict_statements();
  rows.connection->interrupt_on(rows.stop);
  return {};
}

outcome<void> prepare_statement(const row_query& query, sqlite_rows& rows) {
  auto prepared = rows.connection->prepare(query.sql);
  if (!prepared)
    return fail(rows.explain(prepared.error()));
  if (!prepared->is_read_only())
    return fail(refusal(rows.name, "the query writes to the database",
                        "write one SELECT"));
  if (prepared->parameter_count() != 0)
    return fail(refusal(rows.name, "the query has parameters",
                        "write values in place of ?, :name and @name"));
  const auto row = prepared->row();
  if (row.size() == 0)
    return fail(
      refusal(rows.name, "the query gives no rows", "write one SELECT"));
  auto names = std::vector<std::string>{};
  for (std::size_t column = 0; column < row.size(); ++column) {
    names.emplace_back(row.name(column));
    const auto& known = query.json_columns;
    rows.is_json.push_back(
      is_declared_json(row.declared_type(column))
      || std::find(known.begin(), known.end(), names.back()) != known.end());
  }
  auto json = row_json::create(rows.name, std::move(names));
  if (!json)
    return fail(json.error());
  rows.json.emplace(std::move(*json));
  rows.statement.emplace(std::move(*prepared));
  return {};
}

} // namespace

outcome<query_rows> query_sqlite(const std::string& path,
                                 const row_query& query, std::stop_token stop) {
  auto rows = std::make_shared<sqlite_rows>();
  rows->name = "sqlite:" + path;
  rows->stop = std::move(stop);
  if (auto opened = open_database(path, *rows); !opened)
    return fail(opened.error());
  if (auto prepared = prepare_statement(query, *rows); !prepared)
    return fail(prepared.error());
  auto result = query_rows{};
  result.columns = rows->json->columns();
  result.lines = make_byte_source(
    [rows](std::string& piece) { return rows->append(piece); });
  return result;
}

} // namespace troupe::runtime
