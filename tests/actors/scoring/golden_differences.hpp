#pragma once

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>

namespace troupe::tests {

/// What differs from the expected, at most a screenful of it.
class differences {
public:
  /// Equal within the tolerance of `is_near`.
  void expect(const std::string& what, double actual, double expected);

  void expect_exactly(const std::string& what, double actual, double expected);

  void expect(bool holds, const std::string& what);

  /// Empty: nothing differs.
  [[nodiscard]] std::string text() const;

private:
  void add(const std::string& what, double actual, double expected);

  static constexpr std::size_t lines_max = 20;
  std::size_t count_ = 0;
  std::ostringstream text_;
};

/// Every leaf of `expected` is in `actual`. Matrices and counts exactly.
void compare_json(differences& found, const std::string& path,
                  const nlohmann::json& actual, const nlohmann::json& expected);

} // namespace troupe::tests
