#pragma once

#include "messages/engine.pb.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::tests {

/// The events of a serialised RunEvents.
inline std::vector<messages::RunEvent> events_in(const std::string& bytes) {
  auto events = messages::RunEvents{};
  if (!events.ParseFromString(bytes))
    throw std::logic_error{"events that cannot be decoded"};
  return {events.events().begin(), events.events().end()};
}

} // namespace troupe::tests
