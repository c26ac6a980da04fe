#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/sql_row.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace troupe::runtime {

/// An integer, a real or a decimal as PostgreSQL sends it in binary form, as a
/// value; NULL for bytes that are none of the type.
[[nodiscard]] sql_value read_postgres_number(unsigned type,
                                             std::string_view bytes);

/// The cells of a row that libpq has received in binary form.
class postgres_cells final : public row_cells {
public:
  /// `invalid_input` for a type that the store does not use.
  [[nodiscard]] outcome<void> take_columns(const pg_result& result);

  /// From now on the cells are those of this row, which must have the columns
  /// taken and must outlive their use.
  void move_to(const pg_result& result, int row) noexcept;

  [[nodiscard]] std::size_t size() const noexcept override;
  [[nodiscard]] std::string_view name(std::size_t column) const override;
  [[nodiscard]] sqlite_type type(std::size_t column) const override;
  [[nodiscard]] std::int64_t integer(std::size_t column) const override;
  [[nodiscard]] double real(std::size_t column) const override;
  [[nodiscard]] std::string_view text(std::size_t column) const override;
  [[nodiscard]] std::span<const std::uint8_t>
  blob(std::size_t column) const override;

private:
  struct column_head {
    std::string name;
    unsigned type = 0;
  };

  [[nodiscard]] std::string_view bytes(std::size_t column) const;
  /// NULL reads as zero.
  [[nodiscard]] sql_value number(std::size_t column) const;

  std::vector<column_head> columns_;
  const pg_result* result_ = nullptr;
  int row_ = 0;
  /// Numbers as texts, where somebody asked for such.
  mutable std::vector<std::string> texts_;
};

} // namespace troupe::runtime
