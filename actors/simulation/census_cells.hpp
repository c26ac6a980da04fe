#pragma once

#include "actors/simulation/census_mapping.hpp"
#include "actors/simulation/census_table.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// What is wrong with a cell.
struct cell_fault {
  std::string column;
  std::string message;
  std::string hint;
};

enum class row_use : std::uint8_t { staff, not_staff, wrong };

/// Cents of a decimal text with at most two decimals, or of a whole number of
/// cents, exactly; nothing for anything else, negative ones included.
[[nodiscard]] std::optional<cents> parse_pay(std::string_view text,
                                             pay_unit unit);

/// Parts per million of the pay, 0 to all of it.
[[nodiscard]] std::optional<std::int32_t> parse_deferral(std::string_view text,
                                                         deferral_unit unit);

/// Reads the rows of one file by a mapping.
class census_cells {
public:
  /// Finds the columns of the mapping in the header; a problem (without a
  /// place) for each that is needed and not there. `year` is that of the
  /// census, at its end.
  [[nodiscard]] static checked<census_cells>
  find(const census_mapping& mapping, std::span<const std::string> header,
       std::int32_t year);

  /// Reads a row, whose text `row.id` then refers to; the line stays as it is.
  /// What is wrong is in fault() until the next call.
  [[nodiscard]] row_use read(std::span<const std::string_view> fields,
                             census_row& row);

  [[nodiscard]] const cell_fault& fault() const noexcept {
    return fault_;
  }

  /// Empty when keys are derived.
  [[nodiscard]] std::string key_column() const;

private:
  struct column_places {
    std::size_t id = 0;
    std::optional<std::size_t> key;
    std::size_t birth = 0;
    std::size_t hire = 0;
    std::optional<std::size_t> level;
    std::size_t pay = 0;
    std::optional<std::size_t> deferral;
    std::optional<std::size_t> termination;
    std::optional<std::size_t> staff;
  };

  census_cells(census_mapping mapping, std::int32_t year);

  [[nodiscard]] bool read_identity(std::span<const std::string_view> fields,
                                   census_row& row);
  [[nodiscard]] bool read_dates(std::span<const std::string_view> fields,
                                census_row& row);
  [[nodiscard]] bool read_day(const std::string& column, std::string_view text,
                              bool is_date, day_number& to);
  [[nodiscard]] bool read_money(std::span<const std::string_view> fields,
                                census_row& row);
  [[nodiscard]] bool read_level(std::span<const std::string_view> fields,
                                census_row& row);
  /// Remembers a fault; false.
  bool refuse(const std::string& column, std::string message, std::string hint);

  census_mapping mapping_;
  std::int32_t year_;
  day_number first_day_;
  day_number last_day_;
  column_places at_;
  cell_fault fault_;
};

} // namespace troupe::simulation
