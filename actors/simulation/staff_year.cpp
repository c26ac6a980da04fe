#include "actors/simulation/staff_year.hpp"

#include "actors/simulation/rounding.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

/// Somebody in the course of the year.
struct staff_member {
  std::uint64_t key;
  person_draws draws;
  day_number hire_date;
  /// Of work; no_day for who stays.
  day_number last_day;
  std::int32_t age;
  std::int32_t tenure;
  cents pay;
  std::int32_t deferral;
  std::uint8_t level;
  enrollment plan;

  [[nodiscard]] bool works_on(day_number day) const noexcept {
    return last_day >= day;
  }
};

/// What leavers are chosen by, where it is not the draw itself.
[[nodiscard]] std::uint64_t leaving_draw(const year_plan& plan,
                                         std::size_t level, std::int32_t age,
                                         std::int32_t tenure,
                                         const person_draws& draws) {
  const auto draw = draws[draw_stream::termination];
  if (plan.selection == leaver_selection::uniform)
    return draw;
  const auto age_band = plan.age_bands[static_cast<std::size_t>(age)];
  const auto tenure_band = plan.tenure_bands[static_cast<std::size_t>(tenure)];
  return plan.leaving_weight[level][age_band][tenure_band].weigh(draw);
}

/// Whether the smallest draws leave, whoever has them: then there is no need to
/// look at more of people than their keys.
[[nodiscard]] bool is_leaving_plain(const year_plan& plan) noexcept {
  return plan.selection == leaver_selection::uniform && !plan.has_level_quotas;
}

/// Who leaves if leaving is plain.
class plain_leaving {
public:
  plain_leaving(const year_plan& /*plan*/, const leaver_bounds& last) noexcept
    : last_{last[0]} {}

  [[nodiscard]] bool is_leaver(const staff_member& member) const noexcept {
    return is_chosen(last_,
                     {member.draws[draw_stream::termination], member.key});
  }

private:
  draw_bound last_;
};

/// Who leaves by weights, quotas or both.
class ruled_leaving {
public:
  ruled_leaving(const year_plan& plan, const leaver_bounds& last) noexcept
    : plan_{plan}, last_{last} {}

  [[nodiscard]] bool is_leaver(const staff_member& member) const {
    const auto level = member.level - std::size_t{1};
    return is_chosen(last_[level], {leaving_draw(plan_, level, member.age,
                                                 member.tenure, member.draws),
                                    member.key});
  }

private:
  const year_plan& plan_;
  leaver_bounds last_;
};

/// At most one event of each kind; hires have theirs elsewhere.
constexpr auto events_per_person = std::size_t{5};
/// Most years have fewer. Room for the most would be twice the memory.
constexpr auto usual_events_per_person = std::size_t{2};
/// People after whom it is seen to that there is room for more events.
constexpr auto stride = std::size_t{256};

template <class Leaving>
class staff_kernel {
public:
  staff_kernel(const year_plan& plan, const leaver_bounds& last_leavers,
               std::size_t count, year_block& block)
    : plan_{plan}, leaving_{plan, last_leavers},
      events_{block.events, count * usual_events_per_person}, rows_{block.rows,
                                                                    block.next,
                                                                    count} {}

  /// To be called before the years of so many more.
  void make_room(std::size_t people) {
    events_.make_room(people * events_per_person);
  }

  // All in one: as there are two kernels, a compiler would call the parts that
  // they share, which costs a sixth of the time.
  [[gnu::flatten]] void run(const people_view& staff, std::size_t at) {
    auto member = begin(staff, at);
    const auto start_pay = member.pay;
    terminate(member);
    enroll(member);
    promote(member);
    const auto promoted_pay = member.pay;
    raise(member);
    totals_.note_pay(member.key, member.pay);
    const auto prorated = prorate(member, start_pay, promoted_pay);
    totals_.start_payroll += start_pay;
    totals_.prorated_payroll += prorated;
    rows_.add({.key = member.key,
               .pay = member.pay,
               .prorated = prorated,
               .birth_date = staff.birth_date[at],
               .hire_date = member.hire_date,
               .termination_date = member.last_day,
               .deferral = member.deferral,
               .status = member.last_day == no_day
                           ? year_status::continuous_active
                           : year_status::experienced_termination,
               .level = member.level,
               .age = static_cast<std::uint8_t>(member.age),
               .tenure = static_cast<std::uint8_t>(member.tenure),
               .plan = member.plan});
    count_end(member);
  }

  [[nodiscard]] year_totals finish(std::size_t count) {
    events_.finish();
    rows_.finish();
    totals_.year = plan_.year;
    totals_.start_headcount = static_cast<std::int64_t>(count);
    totals_.events = static_cast<std::int64_t>(events_.count());
    return totals_;
  }

private:
  [[nodiscard]] staff_member begin(const people_view& staff,
                                   std::size_t at) const {
    const auto key = staff.key[at];
    return {.key = key,
            .draws = plan_.draws.of(key),
            .hire_date = staff.hire_date[at],
            .last_day = no_day,
            .age = completed_years(plan_, staff.birth_date[at]),
            .tenure = completed_years(plan_, staff.hire_date[at]),
            .pay = staff.pay[at],
            .deferral = staff.deferral[at],
            .level = staff.level[at],
            .plan = static_cast<enrollment>(staff.plan[at])};
  }

  void add_event(const staff_member& member, event_type type, day_number day,
                 cents previous, ppm probability) {
    events_.add({.key = member.key,
                 .amount = member.pay,
                 .previous = previous,
                 .probability = static_cast<std::int32_t>(probability),
                 .day = static_cast<std::uint16_t>(day - plan_.days.first),
                 .type = type,
                 .level = member.level,
                 .age = static_cast<std::uint8_t>(member.age),
                 .tenure = static_cast<std::uint8_t>(member.tenure)});
  }

  void terminate(staff_member& member) {
    if (!leaving_.is_leaver(member))
      return;
    const auto days = static_cast<std::uint64_t>(plan_.days.count);
    member.last_day = plan_.days.first
                      + static_cast<day_number>(
                        member.draws[draw_stream::termination_date] % days);
    ++totals_.terminations;
    totals_.terminated_key_sum += member.key;
    totals_.experienced_terminated_key_sum += member.key;
    add_event(member, event_type::termination, member.last_day, 0,
              plan_.termination_rate);
  }

  void enroll(staff_member& member) {
    const auto is_candidate
      = (member.plan == enrollment::none) & (member.age >= plan_.minimum_age)
        & (member.hire_date
           <= plan_.days.enrollment - plan_.waiting_period_days)
        & (member.hire_date >= plan_.hire_date_first);
    if (!is_candidate)
      return;
    const auto segment
      = std::size_t{plan_.age_segments[static_cast<std::size_t>(member.age)]};
    const auto probability
      = plan_.enrollment_probability[segment][income_segment(member.pay)];
    totals_.expected_enrollments.add_candidate(probability);
    if (!member.works_on(plan_.days.enrollment)
        || !member.draws.happens(draw_stream::enrollment, probability))
      return;
    member.plan = enrollment::enrolled;
    member.deferral = plan_.deferral[segment];
    ++totals_.enrollments;
    add_event(member, event_type::enrollment, plan_.days.enrollment, 0,
              probability);
    if (segment == 0)
      opt_out(member);
  }

  /// Comes before the promotion in a person's events, though later in the year.
  void opt_out(staff_member& member) {
    const auto probability
      = plan_.opt_out_probability[income_segment(member.pay)];
    if (!member.works_on(plan_.days.opt_out)
        || !member.draws.happens(draw_stream::opt_out, probability))
      return;
    member.plan = enrollment::opted_out;
    member.deferral = 0;
    ++totals_.opt_outs;
    add_event(member, event_type::opt_out, plan_.days.opt_out, member.pay,
              probability);
  }

  void promote(staff_member& member) {
    const auto is_candidate = (member.level < level_max)
                              & (member.tenure >= promotion_tenure_min)
                              & (member.age < promotion_age_end);
    if (!is_candidate)
      return;
    const auto age_band = plan_.age_bands[static_cast<std::size_t>(member.age)];
    const auto tenure_band
      = plan_.tenure_bands[static_cast<std::size_t>(member.tenure)];
    const auto probability
      = plan_.promotion_probability[member.level - 1U][age_band][tenure_band];
    totals_.expected_promotions.add_candidate(probability);
    if (!member.works_on(plan_.days.promotion)
        || !member.draws.happens(draw_stream::promotion, probability))
      return;
    const auto previous = member.pay;
    const auto increase = static_cast<cents>(
      member.draws[draw_stream::promotion_increase] % 100U);
    member.pay = half_up<cents>(previous * (1150 + increase), 1000);
    ++member.level;
    ++totals_.promotions;
    add_event(member, event_type::promotion, plan_.days.promotion, previous,
              probability);
  }

  void raise(staff_member& member) {
    if (member.tenure < raise_tenure_min)
      return;
    ++totals_.raise_candidates;
    if (!member.works_on(plan_.days.raise))
      return;
    const auto previous = member.pay;
    member.pay = half_up<cents>(
      previous * plan_.raise_factor[member.level - 1U], ppm_whole);
    ++totals_.raises;
    add_event(member, event_type::raise, plan_.days.raise, previous, ppm_whole);
  }

  [[nodiscard]] cents prorate(const staff_member& member, cents start_pay,
                              cents promoted_pay) const {
    const auto& days = plan_.days;
    const auto end = std::min(member.last_day, days.last) + 1;
    const auto sum
      = start_pay * (std::min(end, days.promotion) - days.first)
        + promoted_pay * std::max(std::min(end, days.raise) - days.promotion, 0)
        + member.pay * std::max(end - days.raise, 0);
    return simulation::prorate(days, sum);
  }

  void count_end(const staff_member& member) {
    const auto stays = std::int64_t{member.last_day == no_day};
    totals_.end_headcount += stays;
    totals_.end_by_level[member.level - 1U] += stays;
    totals_.end_payroll += stays * member.pay;
    totals_.end_enrolled
      += stays & std::int64_t{member.plan == enrollment::enrolled};
  }

  const year_plan& plan_;
  Leaving leaving_;
  event_writer events_;
  year_row_writer rows_;
  year_totals totals_;
};

template <class Leaving>
void run_year(const year_plan& plan, const people_view& staff,
              const leaver_bounds& last_leavers, year_block& block) {
  auto kernel = staff_kernel<Leaving>{plan, last_leavers, staff.size(), block};
  for (auto first = std::size_t{0}; first < staff.size(); first += stride) {
    const auto end = std::min(first + stride, staff.size());
    kernel.make_room(end - first);
    for (auto at = first; at < end; ++at)
      kernel.run(staff, at);
  }
  block.totals = kernel.finish(staff.size());
}

/// Calls `use` with the group of each person and what leavers are chosen by.
template <class Use>
void for_each_leaving_draw(const year_plan& plan, const people_view& staff,
                           Use use) {
  for (auto at = std::size_t{0}; at < staff.size(); ++at) {
    const auto key = staff.key[at];
    const auto level = staff.level[at] - std::size_t{1};
    const auto draw
      = leaving_draw(plan, level, completed_years(plan, staff.birth_date[at]),
                     completed_years(plan, staff.hire_date[at]),
                     plan.draws.of(key));
    use(plan.has_level_quotas ? level : 0, keyed_draw{draw, key});
  }
}

void count_plain_draws(const year_plan& plan, const people_view& staff,
                       draw_histogram& draws) {
  for (const auto key : staff.key)
    draws.add(plan.draws.of(key)[draw_stream::termination]);
}

void list_plain_draws(const year_plan& plan, const people_view& staff,
                      const bound_bucket& bucket,
                      std::vector<keyed_draw>& draws) {
  for (const auto key : staff.key) {
    const auto draw = plan.draws.of(key)[draw_stream::termination];
    if (bucket.is_in(draw))
      draws.push_back({draw, key});
  }
}

} // namespace

void count_staff_draws(const year_plan& plan, const people_view& staff,
                       std::span<draw_histogram> groups) {
  if (is_leaving_plain(plan)) {
    count_plain_draws(plan, staff, groups.front());
    return;
  }
  for_each_leaving_draw(plan, staff,
                        [groups](std::size_t group, const keyed_draw& one) {
                          groups[group].add(one.draw);
                        });
}

void list_staff_draws(const year_plan& plan, const people_view& staff,
                      std::span<const std::optional<bound_bucket>> buckets,
                      std::span<std::vector<keyed_draw>> groups) {
  if (is_leaving_plain(plan)) {
    if (buckets.front())
      list_plain_draws(plan, staff, *buckets.front(), groups.front());
    return;
  }
  for_each_leaving_draw(plan, staff,
                        [&](std::size_t group, const keyed_draw& one) {
                          if (buckets[group] && buckets[group]->is_in(one.draw))
                            groups[group].push_back(one);
                        });
}

void simulate_staff(const year_plan& plan, const people_view& staff,
                    const leaver_bounds& last_leavers, year_block& block) {
  if (is_leaving_plain(plan))
    run_year<plain_leaving>(plan, staff, last_leavers, block);
  else
    run_year<ruled_leaving>(plan, staff, last_leavers, block);
}

} // namespace troupe::simulation
