#pragma once

#include "runtime/store/store_connection.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace troupe::tests {

enum class store_kind { sqlite, postgres };

/// The server that all tests of a program share: it takes long to start.
[[nodiscard]] postgres_server& shared_postgres();

/// A place for one new store, gone at the end: a file, or a schema of the
/// shared server.
class store_place {
public:
  explicit store_place(store_kind kind);
  store_place(const store_place&) = delete;
  store_place& operator=(const store_place&) = delete;
  ~store_place();

  [[nodiscard]] store_kind kind() const noexcept {
    return kind_;
  }

  [[nodiscard]] bool is_postgres() const noexcept {
    return kind_ == store_kind::postgres;
  }

  /// As in `store_options`.
  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }

  /// A connection that may change anything, behind the store's back.
  [[nodiscard]] std::unique_ptr<runtime::store_connection> connect() const;

private:
  store_kind kind_;
  std::optional<temporary_folder> folder_;
  std::string schema_;
  std::string path_;
};

/// Runs statements at once; fails the test if one fails.
void run_script(runtime::store_connection& connection,
                const std::string& script);

/// The one number that a query gives; fails the test if it gives none.
[[nodiscard]] std::int64_t number_from(runtime::store_connection& connection,
                                       const std::string& query);

/// Keeps a store from committing to the table `number` until it is lifted, so
/// that a test decides what waits together.
class blockade {
public:
  explicit blockade(const store_place& at);

  void lift();

private:
  std::unique_ptr<runtime::store_connection> connection_;
};

} // namespace troupe::tests
