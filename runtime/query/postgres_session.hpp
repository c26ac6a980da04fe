#pragma once

#include "runtime/problem.hpp"
#include "runtime/query/postgres_address.hpp"
#include "runtime/query/postgres_error.hpp"
#include "runtime/stop_signal.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

struct pg_conn;
struct pg_result;

namespace troupe::runtime {

struct postgres_result_deleter {
  void operator()(pg_result* result) const noexcept;
};

/// An answer of libpq; empty: there are no more to this question.
using postgres_result = std::unique_ptr<pg_result, postgres_result_deleter>;

/// The error that such an answer is.
[[nodiscard]] postgres_error error_of(const pg_result& result);

/// A connection to a server of PostgreSQL on which nobody waits for ever: every
/// wait ends with a stop request or at its deadline. Questions are asked by
/// libpq itself, with `get`; it never blocks, hence `flush` sends. Stays at its
/// address. Not thread-safe.
class postgres_session {
public:
  using time = std::chrono::steady_clock::time_point;

  /// Reaches the server and is let in. Errors: `unavailable`, `timeout`,
  /// `denied`, `not_found` (the database), `interrupted`.
  [[nodiscard]] static outcome<std::unique_ptr<postgres_session>>
  connect(const postgres_address& address, std::chrono::milliseconds timeout,
          std::stop_token stop = {}, const std::string& name = "troupe");

  postgres_session(const postgres_session&) = delete;
  postgres_session& operator=(const postgres_session&) = delete;
  ~postgres_session();

  [[nodiscard]] pg_conn* get() const noexcept {
    return connection_;
  }

  /// Sends what libpq has in hand, and reads what comes meanwhile.
  [[nodiscard]] outcome<void> flush(time deadline);

  /// Waits for the next answer.
  [[nodiscard]] outcome<postgres_result> next_result(time deadline);

  /// What libpq says about the connection, as a problem of the database.
  [[nodiscard]] problem failure() const;

private:
  postgres_session(std::string name, std::stop_token stop);

  [[nodiscard]] outcome<void> open(const postgres_address& address,
                                   const std::string& name, time deadline);
  /// `events` as for poll(2).
  [[nodiscard]] outcome<void> await(short events, time deadline);

  std::string name_;
  stop_signal signal_;
  std::stop_token stop_;
  pg_conn* connection_ = nullptr;
};

} // namespace troupe::runtime
