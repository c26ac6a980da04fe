#pragma once

#include "runtime/logging/log.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

enum class log_color : std::uint8_t { never, always };

struct logging_options {
  /// Messages below this level cost one comparison.
  log_level level = log_level::warning;
  log_color color = log_color::never;
  /// Where JSON lines go beside the console; nowhere if empty.
  std::string file;
  /// Size at which the file becomes FILE.1, FILE.1 becomes FILE.2, ...
  std::size_t file_bytes_max = std::size_t{16} << 20;
  /// Files kept, the current one included; at least 1.
  std::size_t files_max = 5;
};

/// What to do about colours: `setting` is "auto", "always" or "never"; auto is
/// a terminal while NO_COLOR is unset or empty.
[[nodiscard]] log_color choose_color(std::string_view setting, bool is_terminal,
                                     std::string_view no_color);

/// Lets messages go to stderr as text and to the file as JSON lines; replaces
/// what was started before. `denied`, `not_found` or `failed` when the file
/// cannot be opened; then everything stays as it was.
[[nodiscard]] outcome<void> start_logging(const logging_options& options);

/// From now on every line says that this process is that node of a cluster, as
/// lines of many nodes come together; what a message says about a node is
/// another matter.
void log_as_node(std::string_view name);

/// Hides this value in every message from now on.
void hide_in_logs(std::string_view secret_value);

/// Writes what is still in memory to its file.
void flush_logs() noexcept;

/// Flushes, closes the file and returns to the state before `start_logging`.
/// Registered secrets stay hidden.
void stop_logging() noexcept;

/// Messages that a sink could not write, for example because the disk is full.
[[nodiscard]] std::uint64_t lost_log_messages() noexcept;

} // namespace troupe::runtime
