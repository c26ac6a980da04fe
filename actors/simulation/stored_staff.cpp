#include "actors/simulation/stored_staff.hpp"

#include "actors/simulation/packed_columns.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

std::string_view bytes_of(std::span<const std::uint8_t> blob) {
  return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

void reserve(people& staff, std::size_t count) {
  staff.key.reserve(count);
  staff.birth_date.reserve(count);
  staff.hire_date.reserve(count);
  staff.pay.reserve(count);
  staff.deferral.reserve(count);
  staff.level.reserve(count);
  staff.plan.reserve(count);
}

/// Appends those with the next of the keys that are wanted.
void append_wanted(people& to, const people& from,
                   std::span<const std::uint64_t> keys) {
  for (auto at = std::size_t{0}; at < from.size(); ++at) {
    if (to.size() == keys.size() || from.key[at] != keys[to.size()])
      continue;
    to.key.push_back(from.key[at]);
    to.birth_date.push_back(from.birth_date[at]);
    to.hire_date.push_back(from.hire_date[at]);
    to.pay.push_back(from.pay[at]);
    to.deferral.push_back(from.deferral[at]);
    to.level.push_back(from.level[at]);
    to.plan.push_back(from.plan[at]);
  }
}

outcome<people> staff_of_bytes(std::string_view bytes, bool are_rows) {
  if (!are_rows)
    return unpack_people(bytes);
  const auto rows = unpack_rows(bytes);
  if (!rows)
    return fail(rows.error());
  return staff_of(*rows);
}

} // namespace

people staff_of(const year_row_columns& rows) {
  auto staff = people{};
  for (auto at = std::size_t{0}; at < rows.count; ++at) {
    const auto row = rows[at];
    if (!row.is_active())
      continue;
    staff.key.push_back(row.key);
    staff.birth_date.push_back(row.birth_date);
    staff.hire_date.push_back(row.hire_date);
    staff.pay.push_back(row.pay);
    staff.deferral.push_back(row.deferral);
    staff.level.push_back(row.level);
    staff.plan.push_back(row.plan);
  }
  return staff;
}

outcome<people> load_staff(simulation_history& history,
                           const stored_simulation& run, std::int32_t year,
                           std::span<const std::uint64_t> keys) {
  auto found = people{};
  if (keys.empty())
    return found;
  reserve(found, keys.size());
  const auto is_first = year == run.start_year;
  auto parameters
    = std::vector<sql_value>{run.number,
                             static_cast<std::int64_t>(keys.front()),
                             static_cast<std::int64_t>(keys.back())};
  auto sql
    = std::string{is_first ? "SELECT people, block FROM simulation_people"
                           : "SELECT year_rows, block FROM simulation_blocks"};
  sql += " WHERE run = ?1 AND first_key <= ?3 AND last_key >= ?2";
  if (!is_first) {
    sql += " AND year = ?4";
    parameters.emplace_back(std::int64_t{year} - 1);
  }
  sql += " ORDER BY block";
  auto unpacked = outcome<void>{};
  const auto read
    = history.reader().query(sql, parameters, [&](const sqlite_row& row) {
        const auto staff = staff_of_bytes(bytes_of(row.blob(0)), !is_first);
        if (staff) {
          append_wanted(found, *staff, keys);
          return;
        }
        unpacked = fail(staff.error());
        unpacked.error().message
          += ", in block " + std::to_string(row.integer(1))
             + " before the beginning of " + std::to_string(year) + " of run "
             + std::to_string(run.number);
      });
  if (!read)
    return fail(read.error());
  if (!unpacked)
    return fail(unpacked.error());
  if (found.size() != keys.size())
    return fail(damaged_run(run, "some people at the beginning of "
                                   + std::to_string(year)));
  return found;
}

} // namespace troupe::simulation
