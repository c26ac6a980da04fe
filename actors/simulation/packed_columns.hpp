#pragma once

#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/year_row_columns.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// Entries of one block that can be packed.
inline constexpr auto packed_count_max = std::size_t{1} << 24U;

// Columns of one block as bytes, a fraction of the memory they take: a header
// with a version, a checksum and the count, then column by column what
// packed_integers.hpp makes of them. Nothing is lost. Each appends, and
// requires at most packed_count_max entries.
void pack_events(const event_columns& events, std::string& to);
void pack_rows(const year_row_columns& rows, std::string& to);
void pack_people(const people_view& staff, std::string& to);

// The columns again. Bytes that are damaged, of another version or of other
// columns are a problem (failed), and so are values that no simulation makes;
// none of them makes it take more memory than their count would.
[[nodiscard]] runtime::outcome<event_columns>
unpack_events(std::string_view bytes);
[[nodiscard]] runtime::outcome<year_row_columns>
unpack_rows(std::string_view bytes);
[[nodiscard]] runtime::outcome<people> unpack_people(std::string_view bytes);

// Bytes that the entries take in memory.
[[nodiscard]] std::uint64_t raw_bytes(const event_columns& events) noexcept;
[[nodiscard]] std::uint64_t raw_bytes(const year_row_columns& rows) noexcept;
[[nodiscard]] std::uint64_t raw_bytes(const people_view& staff) noexcept;

} // namespace troupe::simulation
