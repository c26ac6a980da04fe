#pragma once

#include "runtime/problem.hpp"

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::runtime {

/// How important a message is. `off` is a threshold only.
enum class log_level : std::uint8_t {
  trace, ///< Every message between actors.
  debug, ///< What a developer asks for.
  info, ///< What an operator understands without knowing the internals.
  warning, ///< Something that works, but not as it should.
  error, ///< Something that failed and that nobody made up for.
  off,
};

[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// The level of that name; `invalid_input` otherwise.
[[nodiscard]] outcome<log_level> parse_log_level(std::string_view name);

/// A fact that belongs to a message, for machines. Borrows its texts until the
/// end of the call.
struct log_field {
  using value_type
    = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  std::string_view name;
  value_type value;

  log_field(std::string_view field_name, std::string_view text) noexcept
    : name{field_name}, value{text} {}
  log_field(std::string_view field_name, const char* text) noexcept
    : name{field_name}, value{std::string_view{text}} {}
  log_field(std::string_view field_name, const std::string& text) noexcept
    : name{field_name}, value{std::string_view{text}} {}
  log_field(std::string_view field_name, bool truth) noexcept
    : name{field_name}, value{truth} {}
  log_field(std::string_view field_name,
            std::floating_point auto number) noexcept
    : name{field_name}, value{static_cast<double>(number)} {}
  log_field(std::string_view field_name,
            std::signed_integral auto number) noexcept
    : name{field_name}, value{static_cast<std::int64_t>(number)} {}
  log_field(std::string_view field_name,
            std::unsigned_integral auto number) noexcept
    : name{field_name}, value{static_cast<std::uint64_t>(number)} {}
};

using log_fields = std::initializer_list<log_field>;

namespace detail {

/// Least important level that goes anywhere.
extern std::atomic<log_level> log_threshold;

void write_log(log_level level, std::string_view logger,
               std::string_view message, log_fields fields) noexcept;

} // namespace detail

/// Whether messages of this level go anywhere; one relaxed load. Ask before
/// building an expensive message.
[[nodiscard]] inline bool is_logged(log_level level) noexcept {
  return level >= detail::log_threshold.load(std::memory_order_relaxed);
}

/// Logs a sentence, for example
/// `log(log_level::info, "scoring", "run stored", {{"run", id}, {"items",
/// n}})`. Any thread, any time; before `start_logging` warnings and errors go
/// to stderr. Never fails towards the caller.
inline void log(log_level level, std::string_view logger,
                std::string_view message, log_fields fields = {}) noexcept {
  if (is_logged(level))
    detail::write_log(level, logger, message, fields);
}

inline void log_debug(std::string_view logger, std::string_view message,
                      log_fields fields = {}) noexcept {
  log(log_level::debug, logger, message, fields);
}

inline void log_info(std::string_view logger, std::string_view message,
                     log_fields fields = {}) noexcept {
  log(log_level::info, logger, message, fields);
}

inline void log_warning(std::string_view logger, std::string_view message,
                        log_fields fields = {}) noexcept {
  log(log_level::warning, logger, message, fields);
}

inline void log_error(std::string_view logger, std::string_view message,
                      log_fields fields = {}) noexcept {
  log(log_level::error, logger, message, fields);
}

} // namespace troupe::runtime
