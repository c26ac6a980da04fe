#include "runtime/logging/logging.hpp"

#include "runtime/logging/log_record.hpp"
#include "runtime/logging/redaction.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto level_names = std::array<std::string_view, 6>{
  "trace", "debug", "info", "warning", "error", "off"};

constexpr auto file_bytes_min = std::size_t{1024};

/// Lines of ours through a sink of spdlog, which adds their ends. Knows whether
/// the last write failed.
class line_writer {
public:
  explicit line_writer(const spdlog::sink_ptr& sink)
    : logger_{std::make_unique<spdlog::logger>("", sink)} {
    logger_->set_pattern("%v");
    logger_->set_error_handler(
      [this](const std::string& reason) { failure_ = reason; });
  }

  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// The reason of the failure, if it did not work.
  std::optional<std::string> write(const std::string& line, bool is_urgent) {
    failure_.reset();
    logger_->log(spdlog::level::info,
                 spdlog::string_view_t{line.data(), line.size()});
    if (is_urgent && !failure_)
      logger_->flush();
    return failure_;
  }

  void flush() {
    logger_->flush();
  }

private:
  std::unique_ptr<spdlog::logger> logger_;
  std::optional<std::string> failure_;
};

/// All of the process's logging. Its users hold `guard`.
struct logging_state {
  std::mutex guard;
  redactor hide;
  std::string node;
  log_color color = log_color::never;
  std::unique_ptr<line_writer> console;
  std::unique_ptr<line_writer> file;
  bool is_file_failing = false;
};

/// Never destroyed, so that destructors of other globals may still log; the C
/// library writes out the open file at exit.
logging_state& state() {
  static auto* const instance = new logging_state;
  return *instance;
}

std::atomic<std::uint64_t> lost_messages{0};

line_writer& console_of(logging_state& all) {
  if (!all.console)
    all.console = std::make_unique<line_writer>(
      std::make_shared<spdlog::sinks::stderr_sink_st>());
  return *all.console;
}

void write_console(logging_state& all, const log_record& record) {
  const auto is_colored = all.color == log_color::always;
  console_of(all).write(render_log_text(record, is_colored), true);
}

/// Tells the console about the first failure of the file, then keeps silent
/// until the file works again.
void write_file(logging_state& all, const log_record& record) {
  const auto is_urgent = record.level >= log_level::info;
  const auto failure = all.file->write(render_log_json(record), is_urgent);
  if (failure) {
    lost_messages.fetch_add(1, std::memory_order_relaxed);
    if (!all.is_file_failing) {
      auto notice = log_record{};
      notice.time = record.time;
      notice.level = log_level::error;
      notice.node = record.node;
      notice.logger = "logging";
      notice.message = "cannot write the log file: " + *failure;
      write_console(all, notice);
    }
  }
  all.is_file_failing = failure.has_value();
}

/// Creates the file if need be, which tells more about a failure than spdlog.
outcome<void> check_file(const std::string& path) {
  const auto descriptor
    = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor >= 0) {
    ::close(descriptor);
    return {};
  }
  const auto code = errno;
  auto reason = problem{};
  if (code == EACCES || code == EPERM || code == EROFS)
    reason.kind = problem_kind::denied;
  else if (code == ENOENT || code == ENOTDIR)
    reason.kind = problem_kind::not_found;
  reason.file = path;
  reason.message
    = "cannot open the log file: " + std::generic_category().message(code);
  if (reason.kind == problem_kind::not_found)
    reason.hint = "the folder must exist";
  return fail(std::move(reason));
}

outcome<std::unique_ptr<line_writer>>
open_file(const logging_options& options) {
  if (options.files_max == 0 || options.file_bytes_max < file_bytes_min)
    return fail(problem_kind::invalid_input,
                "a log needs at least one file of at least 1024 bytes");
  if (const auto checked = check_file(options.file); !checked)
    return fail(checked.error());
  try {
    return std::make_unique<line_writer>(
      std::make_shared<spdlog::sinks::rotating_file_sink_st>(
        options.file, options.file_bytes_max, options.files_max - 1));
  } catch (const std::exception& wrong) {
    auto reason = problem{};
    reason.file = options.file;
    reason.message = std::string{"cannot open the log file: "} + wrong.what();
    return fail(std::move(reason));
  }
}

} // namespace

namespace detail {

std::atomic<log_level> log_threshold{log_level::warning};

void write_log(log_level level, std::string_view logger,
               std::string_view message, log_fields fields) noexcept {
  if (level >= log_level::off)
    return;
  try {
    auto record = log_record{};
    record.time = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
    record.level = level;
    auto& all = state();
    const auto lock = std::lock_guard{all.guard};
    record.node = all.node;
    record.logger = make_text(logger, all.hide, log_record::name_bytes_max);
    record.message
      = make_text(message, all.hide, log_record::message_bytes_max);
    record.fields = make_fields(fields, all.hide);
    write_console(all, record);
    if (all.file)
      write_file(all, record);
  } catch (const std::exception&) {
    // Out of memory, say. Nobody is left to tell, but it can be counted.
    lost_messages.fetch_add(1, std::memory_order_relaxed);
  }
}

} // namespace detail

std::string_view to_string(log_level level) noexcept {
  const auto index = static_cast<std::size_t>(level);
  return index < level_names.size() ? level_names[index] : "off";
}

outcome<log_level> parse_log_level(std::string_view name) {
  for (auto i = std::size_t{0}; i < level_names.size(); ++i)
    if (level_names[i] == name)
      return static_cast<log_level>(i);
  return fail(problem_kind::invalid_input,
              "no log level \"" + std::string{name} + "\"",
              "known: trace, debug, info, warning, error, off");
}

log_color choose_color(std::string_view setting, bool is_terminal,
                       std::string_view no_color) {
  if (setting == "always")
    return log_color::always;
  const auto is_wanted = setting != "never" && is_terminal && no_color.empty();
  return is_wanted ? log_color::always : log_color::never;
}

outcome<void> start_logging(const logging_options& options) {
  auto file = std::unique_ptr<line_writer>{};
  if (!options.file.empty()) {
    auto opened = open_file(options);
    if (!opened)
      return fail(std::move(opened.error()));
    file = std::move(*opened);
  }
  auto& all = state();
  const auto lock = std::lock_guard{all.guard};
  if (all.file)
    all.file->flush();
  all.file = std::move(file);
  all.is_file_failing = false;
  all.color = options.color;
  detail::log_threshold.store(options.level, std::memory_order_relaxed);
  return {};
}

void log_as_node(std::string_view name) {
  auto& all = state();
  const auto lock = std::lock_guard{all.guard};
  all.node = name;
}

void hide_in_logs(std::string_view secret_value) {
  auto& all = state();
  const auto lock = std::lock_guard{all.guard};
  all.hide.add_value(secret_value);
}

void flush_logs() noexcept {
  auto& all = state();
  const auto lock = std::lock_guard{all.guard};
  if (all.file)
    all.file->flush();
}

void stop_logging() noexcept {
  auto& all = state();
  const auto lock = std::lock_guard{all.guard};
  if (all.file)
    all.file->flush();
  all.file.reset();
  all.is_file_failing = false;
  all.node.clear();
  all.color = log_color::never;
  detail::log_threshold.store(log_level::warning, std::memory_order_relaxed);
}

std::uint64_t lost_log_messages() noexcept {
  return lost_messages.load(std::memory_order_relaxed);
}

} // namespace troupe::runtime
