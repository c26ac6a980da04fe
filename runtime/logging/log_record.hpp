#pragma once

#include "runtime/logging/log.hpp"
#include "runtime/logging/redaction.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// A message as it may be shown: secrets hidden, every part of bounded length,
/// all of it valid UTF-8.
struct log_record {
  static constexpr auto message_bytes_max = std::size_t{8} << 10;
  static constexpr auto value_bytes_max = std::size_t{2} << 10;
  static constexpr auto name_bytes_max = std::size_t{64};
  static constexpr auto fields_max = std::size_t{32};

  struct field {
    std::string name;
    std::string value;
    /// In JSON, `value` stands for itself (a number or truth value).
    bool is_plain = false;
  };

  std::chrono::sys_time<std::chrono::milliseconds> time;
  log_level level = log_level::info;
  std::string node; ///< Of a cluster, that this process is; empty: none.
  std::string logger;
  std::string message;
  std::vector<field> fields;
};

/// What a caller said, made fit to be shown.
[[nodiscard]] std::vector<log_record::field> make_fields(log_fields fields,
                                                         const redactor& hide);

/// Hides secrets first, so that cutting cannot leave half of one.
[[nodiscard]] std::string make_text(std::string_view text, const redactor& hide,
                                    std::size_t bytes_max);

/// "TIME LEVEL [NODE] LOGGER: MESSAGE NAME=VALUE ...", one line without its
/// end, in which no character moves the cursor.
[[nodiscard]] std::string render_log_text(const log_record& record,
                                          bool is_colored);

/// {"time": RFC 3339 UTC, "level", "node", "logger", "message", "fields":
/// {...}} in one line without its end.
[[nodiscard]] std::string render_log_json(const log_record& record);

} // namespace troupe::runtime
