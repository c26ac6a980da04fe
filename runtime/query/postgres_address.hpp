#pragma once

#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Where a PostgreSQL database is, and who asks.
struct postgres_address {
  /// "postgresql://USER@HOST:PORT/DATABASE" as far as given: for people.
  std::string name;
  /// Connection parameters of libpq by keyword, without the password.
  std::vector<std::pair<std::string, std::string>> parameters;
  /// Empty: from PGPASSWORD or the password file, if at all.
  secret password{""};
};

/// Whether the text begins as such an address: postgresql:// or postgres://.
[[nodiscard]] bool is_postgres_address(std::string_view text);

/// Reads a connection URI of libpq. Its password may be a reference to a secret
/// (?password=secret://env/NAME), which is looked up. Problems never quote the
/// text, which may hold a password.
[[nodiscard]] outcome<postgres_address>
parse_postgres_address(const std::string& text,
                       const environment_map& environment);

/// The same address without a password in it: in its place is a reference to
/// `variable`, and `to` has the password as the value of that. What has none,
/// or is no address, stays as it is. For addresses that are written down.
[[nodiscard]] std::string take_password_out(const std::string& text,
                                            const std::string& variable,
                                            environment_map& to);

} // namespace troupe::runtime
