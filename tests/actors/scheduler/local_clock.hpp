#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tests {

/// What a clock on the wall shows.
struct wall_reading {
  std::int64_t utc = 0; ///< Seconds since 1970.
  std::int64_t local = 0; ///< The same count for what the clock shows.
  int year = 0;
  int month = 0; ///< 1 to 12.
  int day = 0; ///< 1 to 31.
  int hour = 0;
  int minute = 0;
  int second = 0;
  int day_of_week = 0; ///< Sunday is 0.
};

/// Local time by the C library, which shares no code with ours. Changes the
/// zone of the process while it lives.
class local_clock {
public:
  explicit local_clock(const std::string& zone);
  local_clock(const local_clock&) = delete;
  local_clock& operator=(const local_clock&) = delete;
  ~local_clock();

  [[nodiscard]] wall_reading read(std::int64_t utc) const;

  /// The first instants of new offsets, from `begin` to `end`.
  [[nodiscard]] std::vector<std::int64_t> changes(std::int64_t begin,
                                                  std::int64_t end) const;
};

/// A reading of the local time `local` in a place that never changes clocks.
[[nodiscard]] wall_reading reading_of(std::int64_t local);

} // namespace troupe::tests
