#pragma once

#include "messages/column_block.hpp"
#include "messages/store.pb.h"
#include "runtime/store/sql_row.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// The numbers that PostgreSQL gives its own types for good.
namespace postgres_type {
constexpr unsigned boolean = 16;
constexpr unsigned bytea = 17;
constexpr unsigned name = 19;
constexpr unsigned int8 = 20;
constexpr unsigned int2 = 21;
constexpr unsigned int4 = 23;
constexpr unsigned text = 25;
constexpr unsigned oid = 26;
constexpr unsigned float4 = 700;
constexpr unsigned float8 = 701;
constexpr unsigned unknown = 705;
constexpr unsigned bytea_array = 1001;
constexpr unsigned text_array = 1009;
constexpr unsigned int8_array = 1016;
constexpr unsigned float8_array = 1022;
constexpr unsigned bpchar = 1042;
constexpr unsigned varchar = 1043;
constexpr unsigned numeric = 1700;
} // namespace postgres_type

/// The values of $1, $2, ... in PostgreSQL's binary form. A NaN becomes NULL.
class postgres_parameters {
public:
  void add(const sql_value& value);
  void add(const messages::SqlValue& value);
  /// One cell of a column.
  void add_cell(const messages::column& values, std::size_t row);
  /// Rows [first, first + count) of a column as an array.
  void add_array(const messages::column& values, std::size_t first,
                 std::size_t count);
  void clear();

  [[nodiscard]] std::size_t size() const noexcept {
    return types_.size();
  }

  /// Bytes of all values.
  [[nodiscard]] std::size_t size_bytes() const noexcept {
    return bytes_.size();
  }

  /// Of each value; 0 for NULL, whose type its place decides.
  [[nodiscard]] const std::vector<unsigned>& types() const noexcept {
    return types_;
  }

  [[nodiscard]] const std::vector<int>& lengths() const noexcept {
    return lengths_;
  }

  /// All ones: binary.
  [[nodiscard]] const std::vector<int>& formats() const noexcept {
    return formats_;
  }

  /// Where each value is; null for NULL. Valid until the next change.
  [[nodiscard]] std::vector<const char*> pointers() const;

private:
  void add_null(unsigned type);
  void add_integer(std::int64_t value);
  void add_real(double value);
  void add_bytes(unsigned type, std::string_view bytes);
  void finish(unsigned type, std::size_t from);

  std::string bytes_;
  std::vector<std::size_t> offsets_;
  std::vector<unsigned> types_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// The name of the type of an array of such a column, for example "bigint[]".
[[nodiscard]] std::string_view array_type_of(const messages::column& values);

} // namespace troupe::runtime
