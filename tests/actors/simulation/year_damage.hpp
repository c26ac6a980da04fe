#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/year_block.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

// Changes to one place of what a year made, which its check has to find.
namespace troupe::tests {

/// The first of `count` for which `is_it` holds.
template <class Predicate>
std::size_t first_of(std::size_t count, Predicate is_it) {
  for (auto at = std::size_t{0}; at < count; ++at)
    if (is_it(at))
      return at;
  throw std::logic_error{"there is none"};
}

template <class... Columns>
void erase_at(std::size_t at, Columns&... columns) {
  (columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(at)), ...);
}

/// A copy of the entry, before it.
template <class... Columns>
void repeat_at(std::size_t at, Columns&... columns) {
  (columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(at),
                  typename Columns::value_type{columns[at]}),
   ...);
}

template <class Change>
void change_columns(simulation::event_columns& events, Change change) {
  change(events.key, events.amount, events.previous, events.probability,
         events.day, events.type, events.level, events.age, events.tenure);
}

template <class Change>
void change_columns(simulation::year_row_columns& rows, Change change) {
  change(rows.key, rows.pay, rows.prorated, rows.birth_date, rows.hire_date,
         rows.termination_date, rows.deferral, rows.status, rows.level,
         rows.age, rows.tenure, rows.plan);
}

template <class Change>
void change_columns(simulation::people& of, Change change) {
  change(of.key, of.birth_date, of.hire_date, of.pay, of.deferral, of.level,
         of.plan);
}

template <class Table>
void erase_entry(Table& table, std::size_t at) {
  change_columns(table, [at](auto&... columns) { erase_at(at, columns...); });
  if constexpr (requires { table.count; })
    --table.count;
}

template <class Table>
void repeat_entry(Table& table, std::size_t at) {
  change_columns(table, [at](auto&... columns) { repeat_at(at, columns...); });
  if constexpr (requires { table.count; })
    ++table.count;
}

inline void set_event(simulation::event_columns& events, std::size_t at,
                      const simulation::event& one) {
  events.key[at] = one.key;
  events.amount[at] = one.amount;
  events.previous[at] = one.previous;
  events.probability[at] = one.probability;
  events.day[at] = one.day;
  events.type[at] = one.type;
  events.level[at] = one.level;
  events.age[at] = one.age;
  events.tenure[at] = one.tenure;
}

/// Before the events of larger keys, and of the same key and later types.
inline void insert_event(simulation::event_columns& events,
                         const simulation::event& one) {
  auto at = std::size_t{0};
  while (at < events.count
         && (events.key[at] < one.key
             || (events.key[at] == one.key && events.type[at] < one.type)))
    ++at;
  repeat_entry(events, std::min(at, events.count - 1));
  set_event(events, at, one);
}

} // namespace troupe::tests
