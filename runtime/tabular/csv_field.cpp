#include "runtime/tabular/csv_field.hpp"

namespace troupe::runtime {

namespace {

std::size_t offset_of(const record_chunk& chunk, const char* where) {
  return static_cast<std::size_t>(where - chunk.bytes.data());
}

/// Counts the fields of the row; stops where its syntax is broken.
std::size_t count_fields(const record_chunk& chunk, const char* row) {
  const auto* end = chunk.bytes.data() + chunk.size;
  auto field = csv_field{};
  auto count = std::size_t{0};
  for (const auto* at = row;; at = field.next + 1) {
    ++count;
    if (read_csv_field(at, end, field) != csv_fault::none || field.next == end
        || *field.next != ',')
      return count;
  }
}

} // namespace

void append_unescaped(std::string& text, const csv_field& field) {
  const auto* from = field.begin;
  while (from < field.end) {
    const auto* quote = static_cast<const char*>(
      std::memchr(from, '"', static_cast<std::size_t>(field.end - from)));
    if (quote == nullptr) {
      text.append(from, field.end);
      return;
    }
    text.append(from, quote + 1);
    from = quote + 2;
  }
}

problem field_problem(const record_chunk& chunk, const char* where,
                      csv_fault fault) {
  const auto at = offset_of(chunk, where);
  switch (fault) {
    case csv_fault::quote_in_field:
      return problem_at(chunk, at, "quote inside a field without quotes",
                        "enclose the field in quotes and double those in it");
    case csv_fault::text_after_quote:
      return problem_at(chunk, at, "text after the closing quote of a field",
                        "double the quotes that belong to the text");
    case csv_fault::unclosed_quote:
      return problem_at(chunk, at, "quote is never closed",
                        "close it, or enclose the field in quotes and double "
                        "those in it");
    case csv_fault::lone_return:
      return problem_at(chunk, at, "carriage return without line feed",
                        "end lines with LF or CRLF, or enclose the field in "
                        "quotes");
    case csv_fault::none:
      break;
  }
  return problem_at(chunk, at, "malformed CSV", "write it as RFC 4180 says");
}

problem ragged_problem(const record_chunk& chunk, const char* row,
                       std::size_t columns) {
  const auto* end = chunk.bytes.data() + chunk.size;
  const auto is_blank = row == end || *row == '\n' || *row == '\r';
  if (is_blank && columns > 1)
    return problem_at(chunk, offset_of(chunk, row), "empty line",
                      "remove it: every row needs " + std::to_string(columns)
                        + " fields");
  const auto count = count_fields(chunk, row);
  return problem_at(
    chunk, offset_of(chunk, row),
    "row of " + std::to_string(count) + (count == 1 ? " field" : " fields")
      + " in a table of " + std::to_string(columns)
      + (columns == 1 ? " column" : " columns"),
    count > columns ? "enclose fields that hold commas in quotes"
                    : "write a comma for each missing field");
}

} // namespace troupe::runtime
