#pragma once

#include "actors/scheduler/schedule_file.hpp"

#include <stdexcept>
#include <string>

namespace troupe::tests {

/// The head of a schedule with these keys behind it.
inline std::string schedule_text(const std::string& keys) {
  return "apiVersion: troupe/v1\nkind: Schedule\nid: nightly\n"
         "workflow: finance/nightly-portfolio\n"
         + keys;
}

/// The same, read; throws what is wrong with it.
inline scheduler::schedule_definition schedule(const std::string& keys) {
  auto read = scheduler::parse_schedule(schedule_text(keys), "s.yaml");
  if (!read)
    throw std::runtime_error(runtime::render(read.error().front()));
  return std::move(*read);
}

} // namespace troupe::tests
