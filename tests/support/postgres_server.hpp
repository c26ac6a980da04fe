#pragma once

#include "tests/support/places.hpp"

#include <string>

namespace troupe::tests {

/// A PostgreSQL server of its own in a temporary folder, reached through a
/// socket in it. Ends with the object. The superuser needs no password, the
/// user "guest" does: "guest's secret".
class postgres_server {
public:
  postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;
  ~postgres_server();

  /// The address of a user's database "postgres".
  [[nodiscard]] std::string address(const std::string& user = "troupe") const;

  /// Ends the server at once, as a crash would, and starts it again.
  void crash() const;
  void start() const;

  /// Runs statements as the superuser; throws if one fails.
  void execute(const std::string& sql) const;

private:
  [[nodiscard]] std::string run(const std::string& program,
                                const std::string& arguments) const;

  temporary_folder folder_;
  std::string bin_;
};

} // namespace troupe::tests
