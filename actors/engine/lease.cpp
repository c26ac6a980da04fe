#include "actors/engine/lease.hpp"

namespace troupe::engine {

std::string to_string(const lease_holder& holder) {
  auto text = runtime::to_string(holder.run);
  if (!holder.step)
    return text;
  text += '/' + std::to_string(*holder.step);
  if (holder.item != 0)
    text += '[' + std::to_string(holder.item) + ']';
  if (holder.compensation)
    text += " undo";
  return text;
}

} // namespace troupe::engine
