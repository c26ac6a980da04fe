#pragma once

#include "runtime/process/newest_line.hpp"
#include "runtime/process/process_launch.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace troupe::runtime {

/// A launched process up to its end. Nothing here blocks; the caller waits for
/// the descriptors and passes in the time.
///
///              stop                grace is over
///     running -----> terminating ---------------> killed
///        |                |                          |
///        +----------------+------------+-------------+
///                                      v   it ended
///                                  lingering --> over
///
/// A process that ended lingers while something it started keeps its output
/// open; what is then left of its group is killed.
class watched_process {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// What a descriptor is about.
  enum class source : std::uint8_t { end, out, err, side };
  static constexpr auto sources
    = std::array{source::end, source::out, source::err, source::side};

  /// Between two lines that are reported.
  static constexpr auto line_interval = std::chrono::milliseconds{100};

  watched_process(launched_process launched, const process_request& request,
                  std::chrono::milliseconds linger, time_point now);
  watched_process(const watched_process&) = delete;
  watched_process& operator=(const watched_process&) = delete;

  /// Kills and reaps it, if `finish` was not called.
  ~watched_process();

  [[nodiscard]] pid_t pid() const noexcept {
    return pid_;
  }

  /// To wait for reading on; -1: closed, or none.
  [[nodiscard]] int descriptor(source what) const noexcept {
    return descriptors_[static_cast<std::size_t>(what)].get();
  }

  /// Takes in what there is to read.
  void on_readable(source what, time_point now);

  /// Does what is due.
  void on_time(time_point now);

  /// When to call `on_time`.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  void stop(std::chrono::milliseconds grace, time_point now);

  /// A line to report now, if any; at the end, the last one in any case.
  [[nodiscard]] std::optional<std::string> take_line(time_point now);

  /// Nothing more is to be expected: call `finish`.
  [[nodiscard]] bool is_over() const noexcept {
    return is_over_;
  }

  /// Kills what is left of the group and reaps the process; returns at once if
  /// it is over, else when the kernel has removed the process.
  [[nodiscard]] process_result finish(time_point now);

private:
  void read(source what);
  void on_ended(time_point now);
  void send_signal(int number) noexcept;
  void kill_group() noexcept;
  [[nodiscard]] bool is_output_closed() const noexcept;
  file_descriptor& slot(source what) noexcept {
    return descriptors_[static_cast<std::size_t>(what)];
  }

  pid_t pid_;
  std::array<file_descriptor, 4> descriptors_;
  output_capture out_;
  output_capture err_;
  newest_line lines_;
  overflow_policy on_out_overflow_;
  std::chrono::milliseconds linger_;
  time_point started_at_;
  bool was_stopped_ = false;
  bool was_too_loud_ = false;
  bool has_ended_ = false;
  bool is_over_ = false;
  bool is_reaped_ = false;
  std::optional<time_point> kill_at_;
  std::optional<time_point> over_at_;
  time_point next_line_at_;
};

} // namespace troupe::runtime
