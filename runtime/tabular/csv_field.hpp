#pragma once

#include "runtime/problem.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

/// The grammar of one CSV field, shared by the readers of rows and of columns.
/// Texts are those of a record_chunk: loads may run into its padding.
namespace troupe::runtime {

static_assert(std::endian::native == std::endian::little,
              "the first character must be the lowest byte of a word");

/// Eight characters as a number, the first one in the lowest byte.
inline std::uint64_t load_word(const char* at) noexcept {
  auto word = std::uint64_t{0};
  std::memcpy(&word, at, sizeof(word));
  return word;
}

/// The high bit of each byte that is zero. Bits above the first set one may be
/// wrong.
inline std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;
}

/// The first comma, quote, carriage return or line feed, else `end`.
inline const char* find_special(const char* at, const char* end) noexcept {
  constexpr auto each = std::uint64_t{0x0101010101010101};
  while (at < end) {
    const auto word = load_word(at);
    const auto found
      = zero_bytes(word ^ (each * ',')) | zero_bytes(word ^ (each * '"'))
        | zero_bytes(word ^ (each * '\r')) | zero_bytes(word ^ (each * '\n'));
    if (found != 0) {
      const auto* place = at + std::countr_zero(found) / 8;
      return place < end ? place : end;
    }
    at += sizeof(word);
  }
  return end;
}

enum class csv_fault : std::uint8_t {
  none,
  quote_in_field,
  text_after_quote,
  unclosed_quote,
  lone_return,
};

struct csv_field {
  /// The content, without its quotes.
  const char* begin = nullptr;
  const char* end = nullptr;
  /// The comma, line end or end of text behind the field; the byte at fault.
  const char* next = nullptr;
  /// The content holds doubled quotes.
  bool has_escapes = false;
};

/// Whether a field may end here.
inline csv_fault check_field_end(const char* at, const char* end,
                                 csv_fault otherwise) noexcept {
  if (at == end || *at == ',' || *at == '\n')
    return csv_fault::none;
  if (*at != '\r')
    return otherwise;
  return at + 1 < end && at[1] == '\n' ? csv_fault::none
                                       : csv_fault::lone_return;
}

inline csv_fault read_quoted_field(const char* at, const char* end,
                                   csv_field& field) noexcept {
  field.begin = at + 1;
  field.has_escapes = false;
  const auto* from = field.begin;
  while (true) {
    const auto* quote = static_cast<const char*>(
      std::memchr(from, '"', static_cast<std::size_t>(end - from)));
    if (quote == nullptr) {
      field.next = at;
      return csv_fault::unclosed_quote;
    }
    if (quote + 1 == end || quote[1] != '"') {
      field.end = quote;
      field.next = quote + 1;
      return check_field_end(field.next, end, csv_fault::text_after_quote);
    }
    field.has_escapes = true;
    from = quote + 2;
  }
}

/// Reads the field that begins at `at`, which may be `end`.
inline csv_fault read_csv_field(const char* at, const char* end,
                                csv_field& field) noexcept {
  if (at < end && *at == '"')
    return read_quoted_field(at, end, field);
  field.begin = at;
  field.end = find_special(at, end);
  field.next = field.end;
  field.has_escapes = false;
  return check_field_end(field.next, end, csv_fault::quote_in_field);
}

/// Appends the content of a field with its doubled quotes made single.
void append_unescaped(std::string& text, const csv_field& field);

[[nodiscard]] problem field_problem(const record_chunk& chunk,
                                    const char* where, csv_fault fault);

/// For the row that begins at `row` and has too many or too few fields.
[[nodiscard]] problem ragged_problem(const record_chunk& chunk, const char* row,
                                     std::size_t columns);

} // namespace troupe::runtime
