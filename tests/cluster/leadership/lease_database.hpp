#pragma once

#include "cluster/leadership/lease_row.hpp"
#include "cluster/leadership/lease_statements.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <libpq-fe.h>

namespace troupe::tests {

/// What a statement came to.
struct lease_database_result {
  std::vector<std::vector<std::string>> rows;
  std::string state; ///< SQLSTATE; empty: it succeeded.
};

/// A connection to a server with leases. One thread at a time.
class lease_database {
public:
  explicit lease_database(const std::string& address)
    : connection_{PQconnectdb(address.c_str()), PQfinish} {
    if (PQstatus(connection_.get()) != CONNECTION_OK)
      throw std::runtime_error{PQerrorMessage(connection_.get())};
    PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  }

  void create_tables() {
    run(cluster::create_leases_sql);
  }

  void create_lease(const std::string& name) {
    run(cluster::create_lease_sql, {name});
  }

  lease_database_result try_run(const char* sql,
                                const std::vector<std::string>& values = {}) {
    send(sql, values);
    return receive();
  }

  /// Throws if it fails.
  std::vector<std::vector<std::string>>
  run(const char* sql, const std::vector<std::string>& values = {}) {
    auto result = try_run(sql, values);
    if (!result.state.empty())
      throw std::runtime_error{result.state + ": "
                               + PQerrorMessage(connection_.get())};
    return result.rows;
  }

  /// Without waiting for what comes of it.
  void send(const char* sql, const std::vector<std::string>& values) {
    auto texts = std::vector<const char*>{};
    for (const auto& each : values)
      texts.push_back(each.c_str());
    // A failure shows when the result is read.
    static_cast<void>(PQsendQueryParams(connection_.get(), sql,
                                        static_cast<int>(texts.size()), nullptr,
                                        texts.data(), nullptr, nullptr, 0));
  }

  lease_database_result receive() {
    auto all = lease_database_result{};
    auto is_answered = false;
    while (auto* next = PQgetResult(connection_.get())) {
      const auto result
        = std::unique_ptr<PGresult, decltype(&PQclear)>{next, PQclear};
      is_answered = true;
      const auto status = PQresultStatus(result.get());
      if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        all.state = state_of(result.get());
      for (auto row = 0; row < PQntuples(result.get()); ++row) {
        all.rows.emplace_back();
        for (auto field = 0; field < PQnfields(result.get()); ++field)
          all.rows.back().emplace_back(PQgetvalue(result.get(), row, field));
      }
    }
    if (!is_answered)
      all.state = "lost";
    return all;
  }

  [[nodiscard]] int process_id() const {
    return PQbackendPID(connection_.get());
  }

  static cluster::lease_answer
  to_answer(const std::vector<std::vector<std::string>>& rows) {
    auto answer = cluster::lease_answer{};
    if (rows.empty())
      return answer;
    const auto& row = rows.at(0);
    answer.is_granted = row.at(0) == "t";
    answer.holder = row.at(1);
    answer.epoch = std::stoull(row.at(2));
    answer.left = std::chrono::microseconds{std::stoll(row.at(3))};
    return answer;
  }

  cluster::lease_answer acquire(const std::string& name,
                                const std::string& holder,
                                std::chrono::microseconds length) {
    return to_answer(run(cluster::acquire_lease_sql,
                         {name, holder, std::to_string(length.count())}));
  }

  cluster::lease_answer renew(const std::string& name,
                              const std::string& holder,
                              cluster::lease_epoch epoch,
                              std::chrono::microseconds length) {
    return to_answer(
      run(cluster::renew_lease_sql, {name, holder, std::to_string(epoch),
                                     std::to_string(length.count())}));
  }

  /// As the model has it: who is refused is told how things are.
  cluster::lease_answer release(const std::string& name,
                                const std::string& holder,
                                cluster::lease_epoch epoch) {
    const auto rows
      = run(cluster::release_lease_sql, {name, holder, std::to_string(epoch)});
    return rows.empty() ? watch(name) : to_answer(rows);
  }

  cluster::lease_answer watch(const std::string& name) {
    return to_answer(run(cluster::watch_lease_sql, {name}));
  }

  /// As if its length had passed.
  void expire(const std::string& name) {
    run("UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms' "
        "WHERE name = $1",
        {name});
  }

  /// Whether the epoch still counts, and will until the transaction ends.
  bool fence(const std::string& name, cluster::lease_epoch epoch) {
    return run(cluster::fence_lease_sql, {name, std::to_string(epoch)}).size()
           == 1;
  }

private:
  static std::string state_of(const PGresult* result) {
    const auto* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state == nullptr ? "lost" : state;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

} // namespace troupe::tests
