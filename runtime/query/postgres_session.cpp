#include "runtime/query/postgres_session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include <libpq-fe.h>

namespace troupe::runtime {

using namespace std::chrono_literals;

namespace {

/// When a server that has vanished without a word (its machine is off, the
/// network is cut) is given up: after about five seconds. Otherwise whoever
/// waits for it would wait until their deadline, which is long, as questions
/// may be.
constexpr auto liveness
  = std::array{std::pair{"keepalives", "1"}, std::pair{"keepalives_idle", "2"},
               std::pair{"keepalives_interval", "1"},
               std::pair{"keepalives_count", "3"},
               std::pair{"tcp_user_timeout", "5000"}};

void ignore_notice(void*, const PGresult*) {}

} // namespace

void postgres_result_deleter::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

postgres_error error_of(const pg_result& result) {
  const auto field = [&](int code) {
    const auto* text = PQresultErrorField(&result, code);
    return std::string{text == nullptr ? "" : text};
  };
  auto error = postgres_error{};
  error.state = field(PG_DIAG_SQLSTATE);
  error.message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) // Of libpq itself, such as a lost connection.
    error = read_verbose_error(PQresultErrorMessage(&result));
  const auto position = field(PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(),
                  error.position);
  return error;
}

postgres_session::postgres_session(std::string name, std::stop_token stop)
  : name_{std::move(name)}, signal_{stop}, stop_{std::move(stop)} {}

postgres_session::~postgres_session() {
  PQfinish(connection_);
}

outcome<std::unique_ptr<postgres_session>>
postgres_session::connect(const postgres_address& address,
                          std::chrono::milliseconds timeout,
                          std::stop_token stop, const std::string& name) {
  auto made = std::unique_ptr<postgres_session>{
    new postgres_session{address.name, std::move(stop)}};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (auto opened = made->open(address, name, deadline); !opened)
    return fail(opened.error());
  return made;
}

outcome<void> postgres_session::open(const postgres_address& address,
                                     const std::string& name, time deadline) {
  auto keys = std::vector<const char*>{};
  auto values = std::vector<const char*>{};
  const auto add = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  for (const auto& [key, value] : liveness)
    add(key, value);
  // Those of the address count, as they come later.
  for (const auto& [key, value] : address.parameters)
    add(key.c_str(), value.c_str());
  if (!address.password.reveal().empty())
    add("password", address.password.reveal().c_str());
  add("fallback_application_name", name.c_str());
  add("client_encoding", "UTF8");
  add(nullptr, nullptr);
  connection_ = PQconnectStartParams(keys.data(), values.data(), 0);
  if (connection_ == nullptr)
    return fail(problem_kind::failed, "out of memory");
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
  auto state = PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED
                                                       : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED)
      return fail(failure());
    const auto events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (auto ready = await(static_cast<short>(events), deadline); !ready)
      return ready;
    state = PQconnectPoll(connection_);
  }
  if (PQsetnonblocking(connection_, 1) != 0)
    return fail(failure());
  return {};
}

outcome<void> postgres_session::await(short events, time deadline) {
  auto both = std::array{pollfd{PQsocket(connection_), events, 0},
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

outcome<void> postgres_session::flush(time deadline) {
  for (;;) {
    const auto left = PQflush(connection_);
    if (left == 0)
      return {};
    if (left < 0)
      return fail(failure());
    // A server whose answers nobody takes does not read on.
    if (auto ready = await(POLLIN | POLLOUT, deadline); !ready)
      return ready;
    if (PQconsumeInput(connection_) == 0)
      return fail(failure());
  }
}

outcome<postgres_result> postgres_session::next_result(time deadline) {
  if (auto sent = flush(deadline); !sent)
    return fail(sent.error());
  while (PQisBusy(connection_) != 0) {
    if (auto ready = await(POLLIN, deadline); !ready)
      return fail(ready.error());
    if (PQconsumeInput(connection_) == 0)
      return fail(failure());
  }
  return postgres_result{PQgetResult(connection_)};
}

problem postgres_session::failure() const {
  auto reason = to_problem(read_verbose_error(PQerrorMessage(connection_)), {});
  if (PQconnectionNeedsPassword(connection_) != 0)
    reason = to_problem({"28P01", "the server asks for a password"}, {});
  reason.file = name_;
  return reason;
}

} // namespace troupe::runtime
