#include "actors/scoring/value_rules.hpp"

#include "actors/scoring/item_batch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace troupe::scoring {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// White space beyond ASCII that Python strips, as UTF-8.
constexpr auto wide_spaces = std::to_array<std::string_view>({
  "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80",
  "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84",
  "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
  "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9",
  "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
});

bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= '\x1F');
}

/// Whether the byte may be (part of) white space.
bool may_be_space(char c) {
  return c <= ' ' || static_cast<unsigned char>(c) >= 0x80U;
}

std::string_view strip(std::string_view text) {
  if (text.empty()
      || (!may_be_space(text.front()) && !may_be_space(text.back())))
    return text;
  const auto space_at
    = [](std::string_view rest, bool at_front) -> std::size_t {
    if (rest.empty())
      return 0;
    if (is_ascii_space(at_front ? rest.front() : rest.back()))
      return 1;
    for (auto space : wide_spaces)
      if (at_front ? rest.starts_with(space) : rest.ends_with(space))
        return space.size();
    return 0;
  };
  while (auto bytes = space_at(text, true))
    text.remove_prefix(bytes);
  while (auto bytes = space_at(text, false))
    text.remove_suffix(bytes);
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size()
         && std::equal(text.begin(), text.end(), lower_case.begin(),
                       [](char a, char b) { return lower(a) == b; });
}

/// A decimal number without its underscores, checked against the grammar.
class decimal {
public:
  explicit decimal(std::string_view text) : rest_{text} {}

  /// The plain digits, or none if the text is not a number.
  std::optional<std::string_view> parse() {
    const auto whole = take_digits();
    auto fraction = false;
    if (!failed_ && take('.')) {
      keep('.');
      fraction = take_digits();
    }
    if (failed_ || (!whole && !fraction))
      return std::nullopt;
    if (take('e') || take('E')) {
      keep('e');
      if (take('-'))
        keep('-');
      else
        static_cast<void>(take('+'));
      if (!take_digits())
        return std::nullopt;
    }
    if (failed_ || !rest_.empty())
      return std::nullopt;
    return std::string_view{digits_.data(), digits_.size()};
  }

private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void keep(char c) {
    digits_.push_back(c);
  }

  /// digit ('_'? digit)*, possibly empty.
  bool take_digits() {
    auto any = false;
    while (!rest_.empty() && is_digit(rest_.front())) {
      keep(rest_.front());
      rest_.remove_prefix(1);
      any = true;
      if (take('_') && (rest_.empty() || !is_digit(rest_.front())))
        failed_ = true;
    }
    return any && !failed_;
  }

  std::string_view rest_;
  std::string digits_;
  bool failed_ = false;
};

/// Whether an out-of-range decimal is too large (and not too small): the power
/// of ten of its first digit that counts is positive.
bool is_too_large(std::string_view digits) {
  const auto e = digits.find('e');
  const auto mantissa = digits.substr(0, e);
  auto exponent = 0L;
  if (e != std::string_view::npos) {
    const auto part = digits.substr(e + 1);
    const auto result
      = std::from_chars(part.data(), part.data() + part.size(), exponent);
    if (result.ec == std::errc::result_out_of_range)
      return part.front() != '-';
  }
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  const auto first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos)
    return false;
  return exponent + static_cast<long>(point) - static_cast<long>(first) > 0;
}

/// Reads exactly `count` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count)
    return std::nullopt;
  auto number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i]))
      return std::nullopt;
    number = 10 * number + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c)
    return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || *year == 0 || !take(text, '-'))
    return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-'))
    return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day)
    return std::nullopt;
  const auto date = std::chrono::year_month_day{
    std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
    std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date};
}

/// "HH:MM[:SS[.fraction]]"; digits beyond microseconds are dropped.
std::optional<std::chrono::microseconds> take_time(std::string_view& text) {
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':'))
    return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59)
    return std::nullopt;
  auto time = std::chrono::microseconds{std::chrono::hours{*hours}
                                        + std::chrono::minutes{*minutes}};
  if (!take(text, ':'))
    return time;
  const auto seconds = take_number(text, 2);
  if (!seconds || *seconds > 60)
    return std::nullopt;
  time += std::chrono::seconds{*seconds};
  if (!take(text, '.'))
    return time;
  if (text.empty() || !is_digit(text.front()))
    return std::nullopt;
  for (auto unit = 100'000; !text.empty() && is_digit(text.front());
       unit /= 10) {
    time += std::chrono::microseconds{unit * (text.front() - '0')};
    text.remove_prefix(1);
  }
  return time;
}

/// "", "Z", "+HH", "+HHMM" or "+HH:MM"; how far ahead of UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z'))
    return std::chrono::minutes{0};
  const auto is_west = text.front() == '-';
  if (!take(text, '+') && !take(text, '-'))
    return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23)
    return std::nullopt;
  auto offset = std::chrono::minutes{std::chrono::hours{*hours}};
  if (!text.empty()) {
    static_cast<void>(take(text, ':'));
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59)
      return std::nullopt;
    offset += std::chrono::minutes{*minutes};
  }
  return is_west ? -offset : offset;
}

double code_points(std::string_view text) {
  return static_cast<double>(
    std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

} // namespace

std::optional<double> parse_python_float(std::string_view text) {
  // Nearly all numbers are plain; the grammar below has the last word.
  if (!text.empty() && is_digit(text.front())) {
    auto plain = 0.0;
    const auto* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, plain);
    if (result.ec == std::errc{} && result.ptr == end)
      return plain;
  }
  text = strip(text);
  if (text.empty())
    return std::nullopt;
  const auto is_negative = text.front() == '-';
  if (text.front() == '-' || text.front() == '+')
    text.remove_prefix(1);
  const auto sign = is_negative ? -1.0 : 1.0;
  if (text.empty())
    return std::nullopt;
  if (!is_digit(text.front()) && text.front() != '.') {
    if (equals_ignoring_case(text, "inf")
        || equals_ignoring_case(text, "infinity"))
      return sign * std::numeric_limits<double>::infinity();
    if (equals_ignoring_case(text, "nan"))
      return std::numeric_limits<double>::quiet_NaN();
    return std::nullopt;
  }
  auto number = decimal{text};
  const auto digits = number.parse();
  if (!digits)
    return std::nullopt;
  auto value = 0.0;
  const auto result
    = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (result.ec == std::errc::result_out_of_range)
    value = is_too_large(*digits) ? std::numeric_limits<double>::infinity() : 0;
  return sign * value;
}

std::optional<instant> parse_instant(std::string_view text) {
  text = strip(text);
  const auto date = take_date(text);
  if (!date)
    return std::nullopt;
  if (text.empty())
    return instant{*date};
  if (!take(text, 'T') && !take(text, ' '))
    return std::nullopt;
  const auto time = take_time(text);
  if (!time)
    return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty())
    return std::nullopt;
  return instant{*date} + *time - *zone;
}

reading_rule::reading_rule(const planned_criterion& criterion, rule_set rules,
                           derivation what, std::optional<instant> as_of)
  : rules_{rules}, what_{what}, as_of_{as_of} {
  const auto& mapping = criterion.definition.mapping;
  has_mapping_ = mapping.has_value();
  if (mapping)
    mapping_.assign(mapping->begin(), mapping->end());
}

double reading_rule::missing() const noexcept {
  return rules_ == rule_set::compat ? 0.0 : missing_value;
}

double reading_rule::from_number(double number) const noexcept {
  if (rules_ == rule_set::standard && !std::isfinite(number))
    return missing_value;
  // One zero and one NaN, so that equal values have equal bytes.
  return std::isnan(number) ? missing_value : number + 0.0;
}

const double* reading_rule::look_up(std::string_view word) const {
  const auto found = std::lower_bound(
    mapping_.begin(), mapping_.end(), word,
    [](const auto& entry, std::string_view key) { return entry.first < key; });
  return found != mapping_.end() && found->first == word ? &found->second
                                                         : nullptr;
}

double reading_rule::from_text(const raw_value& value) const {
  if (has_mapping_) {
    if (const auto* mapped = look_up(value.text))
      return from_number(*mapped);
    if (rules_ == rule_set::compat && value.what == raw_value::kind::text)
      return 0.0;
  }
  const auto number = parse_python_float(value.text);
  return number ? from_number(*number) : missing();
}

double reading_rule::derive(const raw_value& value) const {
  const auto is_text = value.what == raw_value::kind::text
                       || value.what == raw_value::kind::cell;
  if (what_ == derivation::length) {
    if (value.what == raw_value::kind::list)
      return value.number;
    return is_text ? code_points(value.text) : missing();
  }
  const auto date
    = is_text && as_of_ ? parse_instant(value.text) : std::nullopt;
  if (!date)
    return missing();
  using days = std::chrono::duration<double, std::chrono::days::period>;
  const auto age = std::chrono::duration_cast<days>(*as_of_ - *date).count();
  return what_ == derivation::age_days ? age : 0.0 - age;
}

double reading_rule::apply(const raw_value& value) const {
  if (value.is_missing())
    return missing();
  if (what_ != derivation::none)
    return derive(value);
  switch (value.what) {
    case raw_value::kind::boolean:
    case raw_value::kind::number:
      return from_number(value.number);
    case raw_value::kind::text:
    case raw_value::kind::cell:
      return from_text(value);
    default:
      return missing();
  }
}

} // namespace troupe::scoring
