#include "actors/scheduler/cron_expression.hpp"

#include "actors/scheduler/cron_fields.hpp"

#include <bit>
#include <vector>

namespace troupe::scheduler {

namespace {

/// From here on, three values are shorter as a range or a step.
constexpr auto series_min = std::size_t{3};

using values = std::vector<unsigned>;

values values_of(std::uint64_t bits) {
  auto result = values{};
  for (; bits != 0; bits &= bits - 1)
    result.push_back(static_cast<unsigned>(std::countr_zero(bits)));
  return result;
}

void append(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ",") + item;
}

/// "*/5" or "3-23/5" if that is what the values are; else empty.
std::string step_text(const values& all, unsigned min, unsigned max) {
  if (all.size() < series_min)
    return {};
  const auto step = all[1] - all[0];
  if (step == 1)
    return {};
  for (auto i = std::size_t{2}; i < all.size(); ++i)
    if (all[i] - all[i - 1] != step)
      return {};
  if (all.front() == min && all.back() + step > max)
    return "*/" + std::to_string(step);
  return std::to_string(all.front()) + "-" + std::to_string(all.back()) + "/"
         + std::to_string(step);
}

/// Numbers and ranges, or one step.
std::string list_text(std::uint64_t bits, unsigned min, unsigned max) {
  const auto all = values_of(bits);
  auto text = step_text(all, min, max);
  if (!text.empty())
    return text;
  for (auto i = std::size_t{0}; i < all.size();) {
    auto end = i + 1;
    while (end < all.size() && all[end] == all[end - 1] + 1)
      ++end;
    if (end - i >= series_min) {
      append(text, std::to_string(all[i]) + "-" + std::to_string(all[end - 1]));
      i = end;
    } else {
      append(text, std::to_string(all[i]));
      ++i;
    }
  }
  return text;
}

std::string field_text(std::uint64_t bits, const cron_field& field) {
  const auto count = field.max - field.min + 1;
  if (std::popcount(bits) == static_cast<int>(count))
    return "*";
  return list_text(bits, field.min, field.max);
}

std::string day_of_month_text(const cron_expression& of) {
  if (of.is_any_day_of_month)
    return "*";
  auto text = list_text(of.days, 1, 31);
  for (const auto day : values_of(of.nearest_weekdays))
    append(text, std::to_string(day) + "W");
  if (of.has_last_day)
    append(text, "L");
  if (of.has_last_weekday)
    append(text, "LW");
  return text;
}

std::string day_of_week_text(const cron_expression& of) {
  if (of.is_any_day_of_week)
    return "*";
  auto text = list_text(of.days_of_week, 0, 6);
  for (auto day = std::size_t{0}; day < of.nth_of_month.size(); ++day) {
    for (const auto nth : values_of(of.nth_of_month[day] & ~1U))
      append(text, std::to_string(day) + "#" + std::to_string(nth));
    if ((of.nth_of_month[day] & 1U) != 0)
      append(text, std::to_string(day) + "L");
  }
  return text;
}

} // namespace

bool cron_expression::is_fixed_time() const noexcept {
  return std::has_single_bit(seconds) && std::has_single_bit(minutes)
         && std::has_single_bit(hours);
}

std::string to_string(const cron_expression& expression) {
  auto text = std::string{};
  if (expression.seconds != 1)
    text = field_text(expression.seconds, cron_fields[second_field]) + " ";
  text += field_text(expression.minutes, cron_fields[minute_field]) + " ";
  text += field_text(expression.hours, cron_fields[hour_field]) + " ";
  text += day_of_month_text(expression) + " ";
  text += field_text(expression.months, cron_fields[month_field]) + " ";
  return text + day_of_week_text(expression);
}

} // namespace troupe::scheduler
