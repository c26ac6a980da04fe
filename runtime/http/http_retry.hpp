#pragma once

#include "runtime/clock.hpp"
#include "runtime/http/http_message.hpp"

#include <chrono>
#include <optional>

namespace troupe::runtime {

/// Whether the same request may succeed later: 408, 425, 429, 500, 502, 503,
/// 504. Only for requests that may be repeated.
[[nodiscard]] bool is_retryable(int status) noexcept;

/// The same of a request that got no reply: timeout or unavailable.
[[nodiscard]] bool is_retryable(const problem& failure) noexcept;

/// How long the server asks to wait (Retry-After: seconds, or a date, which is
/// compared with `now`); nothing if it does not, or not legibly. Never
/// negative; at most a day.
[[nodiscard]] std::optional<std::chrono::milliseconds>
retry_after(const http_reply& reply, clock::wall_time now);

struct backoff_policy {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
};

/// How long to wait after the attempt-th failure (from 1): between half and all
/// of a time that doubles; `chance` in [0, 1) chooses.
[[nodiscard]] std::chrono::milliseconds
backoff(std::size_t attempt, double chance, const backoff_policy& policy = {});

} // namespace troupe::runtime
