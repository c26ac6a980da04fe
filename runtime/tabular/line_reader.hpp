#pragma once

#include "runtime/tabular/record_splitter.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::runtime {

/// Walks over the lines of a JSONL chunk. Blank lines are passed over. Each
/// text is followed by at least record_chunk::padding_bytes readable bytes, as
/// parsers like simdjson want it.
class line_cursor {
public:
  /// The chunk must outlive the cursor and stay unchanged.
  explicit line_cursor(const record_chunk& chunk) noexcept : chunk_{&chunk} {}

  /// Moves to the next line that is not blank; false after the last.
  [[nodiscard]] bool next() noexcept;

  /// The line without its line end.
  [[nodiscard]] std::string_view text() const noexcept {
    return text_;
  }

  /// 1-based physical line.
  [[nodiscard]] std::uint64_t line() const noexcept {
    return chunk_->first_line + lines_read_ - 1;
  }

private:
  const record_chunk* chunk_;
  std::size_t at_ = 0;
  std::uint64_t lines_read_ = 0;
  std::string_view text_;
};

} // namespace troupe::runtime
