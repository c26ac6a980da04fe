#pragma once

#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// One activity under way. It sends exactly one of ActivitySucceeded and
/// ActivityFailed to whom it was given, then ends; whoever ends without a word
/// has crashed. It stops at once when it exits for any other reason.
using activity_actor = caf::typed_actor<
  // Stop: answered by the end, within the grace.
  caf::reacts_to<messages::CancelActivity>>;

/// Hears what becomes of activities.
using activity_results_actor
  = caf::typed_actor<caf::reacts_to<messages::ActivityProgress>,
                     caf::reacts_to<messages::ActivitySucceeded>,
                     caf::reacts_to<messages::ActivityFailed>>;

/// The activities a host can run, by the name that workflows use.
class activity_registry {
public:
  /// Spawns the activity of a request. Must not block; may throw, which counts
  /// as a crash of the activity.
  using start_function
    = std::function<activity_actor(caf::actor_system&,
                                   const messages::RunActivity&,
                                   const activity_results_actor&)>;

  /// A second one of a name replaces the first.
  void add(std::string name, start_function start) {
    starts_.insert_or_assign(std::move(name), std::move(start));
  }

  /// Null if there is none. Valid until the next `add`.
  [[nodiscard]] const start_function* find(std::string_view name) const {
    const auto found = starts_.find(name);
    return found == starts_.end() ? nullptr : &found->second;
  }

  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string_view> names() const {
    auto result = std::vector<std::string_view>{};
    for (const auto& [name, start] : starts_)
      result.emplace_back(name);
    return result;
  }

private:
  std::map<std::string, start_function, std::less<>> starts_;
};

} // namespace troupe::engine
