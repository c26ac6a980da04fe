#include "actors/simulation/census_cells.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/rate_text.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::simulation {

using runtime::problem;

namespace {

constexpr auto id_bytes_max = std::size_t{256};
constexpr auto age_max = std::int32_t{150};
/// Longer ones are beyond pay_max.
constexpr auto pay_digits_max = std::size_t{12};

constexpr auto birth_min = day_of(1850, 1, 1);

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  auto value = Number{};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return value;
}

std::string shown(std::string_view text) {
  return "\"" + std::string{text.substr(0, 60)} + "\"";
}

using column_finder = std::span<const std::string>;

std::optional<std::size_t> position(column_finder header,
                                    std::string_view name) {
  const auto found = std::ranges::find(header, name);
  if (found == header.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

/// The place of a column that must be there.
std::size_t need(column_finder header, const std::string& name,
                 std::vector<problem>& problems) {
  if (const auto found = position(header, name))
    return *found;
  const auto known
    = std::vector<std::string_view>{header.begin(), header.end()};
  problems.push_back({runtime::problem_kind::invalid_input,
                      "there is no column \"" + name + "\"",
                      {},
                      1,
                      0,
                      name,
                      runtime::spelling_hint(name, known)});
  return 0;
}

std::optional<std::size_t> need_extra(column_finder header,
                                      const std::optional<extra_column>& extra,
                                      std::vector<problem>& problems) {
  if (!extra)
    return std::nullopt;
  if (!extra->is_needed)
    return position(header, extra->name);
  return need(header, extra->name, problems);
}

} // namespace

std::optional<cents> parse_pay(std::string_view text, pay_unit unit) {
  const auto point
    = unit == pay_unit::units ? text.find('.') : std::string_view::npos;
  const auto before = text.substr(0, point);
  auto after = point == std::string_view::npos ? std::string_view{"0"}
                                               : text.substr(point + 1);
  const auto is_digit = [](char each) { return each >= '0' && each <= '9'; };
  if (before.empty() || after.empty() || before.size() > pay_digits_max
      || !std::ranges::all_of(before, is_digit)
      || !std::ranges::all_of(after, is_digit))
    return std::nullopt;
  // Zeros say nothing: some programs write 75000.0000.
  while (after.size() > 2 && after.back() == '0')
    after.remove_suffix(1);
  if (after.size() > 2)
    return std::nullopt;
  auto value = cents{0};
  for (const auto each : before)
    value = value * 10 + (each - '0');
  if (unit == pay_unit::whole_cents)
    return value;
  const auto tenths = after[0] - '0';
  const auto hundredths = after.size() == 2 ? after[1] - '0' : 0;
  return value * 100 + cents{tenths} * 10 + hundredths;
}

std::optional<std::int32_t> parse_deferral(std::string_view text,
                                           deferral_unit unit) {
  auto rate = std::optional<ppm>{};
  if (unit == deferral_unit::per_million) {
    rate = parse_whole<ppm>(text);
  } else if (const auto read = parse_rate(text)) {
    rate = *read;
    if (unit == deferral_unit::percent) {
      if (*rate % 100 != 0)
        return std::nullopt;
      *rate /= 100;
    }
  }
  if (!rate || *rate < 0 || *rate > ppm_whole)
    return std::nullopt;
  return static_cast<std::int32_t>(*rate);
}

census_cells::census_cells(census_mapping mapping, std::int32_t year)
  : mapping_{std::move(mapping)}, year_{year},
    first_day_{day_of(year, 1, 1)}, last_day_{day_of(year, 12, 31)} {}

checked<census_cells> census_cells::find(const census_mapping& mapping,
                                         std::span<const std::string> header,
                                         std::int32_t year) {
  auto problems = std::vector<problem>{};
  auto cells = census_cells{mapping, year};
  auto& at = cells.at_;
  at.id = need(header, mapping.id, problems);
  at.key = need_extra(header, mapping.key, problems);
  at.birth = need(header, mapping.birth, problems);
  at.hire = need(header, mapping.hire, problems);
  if (!mapping.level.empty())
    at.level = need(header, mapping.level, problems);
  at.pay = need(header, mapping.pay, problems);
  if (mapping.deferral)
    at.deferral = need(header, *mapping.deferral, problems);
  at.termination = need_extra(header, mapping.termination, problems);
  if (mapping.staff)
    at.staff = need(header, mapping.staff->column, problems);
  if (!problems.empty())
    return tl::unexpected{std::move(problems)};
  return cells;
}

std::string census_cells::key_column() const {
  return at_.key ? mapping_.key->name : std::string{};
}

row_use census_cells::read(std::span<const std::string_view> fields,
                           census_row& row) {
  if (at_.staff && fields[*at_.staff] != mapping_.staff->equals)
    return row_use::not_staff;
  if (at_.termination && !fields[*at_.termination].empty()) {
    auto left = day_number{0};
    if (!read_day(mapping_.termination->name, fields[*at_.termination], true,
                  left))
      return row_use::wrong;
    if (left <= last_day_)
      return row_use::not_staff;
  }
  const auto is_right = read_identity(fields, row) && read_dates(fields, row)
                        && read_money(fields, row) && read_level(fields, row);
  return is_right ? row_use::staff : row_use::wrong;
}

bool census_cells::read_identity(std::span<const std::string_view> fields,
                                 census_row& row) {
  row.id = fields[at_.id];
  if (row.id.empty() || row.id.size() > id_bytes_max)
    return refuse(mapping_.id,
                  row.id.empty() ? "the id is empty"
                                 : "the id is longer than "
                                     + std::to_string(id_bytes_max) + " bytes",
                  "give everybody an id of their own");
  row.key.reset();
  if (!at_.key)
    return true;
  row.key = parse_whole<std::uint64_t>(fields[*at_.key]);
  if (row.key && *row.key < census_key_end)
    return true;
  return refuse(mapping_.key->name, shown(fields[*at_.key]) + " is not a key",
                "give a whole number from 0 to 2^42 - 1, or leave the column "
                "out");
}

bool census_cells::read_day(const std::string& column, std::string_view text,
                            bool is_date, day_number& to) {
  if (is_date) {
    const auto day = parse_date(text);
    if (!day)
      return refuse(column, shown(text) + " is not a day",
                    "write it as 2025-07-15");
    to = day_of(*day);
    return true;
  }
  const auto years = parse_whole<std::int32_t>(text);
  if (!years || *years < 0 || *years > age_max)
    return refuse(column, shown(text) + " is not a number of years",
                  "give a whole number from 0 to " + std::to_string(age_max));
  to = day_of(year_ - *years, 1, 1);
  return true;
}

bool census_cells::read_dates(std::span<const std::string_view> fields,
                              census_row& row) {
  if (!read_day(mapping_.birth, fields[at_.birth],
                mapping_.birth_as == birth_form::date, row.birth_date)
      || !read_day(mapping_.hire, fields[at_.hire],
                   mapping_.hire_as == hire_form::date, row.hire_date))
    return false;
  if (row.birth_date < birth_min)
    return refuse(mapping_.birth, "born before 1850", "correct the year");
  if (row.hire_date > last_day_)
    return refuse(mapping_.hire, "hired after the census",
                  "a census is of 31 December " + std::to_string(year_)
                    + ", the year before the first");
  if (row.hire_date <= row.birth_date)
    return refuse(mapping_.hire, "hired before the birth",
                  "correct one of the two days");
  return true;
}

bool census_cells::read_money(std::span<const std::string_view> fields,
                              census_row& row) {
  const auto text = fields[at_.pay];
  const auto pay = parse_pay(text, mapping_.pay_in);
  if (!pay)
    return refuse(mapping_.pay, shown(text) + " is not a pay",
                  mapping_.pay_in == pay_unit::whole_cents
                    ? "give whole cents"
                    : "give a number with at most two decimals");
  row.pay = mapping_.pay_per == pay_period::monthly ? *pay * 12 : *pay;
  if (mapping_.is_annualised && row.hire_date > first_day_) {
    const auto days = cents{last_day_ - row.hire_date + 1};
    row.pay = (2 * row.pay * 365 + days) / (2 * days);
  }
  if (row.pay <= 0 || row.pay > pay_max)
    return refuse(
      mapping_.pay, "a yearly pay of " + std::to_string(row.pay) + " cents",
      "give one above 0 and up to " + std::to_string(pay_max) + " cents");
  row.deferral = 0;
  if (!at_.deferral)
    return true;
  const auto deferral
    = parse_deferral(fields[*at_.deferral], mapping_.deferral_in);
  if (!deferral)
    return refuse(*mapping_.deferral,
                  shown(fields[*at_.deferral]) + " is not a deferral",
                  mapping_.deferral_in == deferral_unit::per_million
                    ? "give whole parts per million, 0 to 1000000"
                    : "give a decimal from 0 to the whole pay");
  row.deferral = *deferral;
  return true;
}

bool census_cells::read_level(std::span<const std::string_view> fields,
                              census_row& row) {
  if (!at_.level) {
    const auto above
      = std::ranges::upper_bound(mapping_.level_pay_from, row.pay);
    row.level = static_cast<std::uint8_t>(
      1 + (above - mapping_.level_pay_from.begin()));
    return true;
  }
  const auto level = parse_whole<std::uint8_t>(fields[*at_.level]);
  if (!level || *level < 1 || *level > level_count)
    return refuse(mapping_.level, shown(fields[*at_.level]) + " is not a level",
                  "give a whole number from 1 to "
                    + std::to_string(level_count));
  row.level = *level;
  return true;
}

bool census_cells::refuse(const std::string& column, std::string message,
                          std::string hint) {
  fault_ = {column, std::move(message), std::move(hint)};
  return false;
}

} // namespace troupe::simulation
