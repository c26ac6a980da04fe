#pragma once

#include "runtime/problem.hpp"
#include "runtime/query/postgres_error.hpp"
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/postgres_parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace troupe::runtime {

/// Statements that are sent one after the other without waiting for answers.
/// After one that fails, the server skips the rest. The connection is for
/// nothing else until `finish`. Each function fails only when the connection
/// is lost.
class postgres_pipeline {
public:
  /// What became of a statement; one that was skipped has no answer.
  struct answer {
    /// Rows that it changed.
    std::int64_t changed = 0;
    /// Rows that it gave.
    std::size_t rows = 0;
    std::optional<postgres_error> error;
  };

  /// Gets answers in the order of the statements, by their tags.
  using answer_handler = std::function<void(std::size_t tag, const answer&)>;

  postgres_pipeline(postgres_connection& on, answer_handler handle);

  [[nodiscard]] outcome<void> begin();

  /// Sends a statement in PostgreSQL's words, prepared by it and its types.
  [[nodiscard]] outcome<void> run(const std::string& sql,
                                  const postgres_parameters& values,
                                  std::size_t tag);

  /// Waits for all answers.
  [[nodiscard]] outcome<void> finish();

private:
  enum class sent { preparation, execution, sync };

  struct pending {
    sent what = sent::execution;
    std::size_t tag = 0;
    postgres_statements::prepared* statement = nullptr;
  };

  [[nodiscard]] outcome<void> read_answer();
  [[nodiscard]] outcome<void> take(const pending& of, const pg_result& result);
  [[nodiscard]] outcome<void> keep_bounded();
  [[nodiscard]] tl::unexpected<problem> lost();

  postgres_connection* on_;
  answer_handler handle_;
  std::deque<pending> pending_;
  std::size_t unsent_bytes_ = 0;
};

} // namespace troupe::runtime
