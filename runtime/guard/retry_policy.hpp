#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

enum class retry_jitter : std::uint8_t {
  none,
  /// Uniform from zero to the bound (Brooker, Exponential Backoff and Jitter,
  /// 2015).
  full,
  /// Half of the bound, and uniform up to all of it.
  equal,
};

/// How often and how soon to try again.
struct retry_schedule {
  /// With the first one; at least 1.
  std::uint32_t attempts = 3;
  /// Bound of the delay before the second attempt; times `factor` before each
  /// further one, up to `cap`.
  std::chrono::nanoseconds initial{std::chrono::seconds{1}};
  double factor = 2.0;
  std::chrono::nanoseconds cap{std::chrono::minutes{1}};
  retry_jitter jitter = retry_jitter::full;

  friend bool operator==(const retry_schedule&, const retry_schedule&)
    = default;
};

struct retry_options {
  retry_schedule schedule;
  /// The kinds of errors that are worth another attempt; empty: all.
  std::vector<std::string> on;
  /// Kinds that have a schedule of their own; they are worth another attempt
  /// too.
  std::map<std::string, retry_schedule, std::less<>> kinds;

  friend bool operator==(const retry_options&, const retry_options&) = default;
};

/// Zero to `bound`, both included, by a draw that is uniform over its type.
[[nodiscard]] std::chrono::nanoseconds
scale_draw(std::uint64_t draw, std::chrono::nanoseconds bound) noexcept;

/// min(cap, initial * factor^(failures - 1)), for 1 failure or more.
[[nodiscard]] std::chrono::nanoseconds
backoff_bound(const retry_schedule& schedule, std::uint32_t failures) noexcept;

/// Whether and when a failed call is tried again. Holds no state.
class retry_policy {
public:
  explicit retry_policy(retry_options options) : options_{std::move(options)} {}

  /// The delay before the next attempt after `failures` failed ones, the last
  /// of this kind; nothing when it is not worth one, or was the last.
  [[nodiscard]] std::optional<std::chrono::nanoseconds>
  delay(std::string_view kind, std::uint32_t failures,
        std::uint64_t draw) const;

  /// Whether an error of this kind is worth another attempt at all.
  [[nodiscard]] bool is_retried(std::string_view kind) const;

private:
  retry_options options_;
};

} // namespace troupe::runtime
