#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/scorer.hpp"
#include "tests/support/places.hpp"

#include <cstddef>
#include <set>
#include <string>

namespace troupe::tests {

/// A portfolio of `count` items "ITEM-1" on, with gaps, and money for two of
/// three. Items named in `changed` have another business value, risk and
/// investment.
[[nodiscard]] std::string
make_portfolio(std::size_t count, const std::set<std::size_t>& changed = {});

/// A store with runs, in a folder of its own.
class stored_runs {
public:
  /// Scores and stores; throws if it cannot.
  scoring::scoring_result
  add(const std::string& items,
      const scoring::scoring_configuration& configuration
      = scoring::default_configuration());

  [[nodiscard]] std::string path() const {
    return (folder_ / "store.db").string();
  }

  /// Runs SQL on the store behind the program's back.
  void damage(const std::string& sql) const;

private:
  temporary_folder folder_;
};

} // namespace troupe::tests
