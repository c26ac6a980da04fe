#include "actors/simulation/block_check.hpp"
#include "actors/simulation/year_check.hpp"

namespace troupe::simulation {

namespace {

constexpr auto level_shares
  = std::array<std::int64_t, level_count - 1>{40, 30, 20, 8};
constexpr auto hire_ages = std::array{25, 28, 32, 35, 40};

/// The rules of hires, one row after the other.
class hire_rules {
public:
  hire_rules(const year_plan& plan, const hire_range& range,
             const year_block& made) noexcept
    : plan_{plan}, range_{range}, made_{made}, rows_{made.rows}, years_{plan} {}

  /// Whether the hire breaks a rule, as far as `note` goes on.
  template <class Note>
  [[nodiscard]] bool is_wrong(std::size_t at, event_cursor& events,
                              Note& note) const noexcept {
    return are_events_wrong(at, events, note) || is_status_wrong(at, note)
           || is_start_wrong(at, note) || is_pay_wrong(at, note);
  }

  void count(std::size_t at, year_totals& totals) const noexcept {
    const auto row = rows_[at];
    const auto level = std::size_t{row.level} - 1;
    ++totals.hires;
    ++totals.hires_by_level[level];
    totals.hires_pay += row.pay;
    totals.prorated_payroll += row.prorated;
    totals.hires_eligible_by_year_end += std::int64_t{
      row.age >= plan_.minimum_age
      && row.hire_date + plan_.waiting_period_days <= plan_.days.last};
    totals.note_pay(row.key, row.pay);
    if (row.is_active()) {
      ++totals.end_headcount;
      ++totals.end_by_level[level];
      totals.end_payroll += row.pay;
    } else {
      ++totals.new_hire_terminations;
      totals.terminated_key_sum += row.key;
    }
  }

private:
  /// A hire and an eligibility on the hire date, and a termination on its own.
  template <class Note>
  [[nodiscard]] bool are_events_wrong(std::size_t at, event_cursor& cursor,
                                      Note& note) const noexcept {
    const auto key = rows_.key[at];
    auto kinds = 0U;
    for (; cursor.is_up_to(key); ++cursor.at) {
      const auto type = static_cast<unsigned>(made_.events.type[cursor.at]);
      const auto before = kinds;
      kinds |= 1U << (type % 32U);
      if (note.note(year_rule::one_event_of_a_kind, kinds == before)
          || note.note(year_rule::events_in_order, kinds < 2 * before)
          || note.note(year_rule::events_of_the_right_kind,
                       type < static_cast<unsigned>(event_type::hire)
                         || type >= event_type_count)
          || is_event_wrong(at, cursor.at, note))
        return true;
    }
    const auto has_left = rows_.termination_date[at] != no_day;
    constexpr auto termination_bit
      = 1U << static_cast<unsigned>(event_type::new_hire_termination);
    constexpr auto other_bits
      = 1U << static_cast<unsigned>(event_type::hire)
        | 1U << static_cast<unsigned>(event_type::eligibility);
    return note.note(year_rule::termination_has_its_event,
                     ((kinds & termination_bit) != 0) != has_left)
           || note.note(year_rule::events_of_the_right_kind,
                        (kinds & other_bits) != other_bits);
  }

  template <class Note>
  [[nodiscard]] bool is_event_wrong(std::size_t at, std::size_t which,
                                    Note& note) const noexcept {
    const auto& events = made_.events;
    const auto type = events.type[which];
    const auto day = plan_.days.first + events.day[which];
    const auto last_day = rows_.termination_date[at];
    return note.note(year_rule::events_have_a_row,
                     events.key[which] != rows_.key[at])
           || note.note(year_rule::no_event_outside_employment,
                        day > last_day || day < rows_.hire_date[at]
                          || day > plan_.days.last)
           || note.note(year_rule::events_on_their_day,
                        day
                          != (type == event_type::new_hire_termination
                                ? last_day
                                : rows_.hire_date[at]))
           || note.note(
             year_rule::events_tell_the_person,
             events.level[which] != rows_.level[at]
               || events.age[which] != rows_.age[at]
               || events.tenure[which] != rows_.tenure[at]
               || static_cast<std::uint32_t>(events.probability[which])
                    > static_cast<std::uint32_t>(ppm_whole))
           || note.note(
             year_rule::pay_by_events,
             events.previous[which] != 0
               || events.amount[which]
                    != (type == event_type::eligibility ? 0 : rows_.pay[at]));
  }

  template <class Note>
  [[nodiscard]] bool is_status_wrong(std::size_t at,
                                     Note& note) const noexcept {
    const auto last_day = rows_.termination_date[at];
    const auto has_left = last_day != no_day;
    return note.note(year_rule::status_fits_the_dates,
                     rows_.status[at]
                         != (has_left ? year_status::new_hire_termination
                                      : year_status::new_hire_active)
                       || (has_left
                           && (last_day <= rows_.hire_date[at]
                               || last_day > plan_.days.last)));
  }

  template <class Note>
  [[nodiscard]] bool is_start_wrong(std::size_t at, Note& note) const noexcept {
    const auto sequence = range_.first + static_cast<std::int64_t>(at);
    const auto age = rows_.age[at];
    const auto right_age = hire_ages[static_cast<std::size_t>(sequence % 5)];
    return note.note(
             year_rule::hire_by_its_sequence,
             cents{rows_.hire_date[at]} - plan_.days.first != sequence % 365
               || age != right_age || rows_.level[at] != level_of(sequence))
           || note.note(year_rule::age_by_the_calendar,
                        years_.is_wrong(age, rows_.birth_date[at]))
           || note.note(year_rule::tenure_by_the_calendar,
                        rows_.tenure[at] != 0)
           || note.note(year_rule::plan_by_events,
                        rows_.plan[at] != enrollment::none)
           || note.note(year_rule::deferral_by_events, rows_.deferral[at] != 0);
  }

  template <class Note>
  [[nodiscard]] bool is_pay_wrong(std::size_t at, Note& note) const noexcept {
    const auto pay = rows_.pay[at];
    const auto prorated = rows_.prorated[at];
    const auto& band = plan_.hire_pay[(rows_.level[at] - 1U) % level_count];
    const auto end = std::min(rows_.termination_date[at], plan_.days.last) + 1;
    const auto sum = wrapping(pay) * wrapping(cents{end} - rows_.hire_date[at]);
    const auto count = wrapping(plan_.days.count);
    return note.note(year_rule::hire_pay_in_band,
                     pay < band.front() || pay > band.back())
           || note.note(year_rule::prorated_above_zero,
                        prorated <= 0 && 2 * sum >= count)
           || note.note(year_rule::prorated_at_most_pay, prorated > pay)
           || note.note(year_rule::prorated_by_days,
                        !rounds_to(wrapping(prorated), sum, count));
  }

  [[nodiscard]] std::int64_t level_of(std::int64_t sequence) const noexcept {
    auto level = std::int64_t{1};
    auto end = std::int64_t{0};
    for (const auto share : level_shares) {
      end += range_.all * share / 100;
      level += std::int64_t{sequence > end};
    }
    return level;
  }

  const year_plan& plan_;
  const hire_range& range_;
  const year_block& made_;
  const year_row_columns& rows_;
  completed_years_check years_;
};

/// A walk along the hires of a block.
struct hire_walk {
  const hire_rules& rules;
  event_cursor events;
  next_cursor next;
  year_totals counted{};

  /// Whether the next hire breaks a rule.
  template <class Note>
  bool is_wrong(std::size_t at, const year_row_columns& rows, Note& note) {
    return rules.is_wrong(at, events, note) || next.is_wrong(rows, at, note);
  }
};

year_totals start_counting(const year_plan& plan, const year_block& made) {
  auto counted = year_totals{};
  counted.year = plan.year;
  counted.events = static_cast<std::int64_t>(made.events.count);
  return counted;
}

/// Whether everything is right.
bool is_right(const year_plan& plan, const hire_range& range,
              const year_block& made) {
  if (made.rows.count != range.size())
    return false;
  const auto rules = hire_rules{plan, range, made};
  auto walk = hire_walk{
    rules, {&made.events}, {&made.next}, start_counting(plan, made)};
  auto note = any_broken{};
  const auto first_key = hire_key(plan.year, range.first);
  for (auto at = std::size_t{0}; at < made.rows.count; ++at) {
    if (made.rows.key[at] != first_key + at
        || walk.is_wrong(at, made.rows, note))
      return false;
    rules.count(at, walk.counted);
  }
  return walk.events.at == made.events.count && walk.next.at == made.next.size()
         && walk.counted == made.totals;
}

std::vector<rule_violation> explain(const year_plan& plan,
                                    const hire_range& range,
                                    const year_block& made) {
  auto list = violation_list{plan.year};
  auto keys = std::vector<std::uint64_t>(range.size());
  std::ranges::generate(
    keys, [key = hire_key(plan.year, range.first)]() mutable { return key++; });
  if (!check_keys(keys, made, list))
    return list.take();
  const auto rules = hire_rules{plan, range, made};
  auto walk = hire_walk{
    rules, {&made.events}, {&made.next}, start_counting(plan, made)};
  for (auto at = std::size_t{0}; at < keys.size(); ++at) {
    walk.events.skip_strangers(keys[at], list);
    walk.next.skip_strangers(keys[at], list);
    auto note = first_broken{};
    (void)walk.is_wrong(at, made.rows, note);
    if (note.rule())
      list.add(*note.rule(), keys[at]);
    else
      rules.count(at, walk.counted);
  }
  walk.events.skip_rest(list);
  walk.next.skip_rest(list);
  if (list.empty())
    check_totals(walk.counted, made.totals, list);
  return list.take();
}

} // namespace

std::vector<rule_violation> check_hire_block(const year_plan& plan,
                                             const hire_range& range,
                                             const year_block& made) {
  if (is_right(plan, range, made))
    return {};
  return explain(plan, range, made);
}

} // namespace troupe::simulation
