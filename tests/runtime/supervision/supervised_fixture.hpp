#pragma once

#include "runtime/supervision/supervisor.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::tests {

/// Supervisors over children that write down what happens to them.
struct supervised_fixture : actor_fixture {
  using journal = std::vector<std::string>;

  /// "+a" when a starts, "-a" when it is asked to stop.
  std::shared_ptr<journal> events = std::make_shared<journal>();

  /// How often the next starts of any child throw.
  std::shared_ptr<int> broken_starts = std::make_shared<int>(0);

  enum class manners { obedient, stubborn };

  runtime::child_spec child(const std::string& id,
                            runtime::restart_kind restart
                            = runtime::restart_kind::permanent,
                            manners how = manners::obedient) {
    auto spec = runtime::child_spec{};
    spec.id = id;
    spec.restart = restart;
    spec.start
      = [=, log = events, broken = broken_starts](caf::actor_system& where) {
          if (*broken > 0) {
            --*broken;
            throw std::runtime_error{"cannot open socket"};
          }
          log->push_back("+" + id);
          return caf::actor{
            where.spawn([=](caf::event_based_actor* self) -> caf::behavior {
              self->set_exit_handler([=](const caf::exit_msg& message) {
                log->push_back("-" + id);
                if (how == manners::obedient)
                  self->quit(message.reason);
              });
              // Any text is the reason to end; an empty one is a clean end.
              return {[=](const std::string& reason) {
                if (reason.empty())
                  self->quit();
                else
                  self->quit(caf::make_error(caf::sec::runtime_error, reason));
              }};
            })};
        };
    return spec;
  }

  static runtime::supervisor_options
  options(runtime::restart_strategy strategy
          = runtime::restart_strategy::one_for_one) {
    auto result = runtime::supervisor_options{};
    result.name = "root";
    result.strategy = strategy;
    result.delay = {std::chrono::milliseconds{0}, std::chrono::milliseconds{0}};
    return result;
  }

  runtime::supervisor_actor start(runtime::supervisor_options how,
                                  std::vector<runtime::child_spec> children) {
    auto result
      = runtime::spawn_supervisor(system, std::move(how), std::move(children));
    own(result);
    run();
    return result;
  }

  caf::actor find(const runtime::supervisor_actor& supervisor,
                  const std::string& id) {
    auto query = messages::GetChild{};
    query.set_id(id);
    return reply_of(request(supervisor, query), system);
  }

  /// Ends a child with an error, or clean if `reason` is empty.
  void end(const runtime::supervisor_actor& supervisor, const std::string& id,
           const std::string& reason) {
    caf::anon_send(find(supervisor, id), reason);
    advance(std::chrono::nanoseconds{0});
  }

  void crash(const runtime::supervisor_actor& supervisor,
             const std::string& id) {
    end(supervisor, id, "crash");
  }

  messages::Tree tree(const runtime::supervisor_actor& supervisor) {
    return reply_of(request(supervisor, messages::GetTree{}), system);
  }

  /// The events since the last call.
  journal take_events() {
    return std::exchange(*events, {});
  }

  /// Whether the actor has ended, and why.
  template <class Handle>
  std::optional<caf::error> end_of(const Handle& handle) {
    auto result = std::optional<caf::error>{};
    client->monitor(handle);
    run();
    client->receive(
      [&](const caf::down_msg& message) { result = message.reason; },
      caf::after(std::chrono::milliseconds{0}) >> [] {});
    return result;
  }
};

} // namespace troupe::tests
