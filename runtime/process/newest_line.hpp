#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// The newest complete line of a stream of bytes, in bounded memory. Older
/// lines and lines that are too long are dropped.
class newest_line {
public:
  static constexpr auto line_bytes_max = std::size_t{4} << 10;

  void append(std::string_view text);

  /// A complete line that was not taken yet, without its end. Never empty.
  [[nodiscard]] std::optional<std::string> take();

  [[nodiscard]] bool has_line() const noexcept {
    return line_.has_value();
  }

private:
  void end_line();

  std::optional<std::string> line_;
  std::string rest_;
  bool is_too_long_ = false;
};

} // namespace troupe::runtime
