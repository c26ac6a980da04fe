#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace troupe::cluster {

/// Decides which refusals are told: the first of a host and a reason at once,
/// then at most one in a while, with the number of those in between. Bounded
/// whatever comes. Pure: the time comes in.
class refusal_log {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit refusal_log(std::chrono::milliseconds quiet
                       = std::chrono::minutes{1}) noexcept
    : quiet_{quiet} {}

  /// How many of the kind were not told since the last; nothing: do not tell.
  [[nodiscard]] std::optional<std::uint64_t>
  note(const std::string& host, const std::string& reason, time_point now);

private:
  struct history {
    time_point told_at;
    std::uint64_t untold = 0;
  };

  std::chrono::milliseconds quiet_;
  std::map<std::pair<std::string, std::string>, history> kinds_;
};

} // namespace troupe::cluster
