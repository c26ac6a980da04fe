#include "cluster/leadership/lease_fence.hpp"

#include "cluster/leadership/lease_statements.hpp"

#include <algorithm>
#include <cstdint>

namespace troupe::cluster {

runtime::write_fence fence_of(const std::string& lease, lease_epoch epoch) {
  auto sql = std::string{fence_lease_sql};
  // The store writes parameters as SQLite does.
  std::ranges::replace(sql, '$', '?');
  return {.sql = std::move(sql),
          .parameters = {lease, static_cast<std::int64_t>(epoch)}};
}

} // namespace troupe::cluster
