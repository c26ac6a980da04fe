#pragma once

#include "actors/simulation/year_check.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace troupe::tests {

/// Checks the years of a projection one after the other.
class checked_years {
public:
  /// `staff` starts the first year, in the blocks of the projection.
  checked_years(std::vector<simulation::people> staff,
                simulation::headcount_source headcounts)
    : staff_{std::move(staff)}, headcounts_{std::move(headcounts)} {}

  [[nodiscard]] std::vector<simulation::rule_violation>
  check(const simulation::projected_year& year) {
    auto found = std::vector<simulation::rule_violation>{};
    const auto add = [&found](std::vector<simulation::rule_violation> more) {
      found.insert(found.end(), more.begin(), more.end());
    };
    auto next = std::vector<simulation::people>{};
    auto hires
      = simulation::hire_range{.first = 1, .last = 0, .all = year.totals.hires};
    for (const auto& block : year.blocks) {
      next.push_back(block.next);
      if (next.size() <= staff_.size()) {
        add(check_staff_block(year.plan, staff_[next.size() - 1], block));
        continue;
      }
      hires.first = hires.last + 1;
      hires.last += static_cast<std::int64_t>(block.rows.count);
      add(check_hire_block(year.plan, hires, block));
    }
    add(check_year(
      headcounts_(year.plan.year, year.totals.start_headcount).value(),
      year.totals, before_ ? &*before_ : nullptr));
    if (year.plan.has_level_quotas)
      add(check_quotas(year));
    before_ = year.totals;
    staff_ = std::move(next);
    return found;
  }

private:
  [[nodiscard]] std::vector<simulation::rule_violation>
  check_quotas(const simulation::projected_year& year) const {
    auto counts = simulation::level_leavers{};
    for (auto at = std::size_t{0}; at < staff_.size(); ++at)
      simulation::count_leavers(staff_[at], year.blocks[at].next, counts);
    return check_level_quotas(year.plan.year, counts);
  }

  std::vector<simulation::people> staff_;
  simulation::headcount_source headcounts_;
  std::optional<simulation::year_totals> before_;
};

} // namespace troupe::tests
