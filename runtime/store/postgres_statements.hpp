#pragma once

#include "runtime/store/postgres_sql.hpp"
#include "runtime/store/store_error.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::runtime {

/// What a connection remembers of statements: their translations, and the names
/// under which the server has them prepared. Bounded by `is_full`.
class postgres_statements {
public:
  /// A statement with values of certain types.
  struct prepared {
    std::string name;
    /// Whether the server has confirmed it.
    bool is_known = false;
    /// Whether the server has been asked for it.
    bool is_asked = false;
  };

  /// The translation of a statement; refusals are not remembered.
  [[nodiscard]] tl::expected<const postgres_statement*, store_failure>
  translate(std::string_view sql);

  /// The place for a translated statement with values of these types; stays
  /// where it is until `forget_all`.
  [[nodiscard]] prepared& find(const std::string& sql,
                               const std::vector<unsigned>& types);

  /// Whether it is time for DEALLOCATE ALL and `forget_all`.
  [[nodiscard]] bool is_full() const noexcept;

  void forget_all();

private:
  std::unordered_map<std::string, postgres_statement> translations_;
  std::unordered_map<std::string, prepared> prepared_;
  std::size_t last_name_ = 0;
};

} // namespace troupe::runtime
