#include "actors/simulation/year_check.hpp"

#include "actors/simulation/block_check.hpp"
#include "actors/simulation/headcount.hpp"

#include <numeric>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::simulation {

namespace {

__extension__ using int128 = __int128;

/// See check_year.
constexpr auto deviations_max = std::int64_t{7};
constexpr auto people_beyond_max = std::int64_t{18};

/// "hires is 3 and not 4"
std::string differing(std::string_view name, std::int64_t is,
                      std::int64_t expected) {
  return std::string{name} + " is " + std::to_string(is) + " and not "
         + std::to_string(expected);
}

class totals_check {
public:
  explicit totals_check(const year_totals& totals)
    : totals_{totals}, list_{totals.year} {}

  [[nodiscard]] std::vector<rule_violation> take() {
    return list_.take();
  }

  /// Whether all counts can be added up without harm.
  bool check_sizes() {
    const auto& t = totals_;
    for (const auto& [name, count] :
         {std::pair{"start_headcount", t.start_headcount},
          {"terminations", t.terminations},
          {"hires", t.hires},
          {"new_hire_terminations", t.new_hire_terminations},
          {"end_headcount", t.end_headcount},
          {"promotions", t.promotions},
          {"raises", t.raises},
          {"enrollments", t.enrollments},
          {"opt_outs", t.opt_outs},
          {"end_enrolled", t.end_enrolled},
          {"raise_candidates", t.raise_candidates}})
      at_most(name, count, people_max);
    for (const auto* const levels : {&t.hires_by_level, &t.end_by_level})
      for (const auto count : *levels)
        at_most("a count of a level", count, people_max);
    return list_.empty();
  }

  void check_plan(const year_headcounts& planned) {
    constexpr auto rule = year_rule::headcount_as_planned;
    expect(rule, "terminations", totals_.terminations, planned.terminations);
    expect(rule, "hires", totals_.hires, planned.hires);
    expect(rule, "new_hire_terminations", totals_.new_hire_terminations,
           planned.new_hire_terminations);
  }

  void check_sums() {
    const auto& t = totals_;
    expect(year_rule::headcount_adds_up, "end_headcount", t.end_headcount,
           t.start_headcount - t.terminations + t.hires
             - t.new_hire_terminations);
    constexpr auto rule = year_rule::counts_add_up;
    expect(rule, "end_headcount", t.end_headcount, sum(t.end_by_level));
    expect(rule, "hires", t.hires, sum(t.hires_by_level));
    expect(rule, "events", t.events,
           t.terminations + t.enrollments + t.opt_outs + t.promotions + t.raises
             + 2 * t.hires + t.new_hire_terminations);
  }

  void check_limits() {
    const auto& t = totals_;
    at_most("terminations", t.terminations, t.start_headcount);
    at_most("new_hire_terminations", t.new_hire_terminations, t.hires);
    at_most("promotions", t.promotions, t.expected_promotions.candidates);
    at_most("enrollments", t.enrollments, t.expected_enrollments.candidates);
    at_most("opt_outs", t.opt_outs, t.enrollments);
    at_most("end_enrolled", t.end_enrolled, t.end_headcount);
    at_most("raises", t.raises, t.raise_candidates);
    at_most("raise_candidates", t.raise_candidates, t.start_headcount);
    // Only who left may have missed the raise.
    at_most("raise_candidates without terminations",
            std::max(t.raise_candidates - t.terminations, std::int64_t{0}),
            t.raises);
    at_most("promotion_candidates", t.expected_promotions.candidates,
            t.start_headcount);
    at_most("enrollment_candidates", t.expected_enrollments.candidates,
            t.start_headcount);
    at_most("hires_eligible_by_year_end", t.hires_eligible_by_year_end,
            t.hires);
  }

  void check_start(const year_totals& before) {
    expect(year_rule::year_after_year, "year", totals_.year, before.year + 1);
    constexpr auto rule = year_rule::start_as_the_end_before;
    expect(rule, "start_headcount", totals_.start_headcount,
           before.end_headcount);
    expect(rule, "start_payroll_cents", totals_.start_payroll,
           before.end_payroll);
    const auto enrolled
      = before.end_enrolled + totals_.enrollments - totals_.opt_outs;
    if (totals_.end_enrolled > enrolled
        || totals_.end_enrolled < enrolled - totals_.terminations)
      list_.add(year_rule::enrolled_by_events,
                "end_enrolled is " + std::to_string(totals_.end_enrolled)
                  + " and not up to " + std::to_string(totals_.terminations)
                  + " below " + std::to_string(enrolled));
  }

  void check_likelihood() {
    if (!list_.empty())
      return; // The arithmetic needs counts within their limits.
    if (!is_likely(totals_.promotions, totals_.expected_promotions))
      refuse(year_rule::promotions_as_likely, "promotions", totals_.promotions,
             totals_.expected_promotions);
    if (!is_likely(totals_.enrollments, totals_.expected_enrollments))
      refuse(year_rule::enrollments_as_likely, "enrollments",
             totals_.enrollments, totals_.expected_enrollments);
  }

private:
  static std::int64_t sum(const std::array<std::int64_t, level_count>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  }

  void expect(year_rule rule, std::string_view name, std::int64_t is,
              std::int64_t expected) {
    if (is != expected)
      list_.add(rule, differing(name, is, expected));
  }

  void at_most(std::string_view name, std::int64_t is, std::int64_t limit) {
    if (is < 0 || is > limit)
      list_.add(year_rule::counts_within_candidates,
                std::string{name} + " is " + std::to_string(is)
                  + " and not from 0 to " + std::to_string(limit));
  }

  /// Exact: what is beyond the people allowed is squared, and compared with
  /// squares of standard deviations. In ppm, below 2^50.
  [[nodiscard]] bool is_likely(std::int64_t count,
                               const expected_events& expected) const {
    const auto whole = int128{count} * ppm_whole;
    // No mean of a right year is larger.
    const auto mean = std::min(int128{expected.mean},
                               int128{expected.candidates} * ppm_whole);
    const auto staying = totals_.start_headcount - totals_.terminations;
    const auto least = totals_.start_headcount == 0
                         ? int128{0}
                         : mean * staying / totals_.start_headcount;
    const auto beyond = std::max(whole - mean, least - whole)
                        - int128{people_beyond_max} * ppm_whole;
    return beyond <= 0
           || beyond * beyond <= int128{deviations_max} * deviations_max
                                   * int128{expected.variance};
  }

  void refuse(year_rule rule, std::string_view name, std::int64_t count,
              const expected_events& expected) {
    list_.add(rule, std::string{name} + " is " + std::to_string(count)
                      + ", where about "
                      + std::to_string(half_up<std::uint64_t>(
                        expected.mean, std::uint64_t{ppm_whole}))
                      + " were to be expected before anybody left");
  }

  const year_totals& totals_;
  violation_list list_;
};

} // namespace

std::vector<rule_violation> check_year(const year_headcounts& planned,
                                       const year_totals& totals,
                                       const year_totals* before) {
  auto check = totals_check{totals};
  if (!check.check_sizes())
    return check.take();
  check.check_plan(planned);
  check.check_sums();
  check.check_limits();
  if (before != nullptr)
    check.check_start(*before);
  check.check_likelihood();
  return check.take();
}

void count_leavers(const people_view& before, const people_view& next,
                   level_leavers& to) {
  auto after = std::size_t{0};
  for (auto at = std::size_t{0}; at < before.size(); ++at) {
    const auto level = std::size_t{before.level[at]} - 1;
    if (level >= level_count)
      continue;
    while (after < next.size() && next.key[after] < before.key[at])
      ++after;
    const auto stays = after < next.size() && next.key[after] == before.key[at];
    ++to.staff[level];
    to.leavers[level] += stays ? 0 : 1;
  }
}

std::vector<rule_violation> check_level_quotas(std::int32_t year,
                                               const level_leavers& counts) {
  const auto sum = [](const auto& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
  };
  const auto staff = int128{sum(counts.staff)};
  const auto leavers = int128{sum(counts.leavers)};
  // What a level has beyond its share, in parts of all staff: less than one
  // person to either side, and who has more than the share would not have less
  // had somebody else come first.
  const auto beyond = [&](std::size_t level) {
    return counts.leavers[level] * staff - leavers * counts.staff[level];
  };
  auto list = violation_list{year};
  for (auto level = std::size_t{0}; level < level_count; ++level) {
    auto is_right = beyond(level) > -staff && beyond(level) < staff;
    for (auto other = std::size_t{0}; other < level_count; ++other) {
      // Both rounded to another side: the larger remainder is rounded up.
      const auto down = beyond(other);
      if (beyond(level) <= 0 || down >= 0)
        continue;
      const auto remainder = staff - beyond(level);
      is_right &= remainder > -down || (remainder == -down && level < other);
    }
    if (!is_right && staff != 0)
      list.add(year_rule::leavers_by_level,
               std::to_string(counts.leavers[level]) + " of "
                 + std::to_string(counts.staff[level]) + " of level "
                 + std::to_string(level + 1) + " left");
  }
  return list.take();
}

} // namespace troupe::simulation
