#include "runtime/query/postgres_query.hpp"

#include "runtime/query/postgres_error.hpp"
#include "runtime/query/row_json.hpp"
#include "runtime/stop_signal.hpp"
#include "runtime/tabular/piece_source.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
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
using steady_time = std::chrono::steady_clock::time_point;

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
/// Versions from 14 on notice that a client is gone, if asked to.
constexpr auto version_with_check = 140'000;

using connection_pointer = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using result_pointer = std::unique_ptr<PGresult, decltype(&PQclear)>;

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

void ignore_notice(void*, const PGresult*) {}

/// A query on its way.
class postgres_rows {
public:
  postgres_rows(std::string name, const row_query& query, std::stop_token stop,
                const postgres_limits& limits)
    : name_{std::move(name)}, query_{query}, limits_{limits}, signal_{stop},
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
  enum class wait_for { read, write };

  outcome<void> await(wait_for what, steady_time deadline);
  outcome<result_pointer> next_result();
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

  [[nodiscard]] tl::unexpected<problem> connection_failure() const {
    auto reason
      = to_problem(read_verbose_error(PQerrorMessage(connection_.get())), {});
    if (PQconnectionNeedsPassword(connection_.get()) != 0) {
      reason = to_problem({"28P01", "the server asks for a password"}, {});
    }
    reason.file = name_;
    return fail(std::move(reason));
  }

  [[nodiscard]] tl::unexpected<problem>
  query_failure(const PGresult* result) const;

  std::string name_;
  row_query query_;
  postgres_limits limits_;
  stop_signal signal_;
  std::stop_token stop_;
  connection_pointer connection_{nullptr, PQfinish};
  std::optional<row_json> json_;
  std::vector<cell_form> forms_;
  /// How long a statement may run, as the server sees it.
  std::chrono::milliseconds patience_;
  /// Rows that are not written yet.
  result_pointer result_{nullptr, PQclear};
};

outcome<void> postgres_rows::await(wait_for what, steady_time deadline) {
  const auto events
    = static_cast<short>(what == wait_for::read ? POLLIN : POLLOUT);
  auto both = std::array{pollfd{PQsocket(connection_.get()), events, 0},
                         pollfd{signal_.descriptor(), POLLIN, 0}};
  for (;;) {
    // In steps, as there may be no deadline.
    constexpr std::chrono::milliseconds step = 1h;
    const auto left = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(
                                   deadline - std::chrono::steady_clock::now()),
                                 0ms, step);
    const auto ready
      = ::poll(both.data(), both.size(), static_cast<int>(left.count()));
    if (ready == 0 && left == step)
      continue;
    if (ready < 0 && errno == EINTR)
      continue;
    if (stop_.stop_requested())
      return fail(problem_kind::interrupted, "the query was interrupted");
    if (ready != 0) // libpq will say what is wrong, if anything.
      return {};
    auto reason = problem{};
    reason.kind = problem_kind::timeout;
    reason.message = "the server does not answer";
    reason.file = name_;
    reason.hint = "check the address and the network, then try again";
    return fail(std::move(reason));
  }
}

outcome<void> postgres_rows::connect(const postgres_address& address) {
  auto keys = std::vector<const char*>{};
  auto values = std::vector<const char*>{};
  const auto add = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  for (const auto& [key, value] : address.parameters)
    add(key.c_str(), value.c_str());
  if (!address.password.reveal().empty())
    add("password", address.password.reveal().c_str());
  add("fallback_application_name", "troupe");
  add("client_encoding", "UTF8");
  add(nullptr, nullptr);
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!connection_)
    return fail(problem_kind::failed, "out of memory");
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
  const auto deadline
    = std::chrono::steady_clock::now() + limits_.connect_timeout;
  auto state = PQstatus(connection_.get()) == CONNECTION_BAD
                 ? PGRES_POLLING_FAILED
                 : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED)
      return connection_failure();
    const auto ready
      = await(state == PGRES_POLLING_READING ? wait_for::read : wait_for::write,
              deadline);
    if (!ready)
      return ready;
    state = PQconnectPoll(connection_.get());
  }
  return {};
}

outcome<result_pointer> postgres_rows::next_result() {
  // The server is the first to lose patience, if it still can.
  constexpr auto grace = 10s;
  const auto deadline = std::chrono::steady_clock::now() + patience_ + grace;
  while (PQisBusy(connection_.get()) != 0) {
    if (auto ready = await(wait_for::read, deadline); !ready)
      return fail(ready.error());
    if (PQconsumeInput(connection_.get()) == 0)
      return connection_failure();
  }
  return result_pointer{PQgetResult(connection_.get()), PQclear};
}

tl::unexpected<problem>
postgres_rows::query_failure(const PGresult* result) const {
  const auto field = [&](int code) {
    const auto* text = PQresultErrorField(result, code);
    return std::string{text == nullptr ? "" : text};
  };
  auto error = postgres_error{};
  error.state = field(PG_DIAG_SQLSTATE);
  error.message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) // Of libpq itself, such as a lost connection.
    error = read_verbose_error(PQresultErrorMessage(result));
  const auto position = field(PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(),
                  error.position);
  auto reason = to_problem(error, query_.sql);
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
  if (PQserverVersion(connection_.get()) >= version_with_check)
    sql += "; SET LOCAL client_connection_check_interval = '5s'";
  // In milliseconds, whoever decided.
  sql += "; SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0)
    return connection_failure();
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
  const auto is_sent
    = PQsendQueryParams(connection_.get(), query_.sql.c_str(), 0, nullptr,
                        nullptr, nullptr, nullptr, 0)
      != 0;
  if (!is_sent || PQsetSingleRowMode(connection_.get()) == 0)
    return connection_failure();
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
