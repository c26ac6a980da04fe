#pragma once

#include "actors/scheduler/cron_schedule.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::tests {

/// The value, or the test ends with what is wrong.
template <class T>
T value_of(runtime::outcome<T> result) {
  if (!result)
    throw std::runtime_error(runtime::render(result.error()));
  return std::move(*result);
}

inline scheduler::instant at(std::string_view text) {
  return value_of(runtime::parse_instant(text));
}

inline scheduler::cron_expression expression(std::string_view text) {
  return value_of(scheduler::parse_cron(text));
}

inline scheduler::cron_schedule cron(std::string_view text,
                                     std::string_view zone = "UTC") {
  return {expression(text), value_of(runtime::time_zone::find(zone))};
}

} // namespace troupe::tests
