#include "runtime/instant.hpp"

#include <array>
#include <cstdio>
#include <optional>

namespace troupe::runtime {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes digits and marks off a text; once wrong, it stays wrong.
class instant_scanner {
public:
  explicit instant_scanner(std::string_view text) noexcept : rest_{text} {}

  int number(std::size_t digits) noexcept {
    auto value = 0;
    for (auto i = std::size_t{0}; i < digits; ++i) {
      is_good_ = is_good_ && i < rest_.size() && is_digit(rest_[i]);
      if (!is_good_)
        return 0;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  bool accept(std::string_view any_of) noexcept {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos)
      return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  void expect(std::string_view any_of) noexcept {
    is_good_ = accept(any_of) && is_good_;
  }

  microseconds fraction() noexcept {
    auto value = microseconds{0};
    auto unit = 100'000;
    auto count = 0;
    for (; !rest_.empty() && is_digit(rest_[0]) && unit > 0; unit /= 10) {
      value += microseconds{(rest_[0] - '0') * unit};
      rest_.remove_prefix(1);
      ++count;
    }
    is_good_ = is_good_ && count > 0;
    return value;
  }

  /// "Z" or "+hh:mm".
  seconds offset() noexcept {
    if (accept("Zz"))
      return seconds{0};
    expect("+-");
    const auto sign = last_ == '-' ? -1 : 1;
    const auto hour = number(2);
    expect(":");
    const auto minute = number(2);
    is_good_ = is_good_ && hour < 24 && minute < 60;
    return sign * (hours{hour} + minutes{minute});
  }

  [[nodiscard]] bool is_done() const noexcept {
    return is_good_ && rest_.empty();
  }

private:
  static bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
  }

  std::string_view rest_;
  char last_ = ' ';
  bool is_good_ = true;
};

std::optional<instant> read(std::string_view text) {
  auto in = instant_scanner{text};
  const auto year = std::chrono::year{in.number(4)};
  in.expect("-");
  const auto month = std::chrono::month{static_cast<unsigned>(in.number(2))};
  in.expect("-");
  const auto day = std::chrono::day{static_cast<unsigned>(in.number(2))};
  in.expect("Tt ");
  const auto hour = in.number(2);
  in.expect(":");
  const auto minute = in.number(2);
  in.expect(":");
  const auto second = in.number(2);
  auto fraction = microseconds{0};
  if (in.accept("."))
    fraction = in.fraction();
  const auto offset = in.offset();
  const auto date = year / month / day;
  if (!in.is_done() || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const auto at = instant{std::chrono::sys_days{date}} + hours{hour}
                  + minutes{minute} + seconds{second} + fraction - offset;
  if (at < instant_min || at > instant_max)
    return std::nullopt;
  return at;
}

} // namespace

outcome<instant> parse_instant(std::string_view text) {
  if (const auto at = read(text))
    return *at;
  constexpr auto shown_bytes_max = std::size_t{64};
  return fail(problem_kind::invalid_input,
              "not an instant: \""
                + std::string{text.substr(0, shown_bytes_max)} + "\"",
              "write for example 2026-03-29T01:00:00Z or "
              "2026-03-29T03:00:00+02:00");
}

std::string to_string(instant at) {
  const auto day = std::chrono::floor<days>(at);
  const auto date = std::chrono::year_month_day{day};
  const auto time = std::chrono::hh_mm_ss{at - day};
  auto text = std::array<char, 64>{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  auto result = std::string{text.data()};
  if (const auto rest = time.subseconds().count(); rest != 0) {
    std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(rest));
    result += text.data();
    result.erase(result.find_last_not_of('0') + 1);
  }
  return result + "Z";
}

} // namespace troupe::runtime
