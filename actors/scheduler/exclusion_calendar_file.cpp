#include "actors/scheduler/exclusion_calendar_file.hpp"

#include "actors/scheduler/schedule_definition.hpp"
#include "actors/scheduler/schedule_timing_file.hpp"
#include "actors/scheduler/schedule_words.hpp"
#include "runtime/config/mapping_reader.hpp"

#include <string>
#include <utility>

namespace troupe::scheduler {

namespace {

using runtime::mapping_reader;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;
using std::chrono::local_days;

std::optional<local_days> to_date(std::string_view text) {
  constexpr auto date_bytes = std::size_t{10};
  if (text.size() != date_bytes)
    return std::nullopt;
  const auto midnight = parse_instant(std::string{text} + "T00:00:00Z");
  if (!midnight)
    return std::nullopt;
  const auto day = std::chrono::floor<std::chrono::days>(*midnight);
  return local_days{day.time_since_epoch()};
}

/// "2026-12-24" or "2026-12-24..2026-12-26".
outcome<date_range> read_dates(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  const auto whole = std::string_view{*text};
  const auto dots = whole.find("..");
  const auto first = to_date(whole.substr(0, dots));
  const auto last
    = dots == std::string_view::npos ? first : to_date(whole.substr(dots + 2));
  if (!first || !last)
    return runtime::fail(
      value.error("neither a date nor two: \"" + *text + "\"",
                  "write 2026-12-24, or 2026-12-24..2026-12-26"));
  if (*last < *first)
    return runtime::fail(
      value.error("the dates run backwards", "exchange them"));
  return date_range{*first, *last};
}

class window_reader {
public:
  explicit window_reader(std::vector<problem>& problems)
    : problems_{&problems} {}

  exclusion_window read(const yaml_value& value,
                        const runtime::time_zone& zone) {
    auto result = exclusion_window{};
    result.zone = zone;
    auto in = mapping_reader{value, *problems_};
    const auto days = in.take("days");
    const auto dates = in.take("dates");
    if (days)
      result.days_of_week = read_days(*days);
    if (dates)
      read_all_dates(*dates, result);
    const auto is_timed = value.find("from") || value.find("to");
    if (!days && !dates && !is_timed && !value.is_null())
      problems_->push_back(
        value.error("a window without days, dates and times",
                    "it would exclude everything: say what it excludes"));
    in.optional("from", result.from, read_time_of_day);
    in.optional("to", result.to, read_time_of_day);
    in.optional("zone", result.zone, read_zone);
    in.finish();
    if (result.from == std::chrono::hours{24})
      problems_->push_back(
        value.error("a window from 24:00 on", "write 00:00 of the next day"));
    return result;
  }

private:
  /// As in the last field of a cron expression, but for the weeks of a month.
  std::uint8_t read_days(const yaml_value& value) {
    const auto list = read_cron_list(value, *problems_);
    if (list.empty())
      return 0;
    const auto parsed = parse_cron_of(value, "0 0 * * " + list);
    if (!parsed) {
      problems_->push_back(parsed.error());
      return 0;
    }
    if (parsed->nth_of_month != cron_expression{}.nth_of_month)
      problems_->push_back(value.error("days of certain weeks of a month",
                                       "write their dates instead"));
    return parsed->is_any_day_of_week ? exclusion_window{}.days_of_week
                                      : parsed->days_of_week;
  }

  void read_all_dates(const yaml_value& value, exclusion_window& result) {
    const auto items = value.items();
    if (!items)
      return problems_->push_back(items.error());
    if (items->empty() || items->size() > schedule_bounds::dates_max)
      return problems_->push_back(
        value.error("1 to " + std::to_string(schedule_bounds::dates_max)
                    + " dates, not " + std::to_string(items->size())));
    for (const auto& item : *items) {
      if (auto dates = read_dates(item))
        result.dates.push_back(*dates);
      else
        problems_->push_back(std::move(dates.error()));
    }
  }

  std::vector<problem>* problems_;
};

} // namespace

exclusion_calendar read_exclusion_calendar(const yaml_value& value,
                                           const runtime::time_zone& zone,
                                           std::vector<problem>& problems) {
  auto policy = exclusion_policy::skip;
  auto windows = std::vector<exclusion_window>{};
  auto in = mapping_reader{value, problems};
  in.optional("on_excluded", policy, runtime::one_of(exclusion_words));
  auto items = std::vector<yaml_value>{};
  in.required("exclude", items, [](const yaml_value& v) { return v.items(); });
  in.finish();
  if (items.size() > schedule_bounds::windows_max)
    problems.push_back(value.error(
      "more than " + std::to_string(schedule_bounds::windows_max) + " windows",
      "dates of the same times fit into one window"));
  else
    for (const auto& item : items)
      windows.push_back(window_reader{problems}.read(item, zone));
  return {std::move(windows), policy};
}

} // namespace troupe::scheduler
