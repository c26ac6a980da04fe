#include "runtime/store/postgres_cells.hpp"

#include "runtime/store/postgres_parameters.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <libpq-fe.h>

namespace troupe::runtime {

namespace {

template <class Unsigned>
Unsigned read_unsigned(std::string_view bytes) {
  auto value = Unsigned{0};
  for (std::size_t i = 0; i < sizeof(Unsigned) && i < bytes.size(); ++i)
    value = static_cast<Unsigned>(static_cast<Unsigned>(value << 8)
                                  | static_cast<unsigned char>(bytes[i]));
  return value;
}

sqlite_type cell_type_of(unsigned type) noexcept {
  switch (type) {
    case postgres_type::boolean:
    case postgres_type::int2:
    case postgres_type::int4:
    case postgres_type::int8:
    case postgres_type::oid:
      return sqlite_type::integer;
    case postgres_type::float4:
    case postgres_type::float8:
    case postgres_type::numeric: // Whether it is whole, each value decides.
      return sqlite_type::real;
    case postgres_type::bytea:
      return sqlite_type::blob;
    case postgres_type::text:
    case postgres_type::varchar:
    case postgres_type::bpchar:
    case postgres_type::name:
    case postgres_type::unknown:
      return sqlite_type::text;
    default:
      return sqlite_type::null;
  }
}

/// The digits of a decimal: groups of four, after their count, the weight of
/// the first one, the sign, and how many there are behind the point.
sql_value read_decimal(std::string_view bytes) {
  if (bytes.size() < 8)
    return {};
  const auto at = [&](std::size_t index) {
    return read_unsigned<std::uint16_t>(bytes.substr(index * 2));
  };
  const auto groups = std::size_t{at(0)};
  const auto weight = static_cast<std::int16_t>(at(1));
  const auto is_whole = at(3) == 0;
  constexpr auto negative = 0x4000;
  constexpr auto not_a_number = 0xC000;
  if (bytes.size() < 8 + groups * 2 || at(2) == not_a_number)
    return {};
  auto text = std::string{at(2) == negative ? "-" : ""};
  for (std::size_t i = 0; i < groups; ++i) {
    auto digits = std::to_string(10'000 + at(4 + i));
    text.append(digits, 1);
  }
  if (groups == 0)
    return is_whole ? sql_value{std::int64_t{0}} : sql_value{0.0};
  // The value is the digits times 10^exponent.
  const auto exponent = (weight - static_cast<int>(groups) + 1) * 4;
  if (is_whole) {
    auto padded = text
                  + std::string(
                    static_cast<std::size_t>(exponent > 0 ? exponent : 0), '0');
    auto value = std::int64_t{0};
    const auto* const end = padded.data() + padded.size();
    if (const auto read = std::from_chars(padded.data(), end, value);
        exponent >= 0 && read.ec == std::errc{} && read.ptr == end)
      return value;
  }
  text += 'e' + std::to_string(exponent);
  auto value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// As SQLite's CAST: what a text begins with.
template <class Number>
Number begin_of(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '+'))
    text.remove_prefix(1);
  auto value = Number{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t to_integer(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 9223372036854775807.0)
    return std::numeric_limits<std::int64_t>::max();
  if (value <= -9223372036854775808.0)
    return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

/// The shortest form that reads back exactly, with a point.
std::string to_text(double value) {
  auto buffer = std::array<char, 32>{};
  const auto end
    = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  auto text = std::string{buffer.data(), end};
  if (text.find_first_not_of("-0123456789") == std::string::npos)
    text += ".0";
  return text;
}

} // namespace

sql_value read_postgres_number(unsigned type, std::string_view bytes) {
  switch (type) {
    case postgres_type::boolean:
      return std::int64_t{read_unsigned<std::uint8_t>(bytes) != 0};
    case postgres_type::int2:
      return std::int64_t{
        static_cast<std::int16_t>(read_unsigned<std::uint16_t>(bytes))};
    case postgres_type::int4:
      return std::int64_t{
        static_cast<std::int32_t>(read_unsigned<std::uint32_t>(bytes))};
    case postgres_type::oid:
      return std::int64_t{read_unsigned<std::uint32_t>(bytes)};
    case postgres_type::int8:
      return static_cast<std::int64_t>(read_unsigned<std::uint64_t>(bytes));
    case postgres_type::float4:
      return double{std::bit_cast<float>(read_unsigned<std::uint32_t>(bytes))};
    case postgres_type::float8:
      return std::bit_cast<double>(read_unsigned<std::uint64_t>(bytes));
    case postgres_type::numeric:
      return read_decimal(bytes);
    default:
      return {};
  }
}

outcome<void> postgres_cells::take_columns(const pg_result& result) {
  columns_.clear();
  for (auto column = 0; column < PQnfields(&result); ++column) {
    columns_.push_back({PQfname(&result, column), PQftype(&result, column)});
    if (cell_type_of(columns_.back().type) == sqlite_type::null)
      return fail(problem_kind::invalid_input,
                  "the column " + columns_.back().name
                    + " has a type that the store does not use",
                  "convert it with CAST to BIGINT, REAL, TEXT or BYTEA");
  }
  texts_.assign(columns_.size(), {});
  return {};
}

void postgres_cells::move_to(const pg_result& result, int row) noexcept {
  result_ = &result;
  row_ = row;
}

std::size_t postgres_cells::size() const noexcept {
  return columns_.size();
}

std::string_view postgres_cells::name(std::size_t column) const {
  return columns_[column].name;
}

std::string_view postgres_cells::bytes(std::size_t column) const {
  const auto at = static_cast<int>(column);
  return {PQgetvalue(result_, row_, at),
          static_cast<std::size_t>(PQgetlength(result_, row_, at))};
}

sqlite_type postgres_cells::type(std::size_t column) const {
  if (PQgetisnull(result_, row_, static_cast<int>(column)) != 0)
    return sqlite_type::null;
  const auto of = columns_[column].type;
  if (of == postgres_type::numeric)
    return std::holds_alternative<std::int64_t>(number(column))
             ? sqlite_type::integer
             : sqlite_type::real;
  return cell_type_of(of);
}

sql_value postgres_cells::number(std::size_t column) const {
  if (PQgetisnull(result_, row_, static_cast<int>(column)) != 0)
    return std::int64_t{0};
  return read_postgres_number(columns_[column].type, bytes(column));
}

std::int64_t postgres_cells::integer(std::size_t column) const {
  const auto value = number(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return *integer;
  if (const auto* real = std::get_if<double>(&value))
    return to_integer(*real);
  return begin_of<std::int64_t>(bytes(column));
}

double postgres_cells::real(std::size_t column) const {
  const auto value = number(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value))
    return *real;
  return begin_of<double>(bytes(column));
}

std::string_view postgres_cells::text(std::size_t column) const {
  switch (type(column)) {
    case sqlite_type::null:
      return {};
    case sqlite_type::integer:
      return texts_[column] = std::to_string(integer(column));
    case sqlite_type::real:
      return texts_[column] = to_text(real(column));
    case sqlite_type::text:
    case sqlite_type::blob:
      break;
  }
  return bytes(column);
}

std::span<const std::uint8_t> postgres_cells::blob(std::size_t column) const {
  const auto found = text(column);
  return {reinterpret_cast<const std::uint8_t*>(found.data()), found.size()};
}

} // namespace troupe::runtime
