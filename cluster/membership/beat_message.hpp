#pragma once

#include "cluster/membership/membership_actions.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// Longest beat that is read; the longest that is sent has a quarter of that.
inline constexpr auto beat_bytes_max = std::size_t{64} << 10;
/// Most records in one that is read.
inline constexpr auto beat_members_max = std::size_t{256};
/// Longer ages and latenesses are not told.
inline constexpr auto beat_age_max
  = std::chrono::microseconds{std::chrono::days{365}};

/// A beat as it travels (messages/membership.proto).
[[nodiscard]] std::string write_beat(const beat& what);

/// The beat in bytes that anybody may have sent; `invalid_input` unless all of
/// it can be one. Records may still not be plausible: `membership` leaves those
/// out.
[[nodiscard]] runtime::outcome<beat> read_beat(std::string_view bytes);

} // namespace troupe::cluster
