#include "actors/scheduler/cron_expression.hpp"
#include "actors/scheduler/cron_fields.hpp"
#include "runtime/config/spelling.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace troupe::scheduler {

namespace {

using runtime::fail;
using runtime::outcome;
using runtime::problem;

constexpr auto shown_bytes_max = std::size_t{40};

constexpr auto macros
  = std::array<std::pair<std::string_view, std::string_view>, 7>{{
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
  }};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equals_in_any_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size())
    return false;
  for (auto i = std::size_t{0}; i < left.size(); ++i)
    if (upper(left[i]) != upper(right[i]))
      return false;
  return true;
}

/// In quotes, shortened, and fit for a terminal.
std::string shown(std::string_view text) {
  auto result = std::string{"\""};
  for (const auto c : text.substr(0, shown_bytes_max))
    result += c >= ' ' && c <= '~' ? c : '?';
  return result + (text.size() > shown_bytes_max ? "...\"" : "\"");
}

problem refuse(std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return reason;
}

/// A field's text, and where it stands in the expression.
struct piece {
  std::string_view text;
  std::size_t offset = 0;

  [[nodiscard]] piece part(std::size_t begin,
                           std::size_t count = std::string_view::npos) const {
    return {text.substr(begin, count), offset + begin};
  }
};

std::vector<piece> split(const piece& whole, auto is_separator) {
  auto parts = std::vector<piece>{};
  auto begin = std::size_t{0};
  for (auto i = std::size_t{0}; i <= whole.text.size(); ++i) {
    if (i < whole.text.size() && !is_separator(whole.text[i]))
      continue;
    parts.push_back(whole.part(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

/// Reads one field, item by item, into an expression.
class field_reader {
public:
  field_reader(cron_position position, cron_expression& target) noexcept
    : position_{position}, field_{cron_fields[position]}, target_{target} {}

  outcome<void> read(const piece& text) {
    if (text.text == "*" || text.text == "?") {
      add_range(field_.min, field_.max, 1);
      target_.is_any_day_of_month |= position_ == day_of_month_field;
      target_.is_any_day_of_week |= position_ == day_of_week_field;
      return {};
    }
    for (const auto& item : split(text, [](char c) { return c == ','; }))
      if (auto done = read_item(item); !done)
        return done;
    return {};
  }

private:
  tl::unexpected<problem> wrong(const piece& at, const std::string& message,
                                std::string hint) const {
    auto reason
      = refuse(std::string{field_.name} + " " + shown(at.text) + ": " + message,
               std::move(hint));
    reason.key = field_.name;
    reason.column = at.offset + 1;
    return fail(std::move(reason));
  }

  [[nodiscard]] std::string known_values() const {
    auto text = std::string{"write "} + std::to_string(field_.min) + " to "
                + std::to_string(field_.max);
    if (position_ == day_of_week_field)
      return text + " (Sunday is 0 and 7) or SUN to SAT";
    if (position_ == month_field)
      return text + " or JAN to DEC";
    return text;
  }

  outcome<void> read_item(const piece& item) {
    if (item.text.empty())
      return wrong(item, "a value is missing", "remove the comma too many");
    if (item.text == "*" || item.text == "?")
      return wrong(item, "cannot stand in a list",
                   "write it alone: it means any value");
    if (position_ == day_of_month_field)
      if (const auto is_read = read_special_day(item); !is_read || *is_read)
        return is_read ? outcome<void>{} : fail(is_read.error());
    if (position_ == day_of_week_field)
      if (const auto is_read = read_special_weekday(item); !is_read || *is_read)
        return is_read ? outcome<void>{} : fail(is_read.error());
    return read_values(item);
  }

  /// "a", "a-b", "*/n", "a-b/n", "a/n".
  outcome<void> read_values(const piece& item) {
    const auto slash = item.text.find('/');
    const auto range = item.part(0, slash);
    auto step = 1U;
    if (slash != std::string_view::npos) {
      const auto given = read_step(item.part(slash + 1), item);
      if (!given)
        return fail(given.error());
      step = *given;
    }
    if (range.text == "*") {
      // Day 7 is Sunday once more: it must not shift the steps.
      add_range(field_.min, position_ == day_of_week_field ? 6 : field_.max,
                step);
      return {};
    }
    const auto dash = range.text.find('-');
    const auto first = read_value(range.part(0, dash));
    if (!first)
      return fail(first.error());
    if (dash == std::string_view::npos) {
      const auto is_step = slash != std::string_view::npos;
      const auto last = position_ == day_of_week_field ? 6U : field_.max;
      add_range(*first, is_step ? std::max(last, *first) : *first, step);
      return {};
    }
    auto last = read_value(range.part(dash + 1));
    if (!last)
      return fail(last.error());
    if (position_ == day_of_week_field && *last == 0 && *first > 0)
      *last = 7;
    if (*last < *first)
      return wrong(item, "the range runs backwards", unwrapped(*first, *last));
    add_range(*first, *last, step);
    return {};
  }

  [[nodiscard]] std::string unwrapped(unsigned first, unsigned last) const {
    const auto max = position_ == day_of_week_field ? 6U : field_.max;
    const auto range = [](unsigned from, unsigned to) {
      return from == to ? std::to_string(from)
                        : std::to_string(from) + "-" + std::to_string(to);
    };
    return "to go on beyond the end, write " + range(std::min(first, max), max)
           + "," + range(field_.min, last);
  }

  outcome<unsigned> read_step(const piece& text, const piece& item) const {
    const auto step = read_number(text.text);
    const auto count = field_.max - field_.min + 1;
    if (!step)
      return wrong(item, "the step is not a number",
                   "write for example */15 or 10-50/20");
    if (*step == 0 || *step > count)
      return wrong(item, "the step is not in 1 to " + std::to_string(count),
                   *step == 0 ? "a step is at least 1"
                              : "leave the step to a larger field, or use "
                                "\"every\" instead of cron");
    return *step;
  }

  /// Numbers above 9999 are 10000: out of every range.
  static std::optional<unsigned> read_number(std::string_view text) noexcept {
    if (text.empty())
      return std::nullopt;
    auto value = 0U;
    for (const auto c : text) {
      if (!is_digit(c))
        return std::nullopt;
      value = std::min(value * 10 + static_cast<unsigned>(c - '0'), 10'000U);
    }
    return value;
  }

  outcome<unsigned> read_value(const piece& text) const {
    if (const auto number = read_number(text.text)) {
      if (*number < field_.min || *number > field_.max)
        return wrong(text,
                     "not in " + std::to_string(field_.min) + " to "
                       + std::to_string(field_.max),
                     known_values());
      return *number;
    }
    for (auto i = 0U; i < field_.words.size(); ++i)
      if (equals_in_any_case(text.text, field_.words[i]))
        return field_.words_begin + i;
    if (text.text.empty())
      return wrong(text, "a value is missing", known_values());
    return wrong(text, "not a value", hint_for(text.text));
  }

  [[nodiscard]] std::string hint_for(std::string_view text) const {
    for (const auto word : field_.words)
      if (equals_in_any_case(text.substr(0, word.size()), word))
        return "write " + std::string{word};
    if (position_ == day_of_week_field && equals_in_any_case(text, "L"))
      return "for the last Friday of the month, write 5L; for Saturday, SAT";
    if (position_ == day_of_month_field)
      return "write 1 to 31, L (last day), 15W (weekday nearest to the 15th) "
             "or LW (last weekday)";
    return known_values();
  }

  /// Whether it was one of L, LW, nW.
  outcome<bool> read_special_day(const piece& item) {
    if (equals_in_any_case(item.text, "L"))
      return target_.has_last_day = true;
    if (equals_in_any_case(item.text, "LW"))
      return target_.has_last_weekday = true;
    if (upper(item.text.back()) != 'W' || !is_digit(item.text.front()))
      return false;
    const auto day = read_value(item.part(0, item.text.size() - 1));
    if (!day)
      return fail(day.error());
    target_.nearest_weekdays |= std::uint32_t{1} << *day;
    return true;
  }

  /// Whether it was one of n#k, nL.
  outcome<bool> read_special_weekday(const piece& item) {
    const auto mark = item.text.find('#');
    const auto is_last = item.text.size() > 1 && upper(item.text.back()) == 'L';
    if (mark == std::string_view::npos && !is_last)
      return false;
    const auto length = is_last ? item.text.size() - 1 : mark;
    const auto day = read_value(item.part(0, length));
    if (!day)
      return fail(day.error());
    auto nth = std::optional<unsigned>{0};
    if (!is_last)
      nth = read_number(item.text.substr(mark + 1));
    if (!nth || *nth > 5 || (*nth == 0 && !is_last))
      return wrong(item, "the number after # is not in 1 to 5",
                   "the second Friday of the month is 5#2, the last one 5L");
    target_.nth_of_month[*day % 7]
      = static_cast<std::uint8_t>(target_.nth_of_month[*day % 7] | 1U << *nth);
    return true;
  }

  void add_range(unsigned first, unsigned last, unsigned step) noexcept {
    for (auto value = first; value <= last; value += step)
      add(value);
  }

  void add(unsigned value) noexcept {
    const auto bit = std::uint64_t{1} << value;
    switch (position_) {
      case second_field:
        target_.seconds |= bit;
        break;
      case minute_field:
        target_.minutes |= bit;
        break;
      case hour_field:
        target_.hours |= static_cast<std::uint32_t>(bit);
        break;
      case day_of_month_field:
        target_.days |= static_cast<std::uint32_t>(bit);
        break;
      case month_field:
        target_.months |= static_cast<std::uint32_t>(bit);
        break;
      case day_of_week_field:
        target_.days_of_week
          = static_cast<std::uint8_t>(target_.days_of_week | 1U << value % 7);
        break;
    }
  }

  cron_position position_;
  const cron_field& field_;
  cron_expression& target_;
};

std::vector<piece> fields_of(std::string_view text) {
  auto fields = split({text, 0}, is_blank);
  std::erase_if(fields, [](const piece& part) { return part.text.empty(); });
  return fields;
}

outcome<cron_expression> read_fields(const std::vector<piece>& fields) {
  auto result = cron_expression{};
  auto position = std::size_t{minute_field};
  if (fields.size() == cron_fields.size()) {
    position = second_field;
    result.seconds = 0;
  }
  for (const auto& field : fields) {
    auto reader = field_reader{static_cast<cron_position>(position), result};
    if (const auto done = reader.read(field); !done)
      return fail(done.error());
    ++position;
  }
  return result;
}

std::string macro_hint(std::string_view text) {
  if (equals_in_any_case(text.substr(0, 6), "@every"))
    return "an interval is no cron expression: use \"every\"";
  auto names = std::vector<std::string_view>{};
  for (const auto& [name, meaning] : macros)
    names.push_back(name);
  return runtime::spelling_hint(text, names);
}

} // namespace

outcome<cron_expression> parse_cron(std::string_view text) {
  if (text.size() > cron_text_bytes_max)
    return fail(
      refuse("a cron expression of " + std::to_string(text.size()) + " bytes",
             "at most " + std::to_string(cron_text_bytes_max)));
  const auto fields = fields_of(text);
  if (fields.empty())
    return fail(refuse("the cron expression is empty",
                       "write for example \"30 2 * * *\" or @daily"));
  if (fields.front().text.front() == '@') {
    for (const auto& [name, meaning] : macros)
      if (fields.size() == 1 && equals_in_any_case(fields[0].text, name))
        return read_fields(fields_of(meaning));
    const auto whole = text.substr(fields.front().offset);
    return fail(refuse("unknown cron macro " + shown(whole),
                       macro_hint(fields.front().text)));
  }
  if (fields.size() != 5 && fields.size() != 6)
    return fail(
      refuse("cron expression " + shown(text) + ": "
               + std::to_string(fields.size()) + " fields instead of 5 or 6",
             fields.size() == 7
               ? "years are not supported: leave the seventh field out"
               : "minute hour day-of-month month day-of-week, with the second "
                 "first if there are 6"));
  return read_fields(fields);
}

} // namespace troupe::scheduler
