#include "actors/engine/ready_work.hpp"

namespace troupe::engine {

bool fits(const resource_amounts& needed,
          const resource_amounts& room) noexcept {
  if (needed.cpu_thousandths > room.cpu_thousandths
      || needed.memory_bytes > room.memory_bytes)
    return false;
  auto has = room.custom.begin();
  for (const auto& part : needed.custom) {
    while (has != room.custom.end() && has->resource < part.resource)
      ++has;
    const auto amount
      = has != room.custom.end() && has->resource == part.resource ? has->amount
                                                                   : 0;
    if (part.amount > amount)
      return false;
  }
  return true;
}

} // namespace troupe::engine
