#include "cluster/membership/incarnation_store.hpp"

#include "runtime/actor_errors.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::cluster {

incarnation_store_actor spawn_incarnation_store(
  caf::actor_system& system,
  std::function<runtime::outcome<void>(std::uint64_t)> write) {
  const auto keep
    = [](incarnation_store_actor::pointer,
         const std::function<runtime::outcome<void>(std::uint64_t)>&
           write_number) {
        return incarnation_store_actor::behavior_type{
          [write_number](
            const store_incarnation& what) -> caf::result<incarnation_stored> {
            if (const auto written = write_number(what.incarnation); !written)
              return runtime::to_error(written.error());
            return incarnation_stored{};
          },
        };
      };
  return system.spawn<caf::detached>(keep, std::move(write));
}

} // namespace troupe::cluster
