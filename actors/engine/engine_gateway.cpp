#include "actors/engine/engine_gateway.hpp"

#include "actors/engine/engine_desk.hpp"
#include "runtime/frames/frame_server.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace troupe::engine {

using runtime::connection_id;

namespace {

/// Where answers go. Outlives the server: late answers are dropped.
class answer_sink {
public:
  void send(connection_id to, std::span<const std::string> payloads) {
    const auto guard = std::lock_guard{mutex_};
    if (server_)
      server_->answer(to, payloads);
  }

  /// Answers that are ready meanwhile wait for the server.
  runtime::outcome<void> open(runtime::frame_server_options options,
                              runtime::frame_observer observer) {
    const auto guard = std::lock_guard{mutex_};
    auto server
      = runtime::frame_server::start(std::move(options), std::move(observer));
    if (!server)
      return runtime::fail(server.error());
    server_ = std::move(*server);
    return {};
  }

  void close() {
    const auto guard = std::lock_guard{mutex_};
    server_.reset();
  }

private:
  std::mutex mutex_;
  std::unique_ptr<runtime::frame_server> server_;
};

} // namespace

struct engine_gateway::parts {
  engine_desk_actor actor;
  std::shared_ptr<answer_sink> sink = std::make_shared<answer_sink>();
};

engine_gateway::engine_gateway(std::unique_ptr<parts> made)
  : parts_{std::move(made)} {}

engine_gateway::~engine_gateway() {
  parts_->sink->close();
  caf::anon_send_exit(parts_->actor, caf::exit_reason::user_shutdown);
}

runtime::outcome<std::unique_ptr<engine_gateway>>
engine_gateway::open(caf::actor_system& system, runtime::supervisor_actor root,
                     const std::string& socket) {
  return open(
    [&](desk_answers answers) {
      return spawn_engine_desk(system, root, std::move(answers));
    },
    [](asker_id) {}, socket);
}

runtime::outcome<std::unique_ptr<engine_gateway>> engine_gateway::open(
  const std::function<engine_desk_actor(desk_answers)>& make_desk,
  std::function<void(asker_id)> on_close, const std::string& socket) {
  auto made = std::make_unique<parts>();
  made->actor = make_desk(
    [sink = made->sink](asker_id to, std::span<const std::string> payloads) {
      sink->send(to, payloads);
    });
  auto options = runtime::frame_server_options{};
  options.path = socket;
  auto observer = runtime::frame_observer{};
  observer.on_questions =
    [to = made->actor](connection_id from, std::vector<std::string> payloads) {
      caf::anon_send(to, desk_questions{from, std::move(payloads)});
    };
  observer.on_close = std::move(on_close);
  auto opened = made->sink->open(std::move(options), std::move(observer));
  if (!opened) {
    caf::anon_send_exit(made->actor, caf::exit_reason::user_shutdown);
    return runtime::fail(opened.error());
  }
  return std::unique_ptr<engine_gateway>{new engine_gateway{std::move(made)}};
}

} // namespace troupe::engine
