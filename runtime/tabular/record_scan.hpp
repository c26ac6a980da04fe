#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::runtime {

enum class record_format : std::uint8_t { csv, jsonl };

/// What kinds of bytes a scan met, as bits.
enum scan_seen : unsigned {
  seen_nul = 1U,
  seen_non_ascii = 2U,
};

/// Where a scan stands. Start from a default one at a record's first byte.
struct scan_state {
  /// Bytes scanned so far.
  std::size_t at = 0;
  /// Offset behind the last record end found; 0: none yet.
  std::size_t end = 0;
  /// Record ends found, and line feeds up to `end` and up to `at`.
  std::size_t records = 0;
  std::size_t lines = 0;
  std::size_t lines_at = 0;
  /// Whether `at` is inside quotes (CSV only).
  bool in_quotes = false;
  /// Bits of scan_seen.
  unsigned seen = 0;

  friend bool operator==(const scan_state&, const scan_state&) = default;
};

/// Goes on from state.at to the end of the text, or to behind record end number
/// `records_max`. Counts all line feeds, in quotes or not. Vector
/// instructions of the processor it runs on.
void scan_records(std::string_view text, record_format format,
                  std::size_t records_max, scan_state& state);

/// The same, byte by byte: the definition.
void scan_records_plain(std::string_view text, record_format format,
                        std::size_t records_max, scan_state& state);

} // namespace troupe::runtime
