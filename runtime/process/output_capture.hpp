#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// How much of what a process writes is kept. Between head and tail, bytes are
/// counted and dropped.
struct capture_limits {
  std::size_t head_bytes_max = std::size_t{1} << 20;
  std::size_t tail_bytes_max = 0;

  friend bool operator==(const capture_limits&, const capture_limits&)
    = default;
};

/// What was kept of a stream of bytes.
struct captured_output {
  /// The beginning.
  std::string head;
  /// The end, as far as it is not in the head; only follows the head directly
  /// if nothing was dropped.
  std::string tail;
  /// All that was written.
  std::uint64_t bytes = 0;

  [[nodiscard]] bool is_truncated() const noexcept {
    return bytes > head.size() + tail.size();
  }

  friend bool operator==(const captured_output&, const captured_output&)
    = default;
};

/// Keeps the beginning and the end of a stream in bounded memory: at most the
/// head and twice the tail.
class output_capture {
public:
  explicit output_capture(capture_limits limits = {}) noexcept
    : limits_{limits} {}

  void append(std::string_view text);

  /// Whether something did not fit into the head.
  [[nodiscard]] bool exceeds_head() const noexcept {
    return kept_.bytes > limits_.head_bytes_max;
  }

  /// What was kept; leaves an empty capture.
  [[nodiscard]] captured_output take();

private:
  capture_limits limits_;
  captured_output kept_;
};

} // namespace troupe::runtime
