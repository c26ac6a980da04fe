#pragma once

#include "runtime/query/postgres_session.hpp"
#include "runtime/store/postgres_cells.hpp"
#include "runtime/store/postgres_parameters.hpp"
#include "runtime/store/postgres_statements.hpp"
#include "runtime/store/store_connection.hpp"
#include "runtime/store/store_error.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// How long the store waits for a server of PostgreSQL.
struct postgres_times {
  /// To reach the server and be let in.
  std::chrono::milliseconds connect_timeout{10'000};
  /// For one statement; the server ends it.
  std::chrono::milliseconds statement_timeout{600'000};
  /// For the locks of others.
  std::chrono::milliseconds lock_timeout{10'000};
};

/// What to do about an error of this state (SQLSTATE).
[[nodiscard]] store_error classify_postgres_state(std::string_view state);

/// The address as an option of the store gives it; references to secrets are
/// looked up in the environment of the process.
[[nodiscard]] outcome<postgres_address>
find_postgres_address(const std::string& text);

/// A connection of the store to PostgreSQL. One that reads is made anew when it
/// was lost outside of a snapshot.
class postgres_connection final : public store_connection {
public:
  enum class access { read, write };

  /// Errors: `unavailable`, `timeout`, `denied`, `not_found` (the database).
  [[nodiscard]] static outcome<std::unique_ptr<postgres_connection>>
  open(const postgres_address& address, access wanted,
       const postgres_times& times = {});

  /// Runs any statements without parameters, in PostgreSQL's words; rows are
  /// dropped.
  [[nodiscard]] outcome<void> execute(const std::string& script);

  /// What the last call that failed has failed of.
  [[nodiscard]] store_error last_error() const noexcept {
    return last_error_;
  }

  /// Whether there is no way to the server any more.
  [[nodiscard]] bool is_lost() const noexcept;

  /// The process of the server that serves this connection, or did.
  [[nodiscard]] int server_process() const noexcept {
    return server_process_;
  }

  [[nodiscard]] postgres_statements& statements() noexcept {
    return statements_;
  }

  [[nodiscard]] const std::string& name() const noexcept {
    return address_.name;
  }

  // -- store_connection -------------------------------------------------------

  [[nodiscard]] outcome<void> query(std::string_view sql,
                                    std::span<const sql_value> parameters,
                                    const row_handler& handle) override;
  [[nodiscard]] outcome<void> change_schema(const std::string& script) override;
  [[nodiscard]] outcome<void> begin() override;
  [[nodiscard]] outcome<void> begin_snapshot() override;
  [[nodiscard]] outcome<void> commit() override;
  void roll_back() noexcept override;
  [[nodiscard]] bool is_in_transaction() const noexcept override;
  [[nodiscard]] outcome<bool> has_table(const std::string& name) override;
  [[nodiscard]] outcome<bool> is_empty() override;

  [[nodiscard]] bool is_postgres() const noexcept override {
    return true;
  }

private:
  friend class postgres_pipeline;

  /// The answer to a query whose rows are being handed out.
  struct open_answer {
    std::deque<postgres_result> results;
    bool is_whole = false;
    open_answer* outer = nullptr;
  };

  postgres_connection(postgres_address address, access wanted,
                      const postgres_times& times);

  [[nodiscard]] outcome<void> connect();
  [[nodiscard]] outcome<void> reconnect_if_lost();
  [[nodiscard]] postgres_session::time deadline() const;
  /// Sends the statement with its values, prepared before if need be.
  [[nodiscard]] outcome<void> ask(std::string_view sql,
                                  const postgres_parameters& values);
  [[nodiscard]] outcome<void> prepare(const std::string& sql,
                                      const std::string& name,
                                      const postgres_parameters& values);
  [[nodiscard]] outcome<void> forget_statements();
  [[nodiscard]] outcome<postgres_result> next(open_answer& of);
  [[nodiscard]] outcome<void> read_whole(open_answer& of);
  [[nodiscard]] outcome<void> hand_out(open_answer& from,
                                       const row_handler& handle);
  /// Reads on to the end of the answer; the first error in it.
  [[nodiscard]] outcome<void> finish_answer();
  problem failure_of(const pg_result& result, std::string_view sql);
  problem lost(problem reason);

  postgres_address address_;
  access access_;
  postgres_times times_;
  std::unique_ptr<postgres_session> session_;
  postgres_statements statements_;
  store_error last_error_ = store_error::failed;
  int server_process_ = 0;
  bool is_in_snapshot_ = false;
  open_answer* open_ = nullptr;
};

} // namespace troupe::runtime
