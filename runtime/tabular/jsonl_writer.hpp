#pragma once

#include "runtime/tabular/numbers.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Appends a JSON string with its quotes. UTF-8 stays as it is; bytes that are
/// not UTF-8 become U+FFFD, so that the result is always JSON.
void append_json_string(std::string& text, std::string_view value);

/// Appends the number in the form of append_shortest; null when not finite.
void append_json_number(std::string& text, double value);

/// Appends flat JSON objects, one a line, to a string that the caller owns.
class jsonl_writer {
public:
  explicit jsonl_writer(std::string& target) noexcept : target_{&target} {}

  jsonl_writer& text(std::string_view key, std::string_view value);
  jsonl_writer& number(std::string_view key, double value);
  jsonl_writer& integer(std::string_view key, std::int64_t value);
  jsonl_writer& boolean(std::string_view key, bool value);
  jsonl_writer& null(std::string_view key);
  /// The value is JSON already, on one line.
  jsonl_writer& json(std::string_view key, std::string_view value);
  void end_object();

private:
  void begin_member(std::string_view key);

  std::string* target_;
  bool has_members_ = false;
};

} // namespace troupe::runtime
