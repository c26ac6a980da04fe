#include "actors/simulation/year_text.hpp"

#include "actors/simulation/write_text.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::simulation {

namespace {

using runtime::format_integer;

/// Bytes of a line without its id, at most: 14 fields, of which none is longer
/// than a word or a number of 64 bits.
constexpr auto line_bytes_max = std::size_t{14} * 24;

/// So many lines get room at once. The room is cleared before it is written,
/// and should still be in the cache then.
constexpr auto lines_at_once = std::size_t{128};

char* write_pair(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
  return to + 2;
}

/// Years of four digits.
char* write_date(char* to, day_number day) {
  const auto date = std::chrono::year_month_day{
    std::chrono::sys_days{std::chrono::days{day}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  to = write_pair(to, year / 100);
  to = write_pair(to, year % 100);
  *to++ = '-';
  to = write_pair(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  return write_pair(to, static_cast<unsigned>(date.day()));
}

char* write_field(char* to, std::int64_t value) {
  *to = ',';
  return format_integer(to + 1, value);
}

/// Ages, levels and bands.
char* write_small(char* to, unsigned value) {
  *to++ = ',';
  if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  return value < 100 ? write_pair(to, value) : format_integer(to, value);
}

template <class Write>
void append_lines(std::string& text, std::size_t lines, std::size_t bytes_max,
                  Write write) {
  for (auto first = std::size_t{0}; first < lines; first += lines_at_once) {
    const auto end = std::min(first + lines_at_once, lines);
    const auto begin = text.size();
    text.resize(begin + (end - first) * bytes_max);
    auto* to = text.data() + begin;
    for (auto line = first; line < end; ++line)
      to = write(to, line);
    text.resize(static_cast<std::size_t>(to - text.data()));
  }
}

} // namespace

year_text::year_text(const year_plan& plan, const person_ids& ids)
  : plan_{&plan}, ids_{&ids}, year_{std::to_string(plan.year) + ","} {
  auto day = plan.days.first;
  for (auto& date : dates_)
    (void)write_date(date.data(), day++);
}

void year_text::append_events(std::string& text,
                              const event_columns& events) const {
  auto ids = person_ids::cursor{*ids_};
  append_lines(text, events.count, line_bytes_max + ids_->bytes_max(),
               [&](char* to, std::size_t line) {
                 return write_event(to, events[line], ids);
               });
}

void year_text::append_rows(std::string& text,
                            const year_row_columns& rows) const {
  auto ids = person_ids::cursor{*ids_};
  append_lines(text, rows.count, line_bytes_max + ids_->bytes_max(),
               [&](char* to, std::size_t line) {
                 return write_row(to, rows[line], ids);
               });
}

char* year_text::write_event(char* to, const event& one,
                             person_ids::cursor& ids) const {
  to = write_text(to, year_);
  to = ids.write(to, one.key);
  to = write_field(to, static_cast<std::int64_t>(one.key));
  *to++ = ',';
  to = write_text(to, event_type_words[static_cast<std::size_t>(one.type)]);
  *to++ = ',';
  const auto& date = dates_[one.day];
  to = write_text(to, {date.data(), date.size()});
  to = write_field(to, one.amount);
  to = write_field(to, one.previous);
  to = write_small(to, one.level);
  to = write_small(to, one.age);
  to = write_small(to, one.tenure);
  to = write_small(to, plan_->age_bands[one.age]);
  to = write_small(to, plan_->tenure_bands[one.tenure]);
  to = write_field(to, one.probability);
  *to++ = '\n';
  return to;
}

char* year_text::write_row(char* to, const year_row& row,
                           person_ids::cursor& ids) const {
  to = write_text(to, year_);
  to = ids.write(to, row.key);
  to = write_field(to, static_cast<std::int64_t>(row.key));
  *to++ = ',';
  to = write_date(to, row.birth_date);
  *to++ = ',';
  to = write_date(to, row.hire_date);
  *to++ = ',';
  if (!row.is_active()) {
    const auto& date = dates_[static_cast<std::size_t>(row.termination_date
                                                       - plan_->days.first)];
    to = write_text(to, {date.data(), date.size()});
  }
  *to++ = ',';
  to = write_text(to, year_status_words[static_cast<std::size_t>(row.status)]);
  to = write_small(to, row.level);
  to = write_field(to, row.pay);
  to = write_field(to, row.prorated);
  to = write_small(to, row.age);
  to = write_small(to, row.tenure);
  to = write_small(to, row.plan == enrollment::enrolled ? 1 : 0);
  to = write_field(to, row.deferral);
  *to++ = '\n';
  return to;
}

} // namespace troupe::simulation
