#pragma once

#include "actors/engine/engine_desk.hpp"
#include "runtime/problem.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <string>

namespace troupe::engine {

/// Lets other processes of this user ask the engine, over a Unix socket
/// (messages/engine_call.proto).
class engine_gateway {
public:
  /// Asks the engine below `root`, as `spawn_engine_desk` does. Errors as
  /// runtime::frame_server::start.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<engine_gateway>>
  open(caf::actor_system& system, runtime::supervisor_actor root,
       const std::string& socket);

  /// Asks the desk that `make_desk` makes of where the answers go; `on_close`
  /// hears who hung up, on any thread.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<engine_gateway>>
  open(const std::function<engine_desk_actor(desk_answers)>& make_desk,
       std::function<void(asker_id)> on_close, const std::string& socket);

  /// Hangs up on everybody, and ends the desk.
  ~engine_gateway();

  engine_gateway(const engine_gateway&) = delete;
  engine_gateway& operator=(const engine_gateway&) = delete;

private:
  struct parts;

  explicit engine_gateway(std::unique_ptr<parts> made);

  std::unique_ptr<parts> parts_;
};

} // namespace troupe::engine
