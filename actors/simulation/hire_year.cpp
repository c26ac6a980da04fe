#include "actors/simulation/hire_year.hpp"

#include <algorithm>
#include <array>

namespace troupe::simulation {

namespace {

constexpr auto hire_ages = std::array{25, 28, 32, 35, 40};
/// Shares of the levels below the last, in percent.
constexpr auto level_shares
  = std::array<std::int64_t, level_count - 1>{40, 30, 20, 8};
/// A hire, an eligibility and perhaps a termination.
constexpr auto events_per_hire = std::size_t{3};

using level_ends = std::array<std::int64_t, level_count - 1>;

/// The last sequence of each level but the last.
level_ends ends_of_levels(std::int64_t all) {
  auto ends = level_ends{};
  auto end = std::int64_t{0};
  for (auto level = std::size_t{0}; level < ends.size(); ++level) {
    end += all * level_shares[level] / 100;
    ends[level] = end;
  }
  return ends;
}

std::size_t level_index(const level_ends& ends, std::int64_t sequence) {
  return static_cast<std::size_t>(std::ranges::lower_bound(ends, sequence)
                                  - ends.begin());
}

day_number hire_day(const year_plan& plan, std::int64_t sequence) {
  return plan.days.first + static_cast<day_number>(sequence % 365);
}

/// The last paid day of a hire who leaves: soon for late hires, for others
/// after a month or a quarter.
day_number leaving_day(const year_plan& plan, day_number hired,
                       const person_draws& draws) {
  const auto room = plan.days.last - hired;
  const auto low = room < 30 ? 1 : room < 90 ? 30 : 90;
  const auto high = room < 90 ? room : std::min(275, room);
  const auto choices = static_cast<std::uint64_t>(high - low + 1);
  return hired + low
         + static_cast<day_number>(draws[draw_stream::new_hire_termination_date]
                                   % choices);
}

year_row make_hire(const year_plan& plan, const level_ends& ends,
                   std::int64_t sequence, const draw_bound& last_leaver) {
  const auto level = level_index(ends, sequence);
  const auto age = hire_ages[static_cast<std::size_t>(sequence % 5)];
  auto row = year_row{
    .key = hire_key(plan.year, sequence),
    .pay = plan.hire_pay[level][static_cast<std::size_t>(sequence % 10)],
    .birth_date = plan.new_years[static_cast<std::size_t>(age)],
    .hire_date = hire_day(plan, sequence),
    .status = year_status::new_hire_active,
    .level = static_cast<std::uint8_t>(level + 1),
    .age = static_cast<std::uint8_t>(age)};
  const auto draws = plan.draws.of(row.key);
  if (row.hire_date < plan.days.last
      && is_chosen(last_leaver,
                   {draws[draw_stream::new_hire_termination], row.key})) {
    row.termination_date = leaving_day(plan, row.hire_date, draws);
    row.status = year_status::new_hire_termination;
  }
  const auto end = std::min(row.termination_date, plan.days.last) + 1;
  row.prorated = prorate(plan.days, row.pay * (end - row.hire_date));
  return row;
}

void add_events(const year_plan& plan, const year_row& row,
                event_writer& events) {
  auto one
    = event{.key = row.key,
            .amount = row.pay,
            .probability = static_cast<std::int32_t>(ppm_whole),
            .day = static_cast<std::uint16_t>(row.hire_date - plan.days.first),
            .type = event_type::hire,
            .level = row.level,
            .age = row.age};
  events.add(one);
  one.type = event_type::eligibility;
  one.amount = 0;
  events.add(one);
  if (row.is_active())
    return;
  one.type = event_type::new_hire_termination;
  one.amount = row.pay;
  one.probability = static_cast<std::int32_t>(plan.new_hire_termination_rate);
  one.day = static_cast<std::uint16_t>(row.termination_date - plan.days.first);
  events.add(one);
}

bool is_eligible_by_year_end(const year_plan& plan, const year_row& row) {
  return row.age >= plan.minimum_age
         && row.hire_date <= plan.days.last - plan.waiting_period_days;
}

void count(year_totals& totals, const year_plan& plan, const year_row& row) {
  const auto level = std::size_t{row.level} - 1;
  ++totals.hires;
  ++totals.hires_by_level[level];
  totals.hires_pay += row.pay;
  totals.hires_eligible_by_year_end
    += std::int64_t{is_eligible_by_year_end(plan, row)};
  totals.prorated_payroll += row.prorated;
  totals.note_pay(row.key, row.pay);
  if (!row.is_active()) {
    ++totals.new_hire_terminations;
    totals.terminated_key_sum += row.key;
    return;
  }
  ++totals.end_headcount;
  ++totals.end_by_level[level];
  totals.end_payroll += row.pay;
}

/// Calls `use` with the termination draw of each who may leave.
template <class Use>
void for_each_draw(const year_plan& plan, const hire_range& range, Use use) {
  for (auto sequence = range.first; sequence <= range.last; ++sequence) {
    if (hire_day(plan, sequence) >= plan.days.last)
      continue;
    const auto key = hire_key(plan.year, sequence);
    use(keyed_draw{plan.draws.of(key)[draw_stream::new_hire_termination], key});
  }
}

} // namespace

std::vector<hire_range> cut_hires(std::int64_t hires, std::int64_t block_size) {
  auto ranges = std::vector<hire_range>{};
  for (auto first = std::int64_t{1}; first <= hires; first += block_size)
    ranges.push_back({.first = first,
                      .last = std::min(first + block_size - 1, hires),
                      .all = hires});
  return ranges;
}

void count_hire_draws(const year_plan& plan, const hire_range& range,
                      draw_histogram& draws) {
  for_each_draw(plan, range,
                [&draws](const keyed_draw& one) { draws.add(one.draw); });
}

void list_hire_draws(const year_plan& plan, const hire_range& range,
                     const bound_bucket& bucket,
                     std::vector<keyed_draw>& draws) {
  for_each_draw(plan, range, [&bucket, &draws](const keyed_draw& one) {
    if (bucket.is_in(one.draw))
      draws.push_back(one);
  });
}

void simulate_hires(const year_plan& plan, const hire_range& range,
                    const draw_bound& last_leaver, year_block& block) {
  auto events = event_writer{block.events, range.size() * events_per_hire};
  auto rows = year_row_writer{block.rows, block.next, range.size()};
  const auto ends = ends_of_levels(range.all);
  auto totals = year_totals{};
  totals.year = plan.year;
  for (auto sequence = range.first; sequence <= range.last; ++sequence) {
    const auto row = make_hire(plan, ends, sequence, last_leaver);
    add_events(plan, row, events);
    rows.add(row);
    count(totals, plan, row);
  }
  events.finish();
  rows.finish();
  totals.events = static_cast<std::int64_t>(block.events.count);
  block.totals = totals;
}

} // namespace troupe::simulation
