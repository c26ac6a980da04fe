#include "actors/simulation/event_columns.hpp"

namespace troupe::simulation {

void event_columns::make_room(std::size_t events) {
  if (key.size() >= events)
    return;
  key.resize(events);
  amount.resize(events);
  previous.resize(events);
  probability.resize(events);
  day.resize(events);
  type.resize(events);
  level.resize(events);
  age.resize(events);
  tenure.resize(events);
}

} // namespace troupe::simulation
