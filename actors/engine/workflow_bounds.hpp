#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// How much a workflow may hold. Beyond any of these it is refused.
namespace troupe::engine::workflow_bounds {

inline constexpr auto steps_max = std::size_t{10'000};
/// Of all steps together.
inline constexpr auto needs_max = std::size_t{100'000};
inline constexpr auto inputs_max = std::size_t{1'000};
inline constexpr auto name_bytes_max = std::size_t{128};
inline constexpr auto description_bytes_max = std::size_t{16'384};
inline constexpr auto attempts_max = std::int64_t{10'000};
inline constexpr auto factor_max = 1'000.0;
inline constexpr auto parallel_max = std::int64_t{10'000};
inline constexpr auto runs_max = std::int64_t{100'000};
inline constexpr auto processors_max = 65'536.0;
inline constexpr auto units_max = std::int64_t{1'000'000'000};
/// Ten years: longer waits are not meant.
inline constexpr auto duration_max
  = std::chrono::milliseconds{std::chrono::hours{24 * 3'653}};
/// More problems of one file are counted, not told.
inline constexpr auto problems_max = std::size_t{100};

} // namespace troupe::engine::workflow_bounds
