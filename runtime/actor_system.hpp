#pragma once

#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe::runtime {

/// What every actor system of ours knows: all message types, the texts of our
/// errors, how many threads run actors. Reads no file and no arguments.
class actor_configuration : public caf::actor_system_config {
public:
  /// Zero threads: one per processor.
  explicit actor_configuration(std::size_t threads = 0);
};

/// Whoever can be stopped together with everybody below, such as a supervisor.
using stoppable_actor = caf::typed_actor<
  // Answered when all have ended.
  caf::replies_to<messages::StopTree>::with<messages::TreeStopped>>;

/// Stops a root and all below it; whoever is late is killed, and named. Returns
/// when they have ended, at the latest some time after the deadline. Not on a
/// thread of the system.
std::vector<std::string> stop_tree(caf::actor_system& system,
                                   stoppable_actor root,
                                   std::chrono::milliseconds deadline);

struct local_system_options {
  /// Threads that run actors; zero: one per processor.
  std::size_t threads = 0;
  /// How long the destructor waits if nobody called `shutdown`.
  std::chrono::milliseconds shutdown{10'000};
};

/// The actors of one process, with an end that comes in time: unlike the
/// destructor of caf::actor_system, its own never waits forever.
class local_system {
public:
  explicit local_system(local_system_options options = {});
  local_system(const local_system&) = delete;
  local_system& operator=(const local_system&) = delete;

  /// As `shutdown`, if that was not called.
  ~local_system();

  /// Valid until `shutdown`.
  [[nodiscard]] caf::actor_system& operator*() noexcept {
    return *system_;
  }

  [[nodiscard]] caf::actor_system* operator->() noexcept {
    return system_.get();
  }

  /// Whom `shutdown` stops. There is one root; a second call replaces it.
  void set_root(stoppable_actor root);

  /// Stops the root, then everything. Whoever is late is killed. Returns within
  /// about three times the deadline, with the paths of those that had to be
  /// killed, or that could not even be killed. In the latter case their threads
  /// still run: leave the process with std::_Exit. All other handles must be
  /// gone by now, and so must other threads that used a caf::scoped_actor: call
  /// it on the thread that made the system. Empty on a second call.
  std::vector<std::string> shutdown(std::chrono::milliseconds deadline);

private:
  local_system_options options_;
  std::unique_ptr<actor_configuration> configuration_;
  std::unique_ptr<caf::actor_system> system_;
  stoppable_actor root_;
};

} // namespace troupe::runtime
