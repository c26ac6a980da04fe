#pragma once

#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/zone_rule.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

struct zone_data; // time_zone.cpp

/// What a clock on the wall shows.
using local_time = std::chrono::local_time<std::chrono::microseconds>;

/// The instants at which a clock on the wall shows a certain local time.
struct local_instants {
  enum class kind : std::uint8_t {
    unique,
    /// The clock is put forward past this time: both instants are that of the
    /// change, the first one after the gap.
    skipped,
    /// The clock is put back: the time is shown twice.
    repeated,
  };

  kind type = kind::unique;
  clock::wall_time first;
  clock::wall_time last;

  friend bool operator==(const local_instants&, const local_instants&)
    = default;
};

/// An IANA time zone. Cheap to copy, safe to share between threads. The data
/// is that of the machine when the process first asked; rules for the future
/// hold beyond the last listed clock change.
class time_zone {
public:
  /// UTC; needs no database.
  time_zone();

  /// `invalid_input` with the nearest name for an unknown one; `unavailable`
  /// when the machine has no time zone data. Reads a small file: keep the
  /// result.
  [[nodiscard]] static outcome<time_zone> find(std::string_view name);

  /// All names that `find` knows, in order.
  [[nodiscard]] static outcome<std::vector<std::string>> known_names();

  [[nodiscard]] const std::string& name() const noexcept;

  /// How far local time is ahead of UTC at `at`, and how long it was and
  /// stays so.
  [[nodiscard]] offset_period period_at(clock::wall_time at) const;

  [[nodiscard]] std::chrono::seconds offset_at(clock::wall_time at) const {
    return period_at(at).offset;
  }

  [[nodiscard]] local_time to_local(clock::wall_time at) const {
    return local_time{(at + offset_at(at)).time_since_epoch()};
  }

  [[nodiscard]] local_instants to_instants(local_time local) const;

  friend bool operator==(const time_zone& left,
                         const time_zone& right) noexcept {
    return left.name() == right.name();
  }

private:
  explicit time_zone(std::shared_ptr<const zone_data> data) noexcept;

  std::shared_ptr<const zone_data> data_;
};

} // namespace troupe::runtime
