#include "runtime/store/postgres_connection.hpp"

#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include <libpq-fe.h>

namespace troupe::runtime {

using namespace std::chrono_literals;

namespace {

struct state_meaning {
  /// A state, or the class it begins with.
  std::string_view state;
  store_error code;
};

/// The first that fits counts.
constexpr state_meaning state_meanings[] = {
  {"23", store_error::constraint},
  {"44", store_error::constraint}, // A view's check.
  {"25006", store_error::read_only},
  {"42501", store_error::read_only}, // Insufficient privilege.
  {"21", store_error::bad_statement},
  {"22", store_error::bad_statement},
  {"42", store_error::bad_statement},
  {"0A", store_error::bad_statement},
  {"54", store_error::bad_statement}, // Limits of the program.
  {"3F", store_error::bad_statement},
  {"26", store_error::bad_statement},
  {"40", store_error::busy}, // Serialization, deadlock.
  {"55P03", store_error::busy}, // A lock that did not come.
  {"55006", store_error::busy},
  {"57014", store_error::busy}, // Cancelled, as it took too long.
  {"53100", store_error::disk_full},
  {"53", store_error::unavailable},
  {"57P", store_error::unavailable},
  {"08", store_error::unavailable},
  {"25P03", store_error::unavailable}, // Idle in a transaction.
  {"XX001", store_error::corrupt},
  {"XX002", store_error::corrupt},
};

/// Values as libpq takes them.
struct value_list {
  explicit value_list(const postgres_parameters& from)
    : values{&from}, pointers{from.pointers()} {}

  [[nodiscard]] int size() const {
    return static_cast<int>(pointers.size());
  }

  const postgres_parameters* values;
  std::vector<const char*> pointers;
};

environment_map process_environment() {
  auto result = environment_map{};
  for (auto** each = environ; each != nullptr && *each != nullptr; ++each) {
    const auto text = std::string_view{*each};
    if (const auto end = text.find('='); end != std::string_view::npos)
      result.emplace(text.substr(0, end), text.substr(end + 1));
  }
  return result;
}

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

problem no_connection() {
  return to_problem(postgres_error{{}, "the connection to the server was lost"},
                    {});
}

/// Who we are, for whoever finds the store in use.
std::string own_name() {
  auto host = std::array<char, 64>{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  return "troupe, process " + std::to_string(::getpid()) + " on " + host.data();
}

} // namespace

store_error classify_postgres_state(std::string_view state) {
  if (state.empty())
    return store_error::unavailable;
  for (const auto& one : state_meanings)
    if (state.starts_with(one.state))
      return one.code;
  return store_error::failed;
}

outcome<postgres_address> find_postgres_address(const std::string& text) {
  return parse_postgres_address(text, process_environment());
}

postgres_connection::postgres_connection(postgres_address address,
                                         access wanted,
                                         const postgres_times& times)
  : address_{std::move(address)}, access_{wanted}, times_{times} {}

outcome<std::unique_ptr<postgres_connection>>
postgres_connection::open(const postgres_address& address, access wanted,
                          const postgres_times& times) {
  auto made = std::unique_ptr<postgres_connection>{
    new postgres_connection{address, wanted, times}};
  if (auto connected = made->connect(); !connected)
    return fail(connected.error());
  return made;
}

outcome<void> postgres_connection::connect() {
  session_ = nullptr;
  statements_.forget_all();
  auto session = postgres_session::connect(address_, times_.connect_timeout, {},
                                           own_name());
  if (!session) {
    last_error_ = store_error::unavailable;
    return fail(session.error());
  }
  session_ = std::move(*session);
  server_process_ = PQbackendPID(session_->get());
  auto settings
    = "SET statement_timeout = " + milliseconds(times_.statement_timeout)
      + "; SET lock_timeout = " + milliseconds(times_.lock_timeout)
      + "; SET standard_conforming_strings = on;";
  if (access_ == access::read)
    settings += "SET default_transaction_read_only = on;";
  else
    // Durable means answered, whatever the server's own setting; a stronger one
    // stays. A writer that hangs must not hold its locks for ever.
    settings += "SELECT set_config('synchronous_commit', 'on', false) WHERE"
                " current_setting('synchronous_commit') <> 'remote_apply';"
                "SET idle_in_transaction_session_timeout = '60s';"
                "SET default_transaction_isolation = 'read committed';";
  return execute(settings);
}

bool postgres_connection::is_lost() const noexcept {
  return !session_ || PQstatus(session_->get()) == CONNECTION_BAD;
}

outcome<void> postgres_connection::reconnect_if_lost() {
  if (!is_lost() || access_ == access::write)
    return {};
  if (!is_in_snapshot_)
    return connect();
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.message = "the connection was lost, and the snapshot with it";
  reason.file = name();
  return fail(std::move(reason));
}

postgres_session::time postgres_connection::deadline() const {
  // The server is the first to lose patience, if it still can.
  return std::chrono::steady_clock::now() + times_.statement_timeout + 10s;
}

problem postgres_connection::lost(problem reason) {
  last_error_ = store_error::unavailable;
  // Half an answer is of no use to anybody, and the rest may come any time.
  session_ = nullptr;
  return reason;
}

problem postgres_connection::failure_of(const pg_result& result,
                                        std::string_view sql) {
  const auto error = error_of(result);
  last_error_ = classify_postgres_state(error.state);
  auto reason = to_problem(error, sql);
  reason.file = name();
  return reason;
}

outcome<void> postgres_connection::finish_answer() {
  auto first = outcome<void>{};
  for (;;) {
    auto result = session_->next_result(deadline());
    if (!result)
      return fail(lost(result.error()));
    if (!*result)
      return first;
    if (PQresultStatus(result->get()) == PGRES_FATAL_ERROR && first)
      first = fail(failure_of(**result, {}));
  }
}

outcome<void> postgres_connection::execute(const std::string& script) {
  if (!session_)
    return fail(lost(no_connection()));
  if (PQsendQuery(session_->get(), script.c_str()) == 0)
    return fail(lost(session_->failure()));
  return finish_answer();
}

outcome<void> postgres_connection::forget_statements() {
  statements_.forget_all();
  return execute("DEALLOCATE ALL");
}

outcome<void> postgres_connection::prepare(const std::string& sql,
                                           const std::string& name,
                                           const postgres_parameters& values) {
  if (PQsendPrepare(session_->get(), name.c_str(), sql.c_str(),
                    static_cast<int>(values.size()), values.types().data())
      == 0)
    return fail(lost(session_->failure()));
  return finish_answer();
}

outcome<void> postgres_connection::ask(std::string_view sql,
                                       const postgres_parameters& values) {
  const auto translated = statements_.translate(sql);
  if (!translated || (*translated)->parameter_count != values.size()) {
    last_error_ = store_error::bad_statement;
    return fail(to_problem(
      translated ? store_failure{last_error_,
                                 "the number of values differs from that of "
                                 "the statement's parameters"}
                 : translated.error(),
      name()));
  }
  if (statements_.is_full())
    if (auto done = forget_statements(); !done)
      return done;
  const auto& text = (*translated)->sql;
  auto& known = statements_.find(text, values.types());
  if (!known.is_known)
    if (auto done = prepare(text, known.name, values); !done)
      return done;
  known.is_known = known.is_asked = true;
  const auto list = value_list{values};
  if (PQsendQueryPrepared(session_->get(), known.name.c_str(), list.size(),
                          list.pointers.data(), values.lengths().data(),
                          values.formats().data(), 1)
        == 0
      || PQsetSingleRowMode(session_->get()) == 0)
    return fail(lost(session_->failure()));
  return {};
}

outcome<postgres_result> postgres_connection::next(open_answer& of) {
  if (!of.results.empty()) {
    auto result = std::move(of.results.front());
    of.results.pop_front();
    return result;
  }
  if (of.is_whole)
    return postgres_result{};
  if (!session_)
    return fail(lost(no_connection()));
  auto result = session_->next_result(deadline());
  if (!result)
    return fail(lost(result.error()));
  of.is_whole = !*result;
  return result;
}

outcome<void> postgres_connection::read_whole(open_answer& of) {
  while (session_ && !of.is_whole) {
    auto result = session_->next_result(deadline());
    if (!result)
      return fail(lost(result.error()));
    of.is_whole = !*result;
    if (*result)
      of.results.push_back(std::move(*result));
  }
  return {};
}

outcome<void> postgres_connection::hand_out(open_answer& from,
                                            const row_handler& handle) {
  auto cells = postgres_cells{};
  auto has_columns = false;
  auto failed = outcome<void>{};
  for (;;) {
    auto result = next(from);
    if (!result)
      return fail(result.error());
    if (!*result || is_lost())
      break;
    const auto& answer = **result;
    if (PQresultStatus(&answer) == PGRES_FATAL_ERROR && failed)
      failed = fail(failure_of(answer, {}));
    if (PQntuples(&answer) == 0 || !failed)
      continue; // Also after an error: the answer has to be read to its end.
    if (!std::exchange(has_columns, true))
      failed = cells.take_columns(answer);
    for (auto row = 0; failed && row < PQntuples(&answer); ++row) {
      cells.move_to(answer, row);
      handle(sql_row{cells});
    }
  }
  if (failed && is_lost())
    return fail(lost(session_ ? session_->failure() : no_connection()));
  return failed;
}

outcome<void> postgres_connection::query(std::string_view sql,
                                         std::span<const sql_value> parameters,
                                         const row_handler& handle) {
  if (open_ != nullptr)
    if (auto done = read_whole(*open_); !done)
      return done;
  if (auto done = reconnect_if_lost(); !done)
    return done;
  if (!session_)
    return fail(lost(no_connection()));
  auto values = postgres_parameters{};
  for (const auto& value : parameters)
    values.add(value);
  if (auto asked = ask(sql, values); !asked)
    return asked;
  auto answer = open_answer{};
  answer.outer = std::exchange(open_, &answer);
  auto done = hand_out(answer, handle);
  open_ = answer.outer;
  return done;
}

outcome<void> postgres_connection::change_schema(const std::string& script) {
  return execute(to_postgres_schema(script));
}

outcome<void> postgres_connection::begin() {
  return execute("BEGIN");
}

outcome<void> postgres_connection::begin_snapshot() {
  is_in_snapshot_ = false;
  if (auto done = reconnect_if_lost(); !done)
    return done;
  // BEGIN alone is lazy: the first read chooses the moment.
  auto begun = execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                       "SELECT 1 FROM pg_class LIMIT 1");
  is_in_snapshot_ = bool{begun};
  return begun;
}

outcome<void> postgres_connection::commit() {
  is_in_snapshot_ = false;
  return execute("COMMIT");
}

void postgres_connection::roll_back() noexcept {
  is_in_snapshot_ = false;
  if (is_in_transaction())
    static_cast<void>(execute("ROLLBACK"));
}

bool postgres_connection::is_in_transaction() const noexcept {
  if (!session_)
    return is_in_snapshot_;
  const auto state = PQtransactionStatus(session_->get());
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

outcome<bool> postgres_connection::has_table(const std::string& name) {
  auto found = false;
  const auto parameters = std::vector<sql_value>{name};
  auto done = query("SELECT 1 FROM pg_class c JOIN pg_namespace n"
                    " ON n.oid = c.relnamespace"
                    " WHERE n.nspname = current_schema() AND c.relname = ?1"
                    " AND c.relkind IN ('r', 'p', 'v', 'm')",
                    parameters, [&](const sql_row&) { found = true; });
  if (!done)
    return fail(std::move(done.error()));
  return found;
}

outcome<bool> postgres_connection::is_empty() {
  auto found = false;
  // Who may open the store of a cluster is decided by a lease beside it.
  auto done = query("SELECT 1 FROM pg_class c JOIN pg_namespace n"
                    " ON n.oid = c.relnamespace"
                    " WHERE n.nspname = current_schema()"
                    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                    " AND c.relname <> 'leases' LIMIT 1",
                    {}, [&](const sql_row&) { found = true; });
  if (!done)
    return fail(std::move(done.error()));
  return !found;
}

} // namespace troupe::runtime
