#pragma once

#include "runtime/problem.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <string>

namespace troupe::engine {

/// Lets other processes of this user ask the engine, over a Unix socket
/// (messages/engine_call.proto). A question that the engine could not answer
/// because it was being restarted is answered with `unavailable`.
class engine_gateway {
public:
  /// `root` has the engine as its child "engine". Errors as
  /// runtime::frame_server::start.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<engine_gateway>>
  open(caf::actor_system& system, runtime::supervisor_actor root,
       const std::string& socket);

  /// Hangs up on everybody.
  ~engine_gateway();

  engine_gateway(const engine_gateway&) = delete;
  engine_gateway& operator=(const engine_gateway&) = delete;

private:
  struct parts;

  explicit engine_gateway(std::unique_ptr<parts> made);

  std::unique_ptr<parts> parts_;
};

} // namespace troupe::engine
