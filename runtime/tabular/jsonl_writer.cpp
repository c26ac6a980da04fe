#include "runtime/tabular/jsonl_writer.hpp"

#include <simdjson.h>

#include <cmath>

namespace troupe::runtime {

namespace {

bool is_plain(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void append_escaped(std::string& text, char character) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  switch (character) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      text += "\\u00";
      text += digits[static_cast<unsigned char>(character) >> 4U];
      text += digits[static_cast<unsigned char>(character) & 15U];
  }
}

/// Bytes of the valid character of several bytes at the front; 0: none.
std::size_t character_bytes(std::string_view text) {
  const auto rest = text.substr(0, 4);
  for (std::size_t size = 2; size <= rest.size(); ++size)
    if (simdjson::validate_utf8(rest.data(), size))
      return size;
  return 0;
}

} // namespace

void append_json_string(std::string& text, std::string_view value) {
  text.push_back('"');
  while (!value.empty()) {
    auto size = std::size_t{0};
    while (size < value.size() && is_plain(value[size]))
      ++size;
    text.append(value.substr(0, size));
    value.remove_prefix(size);
    if (value.empty())
      break;
    const auto is_ascii = static_cast<unsigned char>(value.front()) < 0x80;
    const auto character = is_ascii ? 1 : character_bytes(value);
    if (is_ascii)
      append_escaped(text, value.front());
    else if (character > 0)
      text.append(value.substr(0, character));
    else
      text += "\xEF\xBF\xBD";
    value.remove_prefix(character > 0 ? character : 1);
  }
  text.push_back('"');
}

void append_json_number(std::string& text, double value) {
  if (std::isfinite(value))
    append_shortest(text, value);
  else
    text += "null";
}

jsonl_writer& jsonl_writer::text(std::string_view key, std::string_view value) {
  begin_member(key);
  append_json_string(*target_, value);
  return *this;
}

jsonl_writer& jsonl_writer::number(std::string_view key, double value) {
  begin_member(key);
  append_json_number(*target_, value);
  return *this;
}

jsonl_writer& jsonl_writer::integer(std::string_view key, std::int64_t value) {
  begin_member(key);
  append_integer(*target_, value);
  return *this;
}

jsonl_writer& jsonl_writer::boolean(std::string_view key, bool value) {
  begin_member(key);
  *target_ += value ? "true" : "false";
  return *this;
}

jsonl_writer& jsonl_writer::null(std::string_view key) {
  begin_member(key);
  *target_ += "null";
  return *this;
}

jsonl_writer& jsonl_writer::json(std::string_view key, std::string_view value) {
  begin_member(key);
  *target_ += value;
  return *this;
}

void jsonl_writer::end_object() {
  *target_ += has_members_ ? "}\n" : "{}\n";
  has_members_ = false;
}

void jsonl_writer::begin_member(std::string_view key) {
  target_->push_back(has_members_ ? ',' : '{');
  has_members_ = true;
  append_json_string(*target_, key);
  target_->push_back(':');
}

} // namespace troupe::runtime
