#include "runtime/http/http_retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace troupe::runtime {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// A number of digits only at the front; moves behind it.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  auto number = 0;
  const auto* const end = text.data() + std::min(digits, text.size());
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected))
    return false;
  text.remove_prefix(expected.size());
  return true;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate).
std::optional<clock::wall_time> parse_date(std::string_view text) {
  constexpr auto months
    = std::array<std::string_view, 12>{"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(comma + 2);
  const auto day = take_number(text, 2);
  if (!day || !take(text, " "))
    return std::nullopt;
  const auto* const month
    = std::find(months.begin(), months.end(), text.substr(0, 3));
  if (month == months.end())
    return std::nullopt;
  text.remove_prefix(3);
  const auto is_next = take(text, " ");
  const auto year = take_number(text, 4);
  auto time = std::array<int, 3>{};
  if (!is_next || !year || !take(text, " "))
    return std::nullopt;
  for (auto& part : time) {
    const auto number = take_number(text, 2);
    if (!number || !take(text, &part == &time.back() ? " GMT" : ":"))
      return std::nullopt;
    part = *number;
  }
  const auto date = std::chrono::year_month_day{
    std::chrono::year{*year},
    std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
    std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || time[0] > 23 || time[1] > 59 || time[2] > 60)
    return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{time[0]}
         + std::chrono::minutes{time[1]} + std::chrono::seconds{time[2]};
}

} // namespace

bool is_retryable(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500
         || status == 502 || status == 503 || status == 504;
}

bool is_retryable(const problem& failure) noexcept {
  return failure.kind == problem_kind::timeout
         || failure.kind == problem_kind::unavailable;
}

std::optional<milliseconds> retry_after(const http_reply& reply,
                                        clock::wall_time now) {
  const auto text = reply.header("Retry-After");
  if (text.empty())
    return std::nullopt;
  constexpr milliseconds longest = 24h;
  auto seconds = 0.0;
  const auto* const end = text.data() + text.size();
  const auto read
    = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  const auto is_number
    = read.ptr == end && read.ec != std::errc::invalid_argument;
  if (is_number && !(seconds >= 0.0))
    return std::nullopt;
  if (is_number)
    return seconds * 1e3 >= static_cast<double>(longest.count())
             ? longest
             : milliseconds{
               static_cast<std::int64_t>(std::ceil(seconds * 1e3))};
  const auto date = parse_date(text);
  if (!date)
    return std::nullopt;
  return std::clamp(std::chrono::ceil<milliseconds>(*date - now),
                    milliseconds{0}, longest);
}

milliseconds backoff(std::size_t attempt, double chance,
                     const backoff_policy& policy) {
  auto time = policy.first;
  for (std::size_t i = 1; i < attempt && time < policy.longest; ++i)
    time *= 2;
  time = std::min(time, policy.longest);
  const auto half = static_cast<double>(time.count()) / 2.0;
  return milliseconds{static_cast<std::int64_t>(half + half * chance)};
}

} // namespace troupe::runtime
