#pragma once

#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
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

  /// What takes no longer than an actor would to start: done by the host.
  using answer_function
    = std::function<messages::ActivitySucceeded(const messages::RunActivity&)>;

  /// A second one of a name replaces the first.
  void add(std::string name, start_function start) {
    starts_.insert_or_assign(std::move(name), std::move(start));
  }

  void add_immediate(std::string name, answer_function answer) {
    starts_.insert_or_assign(std::move(name), std::move(answer));
  }

  /// Null if there is none. Valid until something is added.
  [[nodiscard]] const start_function* find(std::string_view name) const {
    return find_as<start_function>(name);
  }

  [[nodiscard]] const answer_function*
  find_immediate(std::string_view name) const {
    return find_as<answer_function>(name);
  }

  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string_view> names() const {
    auto result = std::vector<std::string_view>{};
    for (const auto& [name, start] : starts_)
      result.emplace_back(name);
    return result;
  }

private:
  using way = std::variant<start_function, answer_function>;

  template <class Kind>
  [[nodiscard]] const Kind* find_as(std::string_view name) const {
    const auto found = starts_.find(name);
    return found == starts_.end() ? nullptr : std::get_if<Kind>(&found->second);
  }

  std::map<std::string, way, std::less<>> starts_;
};

} // namespace troupe::engine
