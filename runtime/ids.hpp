#pragma once

#include "runtime/clock.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// A UUID of version 7 (RFC 9562): sorts by the time it was made.
class uuid {
public:
  /// The nil UUID.
  constexpr uuid() = default;

  constexpr explicit uuid(std::array<std::uint8_t, 16> bytes) noexcept
    : bytes_{bytes} {}

  /// Reads the 36-character form, in either case.
  [[nodiscard]] static std::optional<uuid> parse(std::string_view text);

  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept {
    return bytes_;
  }

  friend auto operator<=>(const uuid&, const uuid&) = default;

private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// The 36-character form in lower case.
[[nodiscard]] std::string to_string(const uuid& id);

/// Makes UUIDs of version 7 that grow strictly, even within a millisecond and
/// when the clock goes back: 48 bits of milliseconds, 12 bits of counter,
/// 62 bits from `random` (RFC 9562, section 6.2, method 1). Not thread-safe.
class uuid_generator {
public:
  using random_source = std::function<std::uint64_t()>;

  /// `time` must outlive the generator; `random` returns 64 fresh bits.
  uuid_generator(const clock& time, random_source random);

  /// Draws from the machine's random device.
  explicit uuid_generator(const clock& time);

  [[nodiscard]] uuid next();

private:
  const clock* time_;
  random_source random_;
  std::uint64_t last_millisecond_ = 0;
  std::uint32_t counter_ = 0;
};

} // namespace troupe::runtime
