#include "runtime/logging/log_record.hpp"

#include "runtime/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <type_traits>

namespace troupe::runtime {

namespace {

/// Control characters, and those that change the direction of what follows:
/// with either, a line could show something else than it says.
bool is_treacherous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0)
         || (code >= 0x202A && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069) || code == 0x2028
         || code == 0x2029;
}

void append_escaped(std::string& out, utf8_character each) {
  if (each.code == '\n')
    out += "\\n";
  else if (each.code == '\t')
    out += "\\t";
  else {
    auto buffer = std::array<char, 16>{};
    const auto length
      = std::snprintf(buffer.data(), buffer.size(),
                      each.code < 0x100 ? "\\x%02x" : "\\u%04x", each.code);
    out.append(buffer.data(), static_cast<std::size_t>(length));
  }
}

/// Makes a text printable on a terminal.
std::string escaped(std::string_view text) {
  auto out = std::string{};
  out.reserve(text.size());
  while (!text.empty()) {
    const auto each = first_utf8_character(text);
    if (!each.is_valid || is_treacherous(each.code))
      append_escaped(out, each);
    else
      out += text.substr(0, each.length);
    text.remove_prefix(each.length);
  }
  return out;
}

/// Cuts between characters and says how much is gone.
std::string clipped(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  const auto end = clip_utf8(text, bytes_max).size();
  const auto rest = text.size() - end;
  text.resize(end);
  return text + "...[" + std::to_string(rest) + " bytes more]";
}

std::string shortest(double value) {
  auto buffer = std::array<char, 32>{};
  const auto end
    = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

log_record::field make_field(const log_field& from, const redactor& hide) {
  auto to = log_record::field{};
  to.name = make_text(from.name, hide, log_record::name_bytes_max);
  if (redactor::is_secret_name(from.name)) {
    to.value = redactor::mask;
    return to;
  }
  std::visit(
    [&](auto value) {
      using type = decltype(value);
      to.is_plain = true;
      if constexpr (std::is_same_v<type, std::string_view>) {
        to.value = make_text(value, hide, log_record::value_bytes_max);
        to.is_plain = false;
      } else if constexpr (std::is_same_v<type, bool>) {
        to.value = value ? "true" : "false";
      } else if constexpr (std::is_same_v<type, double>) {
        to.value = shortest(value);
        to.is_plain = std::isfinite(value); // JSON has no NaN.
      } else {
        to.value = std::to_string(value);
      }
    },
    from.value);
  // A number may be a registered secret, too.
  auto shown = hide.redact(to.value);
  if (shown != to.value) {
    to.value = std::move(shown);
    to.is_plain = false;
  }
  return to;
}

std::string render_time(std::chrono::sys_time<std::chrono::milliseconds> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto date = std::chrono::year_month_day{day};
  const auto clock = std::chrono::hh_mm_ss{time - day};
  auto buffer = std::array<char, 64>{};
  const auto length = std::snprintf(
    buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
    static_cast<int>(clock.minutes().count()),
    static_cast<int>(clock.seconds().count()),
    static_cast<int>(clock.subseconds().count()));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string_view color_of(log_level level) {
  switch (level) {
    case log_level::error:
      return "\033[31m";
    case log_level::warning:
      return "\033[33m";
    case log_level::info:
      return "\033[32m";
    default:
      return "\033[2m";
  }
}

/// As it is, or in quotes if it could be mistaken for something else.
std::string quoted_if_needed(const std::string& value) {
  const auto is_simple
    = !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
        return c == ' ' || c == '"' || c == '=';
      });
  if (is_simple)
    return value;
  auto out = std::string{"\""};
  for (const auto c : value) {
    if (c == '"')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

} // namespace

std::string make_text(std::string_view text, const redactor& hide,
                      std::size_t bytes_max) {
  return clipped(hide.redact(text), bytes_max);
}

std::vector<log_record::field> make_fields(log_fields fields,
                                           const redactor& hide) {
  auto made = std::vector<log_record::field>{};
  made.reserve(std::min(fields.size(), log_record::fields_max));
  for (const auto& each : fields) {
    if (made.size() == log_record::fields_max)
      break;
    made.push_back(make_field(each, hide));
  }
  return made;
}

std::string render_log_text(const log_record& record, bool is_colored) {
  auto level = std::string{to_string(record.level)};
  level.resize(7, ' ');
  auto line = render_time(record.time) + " ";
  if (is_colored)
    line += std::string{color_of(record.level)} + level + "\033[0m";
  else
    line += level;
  if (!record.node.empty())
    line += " [" + escaped(record.node) + "]";
  line += " " + escaped(record.logger) + ": " + escaped(record.message);
  for (const auto& field : record.fields)
    line += " " + escaped(field.name) + "="
            + quoted_if_needed(escaped(field.value));
  return line;
}

std::string render_log_json(const log_record& record) {
  using json = nlohmann::ordered_json;
  auto object = json::object();
  object["time"] = render_time(record.time);
  object["level"] = to_string(record.level);
  if (!record.node.empty())
    object["node"] = record.node;
  object["logger"] = record.logger;
  object["message"] = record.message;
  if (!record.fields.empty()) {
    auto fields = json::object();
    for (const auto& field : record.fields)
      fields[field.name] = field.is_plain
                             ? json::parse(field.value, nullptr, false)
                             : json(field.value);
    object["fields"] = std::move(fields);
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace troupe::runtime
