#include "actors/engine/ready_work.hpp"

#include <algorithm>

namespace troupe::engine {

bool fits(const resource_amounts& needed, const resource_amounts& room,
          const resource_amounts& total) noexcept {
  const auto cpu = std::min(needed.cpu_thousandths, total.cpu_thousandths);
  if (cpu > room.cpu_thousandths || needed.memory_bytes > room.memory_bytes)
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
