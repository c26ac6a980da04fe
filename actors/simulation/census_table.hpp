#pragma once

#include "actors/simulation/checked.hpp"
#include "actors/simulation/people.hpp"
#include "runtime/tabular/csv_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Keys of a census are below this, those of hires above (a year times 2^32).
inline constexpr auto census_key_end = std::uint64_t{1} << 42U;

/// More warnings are counted, not told.
inline constexpr auto census_warnings_max = std::size_t{1000};

/// Something about the file (line 0) or one of its rows.
struct census_warning {
  /// Physical line, 1-based.
  std::uint64_t line = 0;
  std::string column;
  std::string reason;
};

/// One of two rows of one person that was left out.
struct duplicate_row {
  std::string id;
  std::uint64_t kept_line = 0;
  std::uint64_t dropped_line = 0;
  std::string reason;
};

/// Who is there before the first year.
struct census {
  people staff;
  /// In the order of the staff.
  runtime::text_column ids;
  std::vector<census_warning> warnings;
  std::vector<duplicate_row> duplicates;
  /// Rows of the file: staff, left out for what is wrong with them, and people
  /// who are no staff. The duplicates are none of these.
  std::uint64_t rows = 0;
  std::uint64_t dropped = 0;
  std::uint64_t not_staff = 0;
};

enum class duplicate_policy : std::uint8_t {
  refuse,
  /// The latest hire date stays, then the highest pay, then the first row.
  keep_latest,
};

/// One person as a file tells it.
struct census_row {
  std::string_view id;
  /// Absent: derived from the id.
  std::optional<std::uint64_t> key;
  day_number birth_date = 0;
  day_number hire_date = 0;
  cents pay = 0;
  std::int32_t deferral = 0;
  std::uint8_t level = 1;
  std::uint64_t line = 0;
};

/// A key below census_key_end that depends on the id only.
[[nodiscard]] std::uint64_t derive_key(std::string_view id) noexcept;

/// Gathers rows in any order into a census.
class census_table {
public:
  /// `file` and the names of the columns are for problems. No key column: the
  /// keys of all rows are derived.
  census_table(std::string file, std::string id_column, std::string key_column)
    : file_{std::move(file)}, id_column_{std::move(id_column)},
      key_column_{std::move(key_column)} {}

  /// `invalid_input` when all ids together are beyond 4 GiB.
  [[nodiscard]] runtime::outcome<void> add(const census_row& row);

  /// The people by ascending key. Problems: two rows of one id (unless the
  /// policy decides between them), two ids with one key, nobody at all.
  [[nodiscard]] checked<census> finish(duplicate_policy policy) &&;

private:
  struct ranked_row {
    std::uint64_t rank = 0;
    std::uint32_t row = 0;
  };

  /// The rows that stay, by key if keys are derived.
  [[nodiscard]] std::vector<ranked_row>
  settle_duplicates(duplicate_policy policy, census& to,
                    std::vector<runtime::problem>& problems);
  /// The row of the two that stays.
  std::uint32_t settle_pair(std::uint32_t first, std::uint32_t second,
                            duplicate_policy policy, census& to,
                            std::vector<runtime::problem>& problems);
  /// Finds keys that two people have.
  void sort_by_key(std::vector<ranked_row>& order,
                   std::vector<runtime::problem>& problems) const;
  [[nodiscard]] runtime::problem problem_at(std::uint64_t line,
                                            std::string column,
                                            std::string message,
                                            std::string hint) const;
  void copy_in_order(const std::vector<ranked_row>& order, census& to) const;

  std::string file_;
  std::string id_column_;
  std::string key_column_;
  people rows_;
  runtime::text_column ids_;
  std::vector<std::uint64_t> lines_;
  std::vector<bool> is_dropped_;
};

} // namespace troupe::simulation
