#include "runtime/time_zone.hpp"

#include "runtime/config/spelling.hpp"
#include "runtime/config/text_file.hpp"

#include <date/tz.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace troupe::runtime {

namespace chrono = std::chrono;

struct zone_data {
  std::string name;
  /// Null for UTC.
  const date::time_zone* listed = nullptr;
  zone_rule rule;
};

namespace {

/// Where Debian keeps the files that the date library reads too.
constexpr auto zone_folder = std::string_view{"/usr/share/zoneinfo/"};
constexpr auto zone_bytes_max = std::size_t{1} << 20;

/// In the folder, but names of no place.
bool is_zone_name(std::string_view name) noexcept {
  return name != "localtime" && name != "Factory" && name != "posixrules"
         && !name.starts_with("posix/") && !name.starts_with("right/");
}

tl::unexpected<problem> no_database(const std::string& reason) {
  return fail(problem_kind::unavailable, "no time zone data: " + reason,
              "install the package tzdata");
}

/// The last line of a time zone file (RFC 8536, section 3.3).
outcome<zone_rule> read_rule(const std::string& name) {
  const auto path = std::string{zone_folder} + name;
  const auto bytes = read_text_file(path, zone_bytes_max);
  if (!bytes)
    return no_database(render(bytes.error()));
  const auto end = bytes->empty() ? 0 : bytes->size() - 1;
  const auto before
    = end == 0 ? std::string::npos : bytes->rfind('\n', end - 1);
  if (before == std::string::npos || bytes->back() != '\n')
    return no_database(path + " has no rule for the future");
  const auto text
    = std::string_view{*bytes}.substr(before + 1, end - before - 1);
  const auto rule = zone_rule::parse(text);
  if (!rule)
    return no_database(path + " has an unreadable rule for the future");
  return *rule;
}

/// The library's list ends before 32767-12-31; beyond its last change it knows
/// nothing more.
chrono::sys_seconds end_of_list() {
  return chrono::sys_days{chrono::year{32767} / chrono::December / 1};
}

} // namespace

time_zone::time_zone() {
  static const auto utc = [] {
    auto data = zone_data{};
    data.name = "UTC";
    return std::make_shared<const zone_data>(std::move(data));
  }();
  data_ = utc;
}

time_zone::time_zone(std::shared_ptr<const zone_data> data) noexcept
  : data_{std::move(data)} {}

outcome<std::vector<std::string>> time_zone::known_names() {
  try {
    auto names = std::vector<std::string>{};
    for (const auto& zone : date::get_tzdb().zones) {
      if (is_zone_name(zone.name()))
        names.push_back(zone.name());
    }
    std::sort(names.begin(), names.end());
    return names;
  } catch (const std::exception& error) {
    return no_database(error.what());
  }
}

outcome<time_zone> time_zone::find(std::string_view name) {
  if (name == "UTC")
    return time_zone{};
  const auto names = known_names();
  if (!names)
    return fail(names.error());
  if (!std::binary_search(names->begin(), names->end(), name)) {
    const auto known
      = std::vector<std::string_view>(names->begin(), names->end());
    const auto nearest = nearest_word(name, known);
    return fail(problem_kind::invalid_input,
                "unknown time zone \"" + std::string{name} + "\"",
                nearest ? "did you mean \"" + std::string{*nearest} + "\"?"
                        : "give an IANA name such as Europe/Berlin or UTC");
  }
  auto data = zone_data{};
  data.name = name;
  auto rule = read_rule(data.name);
  if (!rule)
    return fail(std::move(rule.error()));
  data.rule = *rule;
  try {
    data.listed = date::locate_zone(name);
    // The library reads the file at the first question.
    static_cast<void>(data.listed->get_info(date::sys_seconds{}));
  } catch (const std::exception& error) {
    return no_database(error.what());
  }
  return time_zone{std::make_shared<const zone_data>(std::move(data))};
}

const std::string& time_zone::name() const noexcept {
  return data_->name;
}

offset_period time_zone::period_at(clock::wall_time instant) const {
  const auto second = chrono::floor<chrono::seconds>(instant);
  if (data_->listed == nullptr)
    return {zone_time_min, zone_time_max, {}};
  const auto info = data_->listed->get_info(std::min(second, end_of_list()));
  const auto listed = offset_period{info.begin, info.end, info.offset};
  if (info.end < end_of_list())
    return listed;
  auto ruled = data_->rule.period_at(second);
  ruled.begin = std::max(ruled.begin, listed.begin);
  return ruled;
}

local_instants time_zone::to_instants(local_time local) const {
  // No place is more than a day ahead of UTC or behind it.
  const auto as_utc = clock::wall_time{local.time_since_epoch()};
  const auto last = as_utc + chrono::days{1};
  auto found = local_instants{};
  auto is_found = false;
  auto gap = std::optional<chrono::sys_seconds>{};
  auto at = as_utc - chrono::days{1};
  while (true) {
    const auto period = period_at(at);
    const auto candidate = as_utc - period.offset;
    if (candidate >= period.begin && candidate < period.end) {
      if (!is_found)
        found.first = candidate;
      found.last = candidate;
      found.type = is_found ? local_instants::kind::repeated
                            : local_instants::kind::unique;
      is_found = true;
    } else if (candidate < period.begin && !gap) {
      gap = period.begin;
    }
    if (period.end > last)
      break;
    at = period.end;
  }
  if (!is_found)
    return {local_instants::kind::skipped, *gap, *gap};
  return found;
}

} // namespace troupe::runtime
