#include "actors/scheduler/schedule_timing_file.hpp"

#include "actors/scheduler/schedule_words.hpp"
#include "runtime/config/quantities.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace troupe::scheduler {

namespace {

using runtime::mapping_reader;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_kind;
using runtime::yaml_value;
using std::chrono::minutes;
using std::chrono::seconds;

/// The problem of a text, at the place where it was written.
tl::unexpected<problem> placed(const yaml_value& value, const problem& reason) {
  auto result = value.error(reason.message, reason.hint);
  result.kind = reason.kind;
  return runtime::fail(std::move(result));
}

/// One value, or the values of a list; never more than `count_max`.
std::vector<yaml_value> one_or_many(const yaml_value& value,
                                    std::size_t count_max,
                                    std::vector<problem>& problems) {
  if (value.type() != yaml_kind::sequence)
    return {value};
  auto items = value.items().value();
  if (!items.empty() && items.size() <= count_max)
    return items;
  problems.push_back(
    items.empty()
      ? value.error("the list is empty", "leave the key out, or give values")
      : value.error("more than " + std::to_string(count_max) + " values"));
  return {};
}

/// ":15" or ":15:30": minutes and seconds past every hour.
outcome<seconds> read_time_of_hour(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  if (text->starts_with(':'))
    if (const auto time = runtime::parse_time_of_day("00" + *text))
      return *time;
  return runtime::fail(
    value.error("not minutes past the hour: \"" + *text + "\"",
                "write for example \":15\" or \":15:30\""));
}

/// Reads the keys of one `frequency`.
class frequency_reader {
public:
  frequency_reader(const runtime::time_zone& zone,
                   std::vector<problem>& problems)
    : zone_{&zone}, problems_{&problems} {}

  std::vector<cron_schedule> read(const yaml_value& value,
                                  const std::optional<yaml_value>& at,
                                  const std::optional<yaml_value>& days) {
    const auto word = runtime::one_of(frequency_words)(value);
    if (!word) {
      problems_->push_back(word.error());
      return {};
    }
    word_ = *word;
    const auto times = read_times(at);
    auto fields = day_fields(value, days);
    if (fields.empty())
      return {};
    auto result = std::vector<cron_schedule>{};
    for (const auto time : times)
      if (const auto parsed
          = parse_cron_of(days.value_or(value), cron_text(time, fields)))
        result.emplace_back(*parsed, *zone_);
      else if (result.empty()) {
        problems_->push_back(parsed.error());
        break;
      }
    return result;
  }

private:
  /// In order, each once.
  std::vector<seconds> read_times(const std::optional<yaml_value>& at) {
    if (!at)
      return {seconds{0}};
    auto result = std::vector<seconds>{};
    for (const auto& item :
         one_or_many(*at, schedule_bounds::times_max, *problems_)) {
      auto time = word_ == frequency::hourly ? read_time_of_hour(item)
                                             : read_time_of_day(item);
      if (time && *time == std::chrono::hours{24})
        time = runtime::fail(item.error("24:00 is on the next day",
                                        "write 00:00, and the day after"));
      if (time)
        result.push_back(*time);
      else
        problems_->push_back(time.error());
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  /// Day of the month, month and day of the week; empty if something is wrong.
  std::string day_fields(const yaml_value& value,
                         const std::optional<yaml_value>& days) {
    if (word_ == frequency::hourly || word_ == frequency::daily) {
      if (!days)
        return "* * *";
      problems_->push_back(days->error("only weekly and monthly have days",
                                       "remove them, or write weekly"));
      return {};
    }
    if (!days) {
      problems_->push_back(value.error(
        "days are missing", word_ == frequency::weekly
                              ? "write for example days: [MON, THU]"
                              : "write for example days: [1, 15, L]"));
      return {};
    }
    const auto list = read_cron_list(*days, *problems_);
    if (list.empty())
      return {};
    return word_ == frequency::weekly ? "* * " + list : list + " * *";
  }

  [[nodiscard]] std::string cron_text(seconds time,
                                      const std::string& day_fields) const {
    const auto clock = std::chrono::hh_mm_ss{time};
    const auto hour = word_ == frequency::hourly
                        ? std::string{"*"}
                        : std::to_string(clock.hours().count());
    return std::to_string(clock.seconds().count()) + " "
           + std::to_string(clock.minutes().count()) + " " + hour + " "
           + day_fields;
  }

  const runtime::time_zone* zone_;
  std::vector<problem>* problems_;
  frequency word_ = frequency::daily;
};

outcome<cron_expression> read_cron(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  return parse_cron_of(value, *text);
}

/// A key that means something only together with another.
struct companion {
  const char* key;
  const char* of;
  const std::optional<yaml_value>* value;
  bool is_used;
};

} // namespace

outcome<instant> read_instant(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  const auto at = parse_instant(*text);
  if (!at)
    return placed(value, at.error());
  return *at;
}

outcome<seconds> read_time_of_day(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  const auto time = runtime::parse_time_of_day(*text);
  if (!time)
    return placed(value, time.error());
  return *time;
}

outcome<runtime::time_zone> read_zone(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  const auto zone = runtime::time_zone::find(*text);
  if (!zone)
    return placed(value, zone.error());
  return *zone;
}

std::string read_cron_list(const yaml_value& value,
                           std::vector<problem>& problems) {
  auto result = std::string{};
  for (const auto& item : one_or_many(value, cron_text_bytes_max, problems)) {
    const auto text = item.text();
    if (!text || text->find_first_of(" \t\r\n") != std::string::npos
        || text->empty()) {
      problems.push_back(text ? item.error("not a day: \"" + *text + "\"")
                              : text.error());
      return {};
    }
    result += (result.empty() ? "" : ",") + *text;
  }
  return result;
}

outcome<cron_expression> parse_cron_of(const yaml_value& value,
                                       std::string_view text) {
  const auto parsed = parse_cron(text);
  if (!parsed)
    return placed(value, parsed.error());
  return *parsed;
}

schedule_timing read_schedule_timing(const yaml_value& root, mapping_reader& in,
                                     const runtime::time_zone& zone,
                                     std::vector<problem>& problems) {
  const auto cron = in.take("cron");
  const auto every = in.take("every");
  const auto often = in.take("frequency");
  const auto once = in.take("once");
  const auto anchor = in.take("anchor");
  const auto at = in.take("at");
  const auto days = in.take("days");
  auto ways = std::vector<const yaml_value*>{};
  for (const auto* way : {&cron, &every, &often, &once})
    if (*way)
      ways.push_back(&**way);
  if (ways.empty())
    problems.push_back(
      root.error("nothing says when it is due",
                 "give one of cron, every, frequency and once"));
  for (auto i = std::size_t{1}; i < ways.size(); ++i)
    problems.push_back(ways[i]->error(
      "due in two ways: " + ways[0]->path() + " and " + ways[i]->path(),
      "keep one of them, or write two schedules"));
  for (const auto& [key, of, value, is_used] :
       {companion{"anchor", "every", &anchor, every.has_value()},
        companion{"at", "frequency", &at, often.has_value()},
        companion{"days", "frequency", &days, often.has_value()}})
    if (*value && !is_used)
      problems.push_back(
        (*value)->error(std::string{key} + " without " + of,
                        std::string{"add "} + of + ", or remove this"));
  const auto keep = [&problems](auto read, auto& target) {
    if (read)
      target = *read;
    else
      problems.push_back(read.error());
  };
  if (every) {
    auto result = interval_timing{};
    keep(every->duration(schedule_bounds::every_min,
                         schedule_bounds::duration_max),
         result.every);
    if (anchor)
      keep(read_instant(*anchor), result.anchor);
    return result;
  }
  if (often)
    return frequency_reader{zone, problems}.read(*often, at, days);
  auto due = instant{};
  auto expression = cron_expression{};
  if (once)
    keep(read_instant(*once), due);
  if (cron)
    keep(read_cron(*cron), expression);
  return once ? schedule_timing{due}
              : schedule_timing{std::vector<cron_schedule>{{expression, zone}}};
}

} // namespace troupe::scheduler
