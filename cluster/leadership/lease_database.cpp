#include "cluster/leadership/lease_database.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/thread_priority.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <utility>

namespace troupe::cluster {

namespace {

struct lease_database_state {
  static constexpr auto name = "lease_database"; // Shown in logs.

  std::optional<lease_session> session;
};

using lease_database_pointer
  = lease_database_actor::stateful_pointer<lease_database_state>;

caf::result<lease_answer> ask(lease_database_pointer self,
                              const ask_lease& wanted) {
  if (std::chrono::steady_clock::now() >= wanted.until)
    return caf::make_error(runtime::problem_kind::timeout,
                           "the database was busy for too long");
  auto answer = self->state.session->ask(wanted.what);
  if (!answer)
    return runtime::to_error(answer.error());
  return std::move(*answer);
}

lease_database_actor::behavior_type
lease_database(lease_database_pointer self, lease_session_options options) {
  runtime::prefer_this_thread("lease_database");
  self->state.session.emplace(std::move(options));
  return {[=](const ask_lease& wanted) { return ask(self, wanted); }};
}

} // namespace

lease_database_actor spawn_lease_database(caf::actor_system& system,
                                          lease_session_options options) {
  return system.spawn<caf::detached>(lease_database, std::move(options));
}

} // namespace troupe::cluster
