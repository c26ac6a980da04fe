#pragma once

#include "tests/support/last_will.hpp"
#include "tests/support/places.hpp"

#include <string>

namespace troupe::tests {

/// A PostgreSQL server of its own in a temporary folder, reached through a
/// socket in it. Ends with the object or the test, however that one ends. The
/// superuser needs no password, the
/// user "guest" does: "guest's secret".
class postgres_server {
public:
  /// With an address of this machine it can also be reached there, by anybody
  /// in the 256 addresses around it without a password; for networks that
  /// nobody else is in.
  explicit postgres_server(std::string listen = {});
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
  std::string listen_;
  std::string bin_;
  last_will will_;
};

} // namespace troupe::tests
