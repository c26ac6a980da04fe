#include "runtime/query/postgres_query.hpp"

#include "runtime/query/postgres_error.hpp"
#include "runtime/query/postgres_session.hpp"
#include "runtime/query/row_json.hpp"
#include "runtime/tabular/piece_source.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>

namespace troupe::runtime {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
/// Versions from 14 on notice that a client is gone, if asked to.
constexpr auto version_with_check = 140'000;

/// How the text of a cell becomes JSON.
enum class cell_form { text, boolean, decimal, json, bytes };

/// By the numbers that PostgreSQL gives its own types for good.
cell_form form_of(Oid type) {
  switch (type) {
    case 16:
      return cell_form::boolean;
    case 17:
      return cell_form::bytes;
    case 20: // int8
    case 21: // int2
    case 23: // int4
    case 26: // oid
    case 700: // float4
    case 701: // float8
    case 1700: // numeric
      return cell_form::decimal;
    case 114: // json
    case 3802: // jsonb
      return cell_form::json;
    default:
      return cell_form::text;
  }
}

/// A query on its way.
class postgres_rows {
public:
  postgres_rows(std::string name, const row_query& query, std::stop_token stop,
                const postgres_limits& limits)
    : name_{std::move(name)}, query_{query}, limits_{limits},
      stop_{std::move(stop)}, patience_{limits.statement_timeout} {}

  outcome<void> connect(const postgres_address& address);
  /// Begins the transaction.
  outcome<void> begin();
  /// Sends the query and waits until its columns are known.
  outcome<void> ask();
  outcome<bool> append(std::string& piece);

  [[nodiscard]] const std::vector<std::string>& columns() const {
    return json_->columns();
  }

private:
  outcome<postgres_result> next_result();
  void read_patience(std::string_view setting);
  outcome<void> take_columns();
  outcome<void> append_cell(int row, std::size_t column);

  [[nodiscard]] tl::unexpected<problem> refuse(std::string message,
                                               std::string hint) const {
    auto reason = problem{};
    reason.kind = problem_kind::invalid_input;
    reason.message = std::move(message);
    reason.file = name_;
    reason.hint = std::move(hint);
    return fail(std::move(reason));
  }

  [[nodiscard]] tl::unexpected<problem>
  query_failure(const PGresult* result) const;

  std::string name_;
  row_query query_;
  postgres_limits limits_;
  std::stop_token stop_;
  std::unique_ptr<postgres_session> session_;
  std::optional<row_json> json_;
  std::vector<cell_form> forms_;
  /// How long a statement may run, as the server sees it.
  std::chrono::milliseconds patience_;
  /// Rows that are not written yet.
  postgres_result result_;
};

outcome<void> postgres_rows::connect(const postgres_address& address) {
  auto session
    = postgres_session::connect(address, limits_.connect_timeout, stop_);
  if (!session)
    return fail(session.error());
  session_ = std::move(*session);
  return {};
}

outcome<postgres_result> postgres_rows::next_result() {
  // The server is the first to lose patience, if it still can.
  constexpr auto grace = 10s;
  return session_->next_result(std::chrono::steady_clock::now() + patience_
                               + grace);
}

tl::unexpected<problem>
postgres_rows::query_failure(const PGresult* result) const {
  auto reason = to_problem(error_of(*result), query_.sql);
  reason.file = name_;
  return fail(std::move(reason));
}

/// How long the server lets a statement run. Not forever: it was just set.
void postgres_rows::read_patience(std::string_view setting) {
  auto limit = std::int64_t{0};
  const auto* const end = setting.data() + setting.size();
  const auto read = std::from_chars(setting.data(), end, limit);
  if (read.ec == std::errc{} && read.ptr == end && limit > 0)
    patience_ = std::chrono::milliseconds{limit};
}

outcome<void> postgres_rows::begin() {
  // For this transaction only, and only where nobody has decided otherwise.
  auto sql = "BEGIN READ ONLY; SET LOCAL datestyle = ISO; SELECT "
             "set_config('statement_timeout', '"
             + std::to_string(limits_.statement_timeout.count())
             + "', true) WHERE current_setting('statement_timeout') = '0'";
  if (PQserverVersion(session_->get()) >= version_with_check)
    sql += "; SET LOCAL client_connection_check_interval = '5s'";
  // In milliseconds, whoever decided.
  sql += "; SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
  if (PQsendQuery(session_->get(), sql.c_str()) == 0)
    return fail(session_->failure());
  for (;;) {
    const auto result = next_result();
    if (!result)
      return fail(result.error());
    if (!*result)
      return {};
    if (PQresultStatus(result->get()) == PGRES_FATAL_ERROR)
      return query_failure(result->get());
    if (PQresultStatus(result->get()) == PGRES_TUPLES_OK
        && PQntuples(result->get()) == 1)
      read_patience(PQgetvalue(result->get(), 0, 0));
  }
}

outcome<void> postgres_rows::ask() {
  // With parameters, though there are none: this protocol takes one statement.
  const auto is_sent = PQsendQueryParams(session_->get(), query_.sql.c_str(), 0,
                                         nullptr, nullptr, nullptr, nullptr, 0)
                       != 0;
  if (!is_sent || PQsetSingleRowMode(session_->get()) == 0)
    return fail(session_->failure());
  auto first = next_result();
  if (!first)
    return fail(first.error());
  result_ = std::move(*first);
  switch (PQresultStatus(result_.get())) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
      return take_columns();
    case PGRES_FATAL_ERROR:
      return query_failure(result_.get());
    default:
      return refuse("the query gives no rows", "write one SELECT");
  }
}

outcome<void> postgres_rows::take_columns() {
  const auto count = PQnfields(result_.get());
  if (count == 0)
    return refuse("the query gives no columns", "name columns after SELECT");
  auto names = std::vector<std::string>{};
  for (auto column = 0; column < count; ++column) {
    names.emplace_back(PQfname(result_.get(), column));
    auto form = form_of(PQftype(result_.get(), column));
    const auto& known = query_.json_columns;
    if (form == cell_form::text
        && std::find(known.begin(), known.end(), names.back()) != known.end())
      form = cell_form::json;
    forms_.push_back(form);
  }
  auto json = row_json::create(name_, std::move(names));
  if (!json)
    return fail(json.error());
  json_.emplace(std::move(*json));
  return {};
}

outcome<void> postgres_rows::append_cell(int row, std::size_t column) {
  const auto at = static_cast<int>(column);
  if (PQgetisnull(result_.get(), row, at) != 0)
    return {};
  const auto text = std::string_view{
    PQgetvalue(result_.get(), row, at),
    static_cast<std::size_t>(PQgetlength(result_.get(), row, at))};
  switch (forms_[column]) {
    case cell_form::boolean:
      json_->boolean(column, text == "t");
      return {};
    case cell_form::decimal:
      return json_->decimal(column, text);
    case cell_form::json:
      return json_->json(column, text);
    case cell_form::bytes:
      return json_->bytes(column);
    case cell_form::text:
      break;
  }
  return json_->text(column, text);
}

outcome<bool> postgres_rows::append(std::string& piece) {
  while (result_ && piece.size() < piece_bytes) {
    if (PQresultStatus(result_.get()) == PGRES_FATAL_ERROR)
      return query_failure(result_.get());
    for (auto row = 0; row < PQntuples(result_.get()); ++row) {
      json_->begin(piece);
      for (std::size_t column = 0; column < forms_.size(); ++column)
        if (auto appended = append_cell(row, column); !appended)
          return fail(appended.error());
      json_->end();
    }
    auto next = next_result();
    if (!next)
      return fail(next.error());
    result_ = std::move(*next);
  }
  return result_ || !piece.empty();
}

} // namespace

outcome<query_rows> query_postgres(const postgres_address& address,
                                   const row_query& query, std::stop_token stop,
                                   const postgres_limits& limits) {
  const auto rows = std::make_shared<postgres_rows>(address.name, query,
                                                    std::move(stop), limits);
  if (auto done = rows->connect(address); !done)
    return fail(done.error());
  if (auto done = rows->begin(); !done)
    return fail(done.error());
  if (auto done = rows->ask(); !done)
    return fail(done.error());
  auto result = query_rows{};
  result.columns = rows->columns();
  result.lines = make_byte_source(
    [rows](std::string& piece) { return rows->append(piece); });
  return result;
}

} // namespace troupe::runtime
