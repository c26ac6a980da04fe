#include "tests/actors/scheduler/local_clock.hpp"

#include <cstdlib>
#include <ctime>

namespace troupe::tests {

namespace {

wall_reading to_reading(const std::tm& time, std::int64_t utc,
                        std::int64_t offset) {
  return {utc,          utc + offset, time.tm_year + 1900, time.tm_mon + 1,
          time.tm_mday, time.tm_hour, time.tm_min,         time.tm_sec,
          time.tm_wday};
}

} // namespace

local_clock::local_clock(const std::string& zone) {
  ::setenv("TZ", (":" + zone).c_str(), 1);
  ::tzset();
}

local_clock::~local_clock() {
  ::unsetenv("TZ");
  ::tzset();
}

wall_reading local_clock::read(std::int64_t utc) const {
  auto time = std::tm{};
  const auto seconds = static_cast<std::time_t>(utc);
  ::localtime_r(&seconds, &time);
  return to_reading(time, utc, time.tm_gmtoff);
}

std::vector<std::int64_t> local_clock::changes(std::int64_t begin,
                                               std::int64_t end) const {
  const auto offset = [&](std::int64_t at) { return read(at).local - at; };
  constexpr auto step = std::int64_t{6} * 3600;
  auto found = std::vector<std::int64_t>{};
  for (auto at = begin; at < end; at += step) {
    if (offset(at) == offset(at + step))
      continue;
    auto before = at;
    auto after = at + step;
    while (after - before > 1) {
      const auto middle = before + (after - before) / 2;
      (offset(middle) == offset(at) ? before : after) = middle;
    }
    found.push_back(after);
  }
  return found;
}

wall_reading reading_of(std::int64_t local) {
  auto time = std::tm{};
  const auto seconds = static_cast<std::time_t>(local);
  ::gmtime_r(&seconds, &time);
  return to_reading(time, local, 0);
}

} // namespace troupe::tests
