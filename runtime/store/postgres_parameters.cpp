#include "runtime/store/postgres_parameters.hpp"

#include <bit>
#include <cmath>

namespace troupe::runtime {

namespace {

using column_kind = messages::column::kind;

constexpr std::size_t null_offset = static_cast<std::size_t>(-1);

/// The most significant byte first.
template <class Unsigned>
void append_number(std::string& to, Unsigned value) {
  for (auto shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0;
       shift -= 8)
    to += static_cast<char>(static_cast<unsigned char>(value >> shift));
}

void append_length(std::string& to, std::size_t length) {
  append_number(to, static_cast<std::uint32_t>(length));
}

/// Of the elements of an array.
unsigned element_type_of(const messages::column& values) {
  switch (values.type()) {
    case column_kind::doubles:
      return postgres_type::float8;
    case column_kind::texts:
      return postgres_type::text;
    case column_kind::blobs:
      return postgres_type::bytea;
    case column_kind::integers:
    case column_kind::counts:
    case column_kind::bytes:
      break;
  }
  return postgres_type::int8;
}

unsigned array_of(unsigned element) {
  switch (element) {
    case postgres_type::float8:
      return postgres_type::float8_array;
    case postgres_type::text:
      return postgres_type::text_array;
    case postgres_type::bytea:
      return postgres_type::bytea_array;
    default:
      return postgres_type::int8_array;
  }
}

std::int64_t integer_of(const messages::column& values, std::size_t row) {
  switch (values.type()) {
    case column_kind::counts:
      return values.counts()[row];
    case column_kind::bytes:
      return values.bytes()[row];
    default:
      return values.integers()[row];
  }
}

void append_integer(std::string& to, std::int64_t value) {
  append_length(to, 8);
  append_number(to, static_cast<std::uint64_t>(value));
}

void append_real(std::string& to, double value) {
  if (std::isnan(value))
    return append_number(to, ~std::uint32_t{0}); // The length of NULL.
  append_length(to, 8);
  append_number(to, std::bit_cast<std::uint64_t>(value));
}

void append_text(std::string& to, std::string_view value) {
  append_length(to, value.size());
  to += value;
}

} // namespace

std::string_view array_type_of(const messages::column& values) {
  switch (element_type_of(values)) {
    case postgres_type::float8:
      return "double precision[]";
    case postgres_type::text:
      return "text[]";
    case postgres_type::bytea:
      return "bytea[]";
    default:
      return "bigint[]";
  }
}

void postgres_parameters::add_null(unsigned type) {
  offsets_.push_back(null_offset);
  types_.push_back(type);
  lengths_.push_back(0);
  formats_.push_back(1);
}

void postgres_parameters::finish(unsigned type, std::size_t from) {
  offsets_.push_back(from);
  types_.push_back(type);
  lengths_.push_back(static_cast<int>(bytes_.size() - from));
  formats_.push_back(1);
}

void postgres_parameters::add_integer(std::int64_t value) {
  const auto from = bytes_.size();
  append_number(bytes_, static_cast<std::uint64_t>(value));
  finish(postgres_type::int8, from);
}

void postgres_parameters::add_real(double value) {
  if (std::isnan(value))
    return add_null(postgres_type::float8);
  const auto from = bytes_.size();
  append_number(bytes_, std::bit_cast<std::uint64_t>(value));
  finish(postgres_type::float8, from);
}

void postgres_parameters::add_bytes(unsigned type, std::string_view bytes) {
  const auto from = bytes_.size();
  bytes_ += bytes;
  finish(type, from);
}

void postgres_parameters::add(const sql_value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return add_integer(*integer);
  if (const auto* real = std::get_if<double>(&value))
    return add_real(*real);
  if (const auto* text = std::get_if<std::string>(&value))
    return add_bytes(postgres_type::text, *text);
  if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value))
    return add_bytes(postgres_type::bytea,
                     {reinterpret_cast<const char*>(bytes->data()),
                      bytes->size()});
  add_null(0);
}

void postgres_parameters::add(const messages::SqlValue& value) {
  switch (value.value_case()) {
    case messages::SqlValue::kInteger:
      return add_integer(value.integer());
    case messages::SqlValue::kReal:
      return add_real(value.real());
    case messages::SqlValue::kText:
      return add_bytes(postgres_type::text, value.text());
    case messages::SqlValue::kBlob:
      return add_bytes(postgres_type::bytea, value.blob());
    case messages::SqlValue::VALUE_NOT_SET:
      break;
  }
  add_null(0);
}

void postgres_parameters::add_cell(const messages::column& values,
                                   std::size_t row) {
  switch (element_type_of(values)) {
    case postgres_type::float8:
      return add_real(values.doubles()[row]);
    case postgres_type::text:
      return add_bytes(postgres_type::text, values.text(row));
    case postgres_type::bytea:
      return add_bytes(postgres_type::bytea, values.text(row));
    default:
      return add_integer(integer_of(values, row));
  }
}

void postgres_parameters::add_array(const messages::column& values,
                                    std::size_t first, std::size_t count) {
  const auto from = bytes_.size();
  const auto element = element_type_of(values);
  append_length(bytes_, 1); // Dimensions.
  append_length(bytes_, 1); // There may be NULLs.
  append_number(bytes_, std::uint32_t{element});
  append_length(bytes_, count);
  append_length(bytes_, 1); // The first index.
  for (auto row = first; row < first + count; ++row)
    switch (element) {
      case postgres_type::float8:
        append_real(bytes_, values.doubles()[row]);
        break;
      case postgres_type::text:
      case postgres_type::bytea:
        append_text(bytes_, values.text(row));
        break;
      default:
        append_integer(bytes_, integer_of(values, row));
    }
  finish(array_of(element), from);
}

void postgres_parameters::clear() {
  bytes_.clear();
  offsets_.clear();
  types_.clear();
  lengths_.clear();
  formats_.clear();
}

std::vector<const char*> postgres_parameters::pointers() const {
  auto result = std::vector<const char*>{};
  result.reserve(offsets_.size());
  for (const auto offset : offsets_)
    result.push_back(offset == null_offset ? nullptr : bytes_.data() + offset);
  return result;
}

} // namespace troupe::runtime
