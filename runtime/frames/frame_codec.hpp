#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Longer frames are refused before anything is allocated for them.
inline constexpr auto frame_bytes_max = std::size_t{16} << 20;

/// Appends a frame: four bytes of length, the highest first, then the payload,
/// which is no longer than `frame_bytes_max`.
void append_frame(std::string& to, std::string_view payload);

/// Cuts a stream of bytes into frames.
class frame_reader {
public:
  void feed(std::string_view bytes);

  /// The next whole frame, valid until `feed`; nothing until there is one.
  /// `invalid_input` when one is announced that is too long: what follows is
  /// none of ours.
  [[nodiscard]] outcome<std::optional<std::string_view>> next();

  /// Bytes of a frame that has not come to its end.
  [[nodiscard]] std::size_t pending() const noexcept {
    return bytes_.size() - begin_;
  }

private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

} // namespace troupe::runtime
