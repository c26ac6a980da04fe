#pragma once

#include "runtime/tabular/byte_source.hpp"
#include "runtime/tabular/record_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Whole records, as text. Owns its bytes, so it can be parsed by any thread;
/// hand it back to the splitter to reuse its memory.
struct record_chunk {
  /// Readable zero bytes after the text, so that parsers may load ahead.
  static constexpr std::size_t padding_bytes = 64;

  /// The text is the first `size` bytes; at least `padding_bytes` follow.
  std::string bytes;
  std::size_t size = 0;
  /// Records in the text.
  std::size_t records = 0;
  /// 1-based number of the first record; a CSV header is not counted once
  /// csv_reader has taken it.
  std::uint64_t first_record = 1;
  /// 1-based physical line on which the text begins.
  std::uint64_t first_line = 1;
  /// Bytes of the stream before the text.
  std::uint64_t first_byte = 0;
  /// For problems.
  std::string file;

  [[nodiscard]] std::string_view text() const noexcept {
    return {bytes.data(), size};
  }
};

/// A chunk of its own that holds `text`; counts its records.
[[nodiscard]] record_chunk make_chunk(std::string_view text,
                                      record_format format);

/// An invalid_input problem with the file, and the line and column in bytes of
/// the byte at `offset` of the chunk's text.
[[nodiscard]] problem problem_at(const record_chunk& chunk, std::size_t offset,
                                 std::string message, std::string hint = {});

struct splitter_options {
  record_format format = record_format::csv;
  /// For problems.
  std::string file;
  /// A chunk ends at the first of these, but holds at least one record.
  std::size_t records_max = std::numeric_limits<std::size_t>::max();
  std::size_t bytes_max = std::size_t{4} << 20;
  /// A longer record, line end included, is a problem, found without reading
  /// all of it. At most 1 GiB.
  std::size_t record_bytes_max = std::size_t{16} << 20;
};

/// Cuts a stream of bytes into chunks that end where a record ends. A CSV
/// record ends at a line end outside quotes, a JSONL record at each line end;
/// the last one may lack it. Line ends are LF or CRLF. A UTF-8 byte-order mark
/// is skipped. Problems (invalid_input, with the line): UTF-16 or UTF-32, NUL
/// bytes, bytes that are not UTF-8, a record longer than allowed. An empty
/// stream has no records.
class record_splitter {
public:
  record_splitter(byte_source source, splitter_options options);

  /// Fills `chunk` with the next records; false at the end. After a problem
  /// the splitter must not be used any more.
  [[nodiscard]] outcome<bool> next(record_chunk& chunk);

  /// The same with another limit of records for this one chunk.
  [[nodiscard]] outcome<bool> next(record_chunk& chunk,
                                   std::size_t records_max);

private:
  [[nodiscard]] outcome<void> start();
  void take_from_carry(record_chunk& chunk, scan_state& state,
                       std::size_t records_max);
  [[nodiscard]] outcome<void> read_more(record_chunk& chunk,
                                        std::size_t records_max);
  [[nodiscard]] bool is_enough(const record_chunk& chunk,
                               const scan_state& state,
                               std::size_t records_max) const;
  [[nodiscard]] outcome<bool> hand_out(record_chunk& chunk,
                                       const scan_state& state);
  [[nodiscard]] std::size_t read_size(std::size_t have,
                                      std::size_t records_max) const;

  byte_source source_;
  splitter_options options_;
  std::string carry_; // Read, but not handed out yet: [carry_at_, end).
  std::size_t carry_at_ = 0;
  std::uint64_t next_record_ = 1;
  std::uint64_t next_line_ = 1;
  std::uint64_t next_byte_ = 0; // Of the stream.
  std::uint64_t bytes_handed_out_ = 0;
  bool started_ = false;
  bool ended_ = false; // The source has no more bytes.
};

} // namespace troupe::runtime
