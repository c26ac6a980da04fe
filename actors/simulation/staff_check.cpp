#include "actors/simulation/block_check.hpp"
#include "actors/simulation/year_check.hpp"

#include <utility>

namespace troupe::simulation {

namespace {

constexpr unsigned bit_of(event_type type) {
  return 1U << static_cast<unsigned>(type);
}

constexpr auto termination_bit = bit_of(event_type::termination);
constexpr auto enrollment_bit = bit_of(event_type::enrollment);
constexpr auto opt_out_bit = bit_of(event_type::opt_out);
constexpr auto promotion_bit = bit_of(event_type::promotion);
constexpr auto raise_bit = bit_of(event_type::raise);
constexpr auto staff_bits
  = termination_bit | enrollment_bit | opt_out_bit | promotion_bit | raise_bit;
/// Young people may opt out.
constexpr auto opt_out_age_end = 30;

/// What the events of a person say.
struct told_events {
  unsigned kinds = 0;
  cents promoted_pay = 0;
  cents pay = 0;

  [[nodiscard]] bool has(unsigned bit) const noexcept {
    return (kinds & bit) != 0;
  }
};

/// Counts by what people share, so that one addition counts several fields.
struct staff_counts {
  /// By the kinds of events.
  std::array<std::int64_t, staff_bits + 1> kinds{};
  /// By level, whether enrolled (8) and whether active (16).
  std::array<std::int64_t, 32> ends{};
  std::uint64_t start_payroll = 0;
  std::uint64_t end_payroll = 0;
  std::uint64_t prorated_payroll = 0;
  std::uint64_t terminated_key_sum = 0;
  std::int64_t raise_candidates = 0;
  std::int64_t promotion_candidates = 0;
  std::int64_t enrollment_candidates = 0;
  std::uint64_t overpaid_key = no_key;
};

class staff_rules {
public:
  staff_rules(const year_plan& plan, const people_view& before,
              const year_block& made) noexcept
    : plan_{plan}, before_{before}, made_{made}, rows_{made.rows}, years_{
                                                                     plan} {
    const auto& days = plan.days;
    days_of_events_
      = {0, days.enrollment, days.opt_out, days.promotion, days.raise, 0, 0, 0};
    std::ranges::copy(plan.raise_factor, raise_factor_.begin());
  }

  // Each tells whether the person breaks a rule, as far as `note` goes on.

  template <class Note>
  [[nodiscard]] bool are_dates_wrong(std::size_t at,
                                     Note& note) const noexcept {
    const auto birth_date = rows_.birth_date[at];
    const auto hire_date = rows_.hire_date[at];
    return note.note(year_rule::dates_stay,
                     birth_date != before_.birth_date[at]
                       || hire_date != before_.hire_date[at])
           || note.note(year_rule::age_by_the_calendar,
                        years_.is_wrong(rows_.age[at], birth_date))
           || note.note(year_rule::tenure_by_the_calendar,
                        years_.is_wrong(rows_.tenure[at], hire_date));
  }

  /// Reads the events of the person to `told`.
  template <class Note>
  [[nodiscard]] bool are_events_wrong(std::size_t at, event_cursor& cursor,
                                      told_events& told,
                                      Note& note) const noexcept {
    const auto key = rows_.key[at];
    told = {0, before_.pay[at], before_.pay[at]};
    for (; cursor.is_up_to(key); ++cursor.at)
      if (is_event_wrong(at, cursor.at, told, note))
        return true;
    return note.note(year_rule::pay_by_events, rows_.pay[at] != told.pay);
  }

  template <class Note>
  [[nodiscard]] bool is_status_wrong(std::size_t at, const told_events& told,
                                     Note& note) const noexcept {
    const auto last_day = rows_.termination_date[at];
    const auto has_left = last_day != no_day;
    return note.note(year_rule::termination_has_its_event,
                     told.has(termination_bit) != has_left)
           || note.note(year_rule::status_fits_the_dates,
                        rows_.status[at]
                            != (has_left ? year_status::experienced_termination
                                         : year_status::continuous_active)
                          || (has_left
                              && (last_day < plan_.days.first
                                  || last_day > plan_.days.last)))
           || note.note(year_rule::raise_for_all_who_work,
                        told.has(raise_bit)
                          != ((rows_.tenure[at] >= raise_tenure_min)
                              & (last_day >= plan_.days.raise)));
  }

  template <class Note>
  [[nodiscard]] bool is_pay_wrong(std::size_t at, const told_events& told,
                                  Note& note) const noexcept {
    const auto level = rows_.level[at];
    const auto start = wrapping(before_.pay[at]);
    const auto promoted = wrapping(told.promoted_pay);
    const auto raised = wrapping(rows_.pay[at]);
    if (note.note(year_rule::pay_never_falls, rows_.pay[at] < before_.pay[at])
        || note.note(year_rule::level_by_promotion,
                     level != before_.level[at] + int{told.has(promotion_bit)}
                       || level - 1U >= level_max)
        || note.note(
          year_rule::increase_by_the_rules,
          told.has(raise_bit)
            && !rounds_to(raised, promoted * raise_factor_[(level - 1U) % 8U],
                          std::uint64_t{ppm_whole})))
      return true;
    if (!told.has(promotion_bit))
      return false;
    // Between 15.0 % and 24.9 % more, rounded.
    return note.note(year_rule::increase_by_the_rules,
                     promoted * 1000 - start * 1150 + 499 > start * 99 + 999)
           || note.note(year_rule::promotion_of_candidates, !is_promotable(at));
  }

  template <class Note>
  [[nodiscard]] bool is_prorated_wrong(std::size_t at, const told_events& told,
                                       Note& note) const noexcept {
    const auto& days = plan_.days;
    const auto last_day = rows_.termination_date[at];
    const auto end = std::clamp(last_day, days.first - 1, days.last) + 1;
    const auto sum
      = wrapping(before_.pay[at])
          * wrapping(std::min(end, days.promotion) - days.first)
        + wrapping(told.promoted_pay)
            * wrapping(std::max(std::min(end, days.raise) - days.promotion, 0))
        + wrapping(rows_.pay[at]) * wrapping(std::max(end - days.raise, 0));
    const auto count = wrapping(days.count);
    const auto prorated = rows_.prorated[at];
    // Half a cent and more rounds up; a pay of cents a year may be less a day.
    return note.note(year_rule::prorated_above_zero,
                     prorated <= 0 && 2 * sum >= count)
           || note.note(year_rule::prorated_at_most_pay,
                        prorated > rows_.pay[at])
           || note.note(year_rule::prorated_by_days,
                        !rounds_to(wrapping(prorated), sum, count));
  }

  template <class Note>
  [[nodiscard]] bool is_plan_wrong(std::size_t at, const told_events& told,
                                   Note& note) const noexcept {
    const auto plan = static_cast<unsigned>(rows_.plan[at]);
    const auto before = unsigned{before_.plan[at]};
    const auto deferral = rows_.deferral[at];
    const auto is_enrolled = told.has(enrollment_bit);
    const auto is_out = told.has(opt_out_bit);
    // From none to enrolled to opted out.
    if (note.note(year_rule::plan_by_events,
                  plan != before + unsigned{is_enrolled} + unsigned{is_out}))
      return true;
    if (!is_enrolled & !is_out)
      return note.note(year_rule::deferral_by_events,
                       deferral != before_.deferral[at]);
    const auto age = rows_.age[at];
    const auto segment = std::size_t{age >= 30} + std::size_t{age >= 45}
                         + std::size_t{age >= 60};
    return note.note(year_rule::enrollment_of_candidates,
                     is_enrolled && !may_enroll(at))
           || note.note(year_rule::opt_out_after_enrollment,
                        is_out && (!is_enrolled || age >= opt_out_age_end))
           || note.note(year_rule::deferral_by_events,
                        deferral != (is_out ? 0 : plan_.deferral[segment]));
  }

  [[gnu::always_inline]] void count(std::size_t at, const told_events& told,
                                    staff_counts& counts) const noexcept {
    const auto pay = rows_.pay[at];
    const auto stays = std::uint64_t{rows_.termination_date[at] == no_day};
    ++counts.kinds[told.kinds & staff_bits];
    ++counts.ends[(rows_.level[at] % 8U)
                  + 8U * unsigned{rows_.plan[at] == enrollment::enrolled}
                  + 16U * static_cast<unsigned>(stays)];
    counts.start_payroll += wrapping(before_.pay[at]);
    counts.end_payroll += stays * wrapping(pay);
    counts.prorated_payroll += wrapping(rows_.prorated[at]);
    counts.terminated_key_sum += (1 - stays) * rows_.key[at];
    counts.raise_candidates
      += std::int64_t{rows_.tenure[at] >= raise_tenure_min};
    counts.promotion_candidates += std::int64_t{is_promotable(at)};
    counts.enrollment_candidates += std::int64_t{may_enroll(at)};
    if (pay > pay_max)
      counts.overpaid_key = std::min(counts.overpaid_key, rows_.key[at]);
  }

private:
  template <class Note>
  [[nodiscard]] bool is_event_wrong(std::size_t at, std::size_t which,
                                    told_events& told,
                                    Note& note) const noexcept {
    const auto& events = made_.events;
    const auto type = static_cast<unsigned>(events.type[which]);
    const auto bit = 1U << (type % 32U);
    const auto kinds = std::exchange(told.kinds, told.kinds | bit);
    const auto day = plan_.days.first + events.day[which];
    const auto last_day = rows_.termination_date[at];
    const auto right_day
      = bit == termination_bit ? last_day : days_of_events_[type % 8U];
    const auto changes_pay = (bit & (promotion_bit | raise_bit)) != 0;
    const auto has_previous
      = (bit & (promotion_bit | raise_bit | opt_out_bit)) != 0;
    const auto previous = has_previous ? told.pay : 0;
    const auto amount = events.amount[which];
    told.pay = changes_pay ? amount : told.pay;
    told.promoted_pay = bit == promotion_bit ? amount : told.promoted_pay;
    return note.note(year_rule::events_have_a_row,
                     events.key[which] != rows_.key[at])
           || note.note(year_rule::one_event_of_a_kind, (kinds & bit) != 0)
           || note.note(year_rule::events_in_order, bit < kinds)
           || note.note(year_rule::events_of_the_right_kind,
                        type > static_cast<unsigned>(event_type::raise))
           || note.note(year_rule::no_event_outside_employment,
                        day > last_day || day < rows_.hire_date[at]
                          || day > plan_.days.last)
           || note.note(year_rule::events_on_their_day, day != right_day)
           || note.note(
             year_rule::events_tell_the_person,
             events.level[which]
                 != (changes_pay ? rows_.level[at] : before_.level[at])
               || events.age[which] != rows_.age[at]
               || events.tenure[which] != rows_.tenure[at]
               || static_cast<std::uint32_t>(events.probability[which])
                    > static_cast<std::uint32_t>(ppm_whole))
           || note.note(year_rule::pay_by_events,
                        events.previous[which] != previous
                          || amount != told.pay);
  }

  [[nodiscard]] bool is_promotable(std::size_t at) const noexcept {
    const auto level = before_.level[at];
    const auto tenure = rows_.tenure[at];
    const auto age = rows_.age[at];
    return (level < level_max) & (tenure >= promotion_tenure_min)
           & (age < promotion_age_end);
  }

  [[nodiscard]] bool may_enroll(std::size_t at) const noexcept {
    const auto plan = before_.plan[at];
    const auto age = rows_.age[at];
    const auto hire_date = rows_.hire_date[at];
    return (plan == static_cast<std::uint8_t>(enrollment::none))
           & (age >= plan_.minimum_age)
           & (hire_date <= plan_.days.enrollment - plan_.waiting_period_days)
           & (hire_date >= plan_.hire_date_first);
  }

  const year_plan& plan_;
  const people_view& before_;
  const year_block& made_;
  const year_row_columns& rows_;
  completed_years_check years_;
  std::array<day_number, 8> days_of_events_{};
  std::array<std::uint64_t, 8> raise_factor_{};
};

/// What is not counted is taken from `told`.
year_totals to_totals(const staff_counts& counts, const year_plan& plan,
                      const year_block& made) {
  auto totals = made.totals;
  const auto count_kind = [&counts](unsigned bit) {
    auto sum = std::int64_t{0};
    for (auto kinds = 0U; kinds < counts.kinds.size(); ++kinds)
      sum += (kinds & bit) != 0 ? counts.kinds[kinds] : 0;
    return sum;
  };
  totals.year = plan.year;
  totals.start_headcount = static_cast<std::int64_t>(made.rows.count);
  totals.terminations = count_kind(termination_bit);
  totals.hires = 0;
  totals.new_hire_terminations = 0;
  totals.hires_by_level = {};
  totals.hires_pay = 0;
  totals.hires_eligible_by_year_end = 0;
  totals.promotions = count_kind(promotion_bit);
  totals.raises = count_kind(raise_bit);
  totals.enrollments = count_kind(enrollment_bit);
  totals.opt_outs = count_kind(opt_out_bit);
  totals.events = static_cast<std::int64_t>(made.events.count);
  totals.start_payroll = static_cast<cents>(counts.start_payroll);
  totals.end_payroll = static_cast<cents>(counts.end_payroll);
  totals.prorated_payroll = static_cast<cents>(counts.prorated_payroll);
  totals.end_headcount = 0;
  totals.end_enrolled = 0;
  for (auto level = std::size_t{1}; level <= level_count; ++level) {
    const auto enrolled = counts.ends[16 + 8 + level];
    const auto all = enrolled + counts.ends[16 + level];
    totals.end_by_level[level - 1] = all;
    totals.end_headcount += all;
    totals.end_enrolled += enrolled;
  }
  totals.terminated_key_sum = counts.terminated_key_sum;
  totals.experienced_terminated_key_sum = counts.terminated_key_sum;
  totals.expected_promotions.candidates = counts.promotion_candidates;
  totals.expected_enrollments.candidates = counts.enrollment_candidates;
  totals.raise_candidates = counts.raise_candidates;
  totals.overpaid_key = counts.overpaid_key;
  return totals;
}

/// A walk along the people of a block.
struct staff_walk {
  const staff_rules& rules;
  event_cursor events;
  next_cursor next;
  staff_counts counts{};

  /// Whether the next person breaks a rule.
  template <class Note>
  bool is_wrong(std::size_t at, const year_row_columns& rows, Note& note) {
    auto told = told_events{};
    if (rules.are_dates_wrong(at, note)
        || rules.are_events_wrong(at, events, told, note)
        || rules.is_status_wrong(at, told, note)
        || rules.is_pay_wrong(at, told, note)
        || rules.is_prorated_wrong(at, told, note)
        || rules.is_plan_wrong(at, told, note) || next.is_wrong(rows, at, note))
      return true;
    rules.count(at, told, counts);
    return false;
  }
};

/// Whether everything is right.
bool is_right(const year_plan& plan, const people_view& before,
              const year_block& made) {
  if (made.rows.count != before.size())
    return false;
  const auto rules = staff_rules{plan, before, made};
  auto walk = staff_walk{rules, {&made.events}, {&made.next}};
  auto note = any_broken{};
  for (auto at = std::size_t{0}; at < before.size(); ++at)
    if (before.key[at] != made.rows.key[at]
        || walk.is_wrong(at, made.rows, note))
      return false;
  for (auto at = std::size_t{1}; at < before.size(); ++at)
    if (before.key[at] <= before.key[at - 1])
      return false;
  return walk.events.at == made.events.count && walk.next.at == made.next.size()
         && to_totals(walk.counts, plan, made) == made.totals;
}

std::vector<rule_violation> explain(const year_plan& plan,
                                    const people_view& before,
                                    const year_block& made) {
  auto list = violation_list{plan.year};
  if (!check_keys(before.key, made, list))
    return list.take();
  const auto rules = staff_rules{plan, before, made};
  auto walk = staff_walk{rules, {&made.events}, {&made.next}};
  for (auto at = std::size_t{0}; at < before.size(); ++at) {
    const auto key = before.key[at];
    walk.events.skip_strangers(key, list);
    walk.next.skip_strangers(key, list);
    auto note = first_broken{};
    (void)walk.is_wrong(at, made.rows, note);
    if (note.rule())
      list.add(*note.rule(), key);
  }
  walk.events.skip_rest(list);
  walk.next.skip_rest(list);
  if (list.empty())
    check_totals(to_totals(walk.counts, plan, made), made.totals, list);
  return list.take();
}

} // namespace

std::vector<rule_violation> check_staff_block(const year_plan& plan,
                                              const people_view& before,
                                              const year_block& made) {
  if (is_right(plan, before, made))
    return {};
  return explain(plan, before, made);
}

} // namespace troupe::simulation
