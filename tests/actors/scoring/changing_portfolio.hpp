#pragma once

#include "actors/scoring/configuration.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace troupe::tests {

/// An item of which each part can change.
struct changing_item {
  std::uint64_t id = 0;
  std::array<std::optional<double>, 4> values;
  std::optional<double> revenue; ///< Of its financial record, if it has one.

  friend bool operator==(const changing_item&, const changing_item&) = default;
};

/// A random portfolio that changes at random.
class changing_portfolio {
public:
  changing_portfolio(std::uint64_t seed, std::size_t items);

  /// Other values (also none, rarely new extremes), other money, new items,
  /// items that go; `count` times.
  void edit(std::size_t count);

  /// As above, but no value becomes an extreme or was one.
  void edit_within(std::size_t count);

  [[nodiscard]] const std::vector<changing_item>& items() const {
    return items_;
  }

  /// JSON lines.
  [[nodiscard]] std::string text() const;

private:
  double number();
  changing_item make();

  std::mt19937_64 random_;
  std::uint64_t next_id_ = 1;
  std::vector<changing_item> items_;
};

/// How many items of `now` are not in `before`, as they are.
[[nodiscard]] std::size_t
count_different(const std::vector<changing_item>& before,
                const std::vector<changing_item>& now);

/// A configuration for it: four criteria v0 to v3 in three categories, all
/// scaled by one method.
[[nodiscard]] scoring::scoring_configuration
changing_configuration(scoring::rule_set rules, scoring::normalisation method);

} // namespace troupe::tests
