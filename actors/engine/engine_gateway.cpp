#include "actors/engine/engine_gateway.hpp"

#include "actors/engine/engine.hpp"
#include "messages/engine_call.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/frames/frame_server.hpp"
#include "runtime/problem_message.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <mutex>
#include <utility>

namespace troupe::engine {

/// What somebody asks.
struct gateway_question {
  runtime::connection_id from = 0;
  std::string payload;
};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::gateway_question)

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

using messages::EngineAnswer;
using messages::EngineCall;
using runtime::connection_id;

/// How long the engine may take for what needs one commit.
constexpr auto answer_timeout = 120s;

using gateway_actor = caf::typed_actor<caf::reacts_to<gateway_question>>;

/// Where answers go. Outlives the server: late answers are dropped.
class answer_sink {
public:
  void send(connection_id to, const EngineAnswer& answer) {
    const auto guard = std::lock_guard{mutex_};
    if (server_)
      server_->answer(to, answer.SerializeAsString());
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

struct gateway_state {
  static constexpr auto name = "engine_gateway"; // Shown in logs.

  // An aggregate would be made from the actor.
  gateway_state() = default;

  runtime::supervisor_actor root;
  std::shared_ptr<answer_sink> sink;
  engine_actor engine; ///< As it ran when it was last asked for.
};

using pointer = gateway_actor::stateful_pointer<gateway_state>;

void refuse(pointer self, connection_id to, std::uint64_t id,
            const caf::error& error) {
  auto answer = EngineAnswer{};
  answer.set_id(id);
  *answer.mutable_problem()
    = runtime::to_problem_message<messages::ProblemReport>(
      runtime::to_problem(error, self->system()));
  // Perhaps there is another one by now.
  self->state.engine = nullptr;
  self->state.sink->send(to, answer);
}

/// Passes a question on; the reply becomes that part of the answer.
template <class Part, class Question>
void forward(pointer self, connection_id to, std::uint64_t id,
             const Question& question, Part* (EngineAnswer::*part)(),
             caf::duration patience = caf::duration{answer_timeout}) {
  self->request(self->state.engine, patience, question)
    .then(
      [=](Part& reply) {
        auto answer = EngineAnswer{};
        answer.set_id(id);
        *(answer.*part)() = std::move(reply);
        self->state.sink->send(to, answer);
      },
      [=](const caf::error& error) { refuse(self, to, id, error); });
}

void ask_engine(pointer self, connection_id to, const EngineCall& call) {
  const auto id = call.id();
  switch (call.what_case()) {
    case EngineCall::kSubmit:
      return forward(self, to, id, call.submit(),
                     &EngineAnswer::mutable_accepted);
    case EngineCall::kSubmitMany:
      return forward(self, to, id, call.submit_many(),
                     &EngineAnswer::mutable_many);
    case EngineCall::kApply:
      return forward(self, to, id, call.apply(),
                     &EngineAnswer::mutable_applied);
    case EngineCall::kChange:
      return forward(self, to, id, call.change(),
                     &EngineAnswer::mutable_changed);
    case EngineCall::kAwait:
      // A run may take for ever; the engine's death is heard of.
      return forward(self, to, id, call.await(), &EngineAnswer::mutable_result,
                     caf::infinite);
    case EngineCall::kProgress:
      return forward(self, to, id, call.progress(),
                     &EngineAnswer::mutable_progress);
    case EngineCall::kStatus:
      return forward(self, to, id, call.status(),
                     &EngineAnswer::mutable_status);
    default:
      refuse(self, to, id,
             runtime::to_error(
               runtime::fail(runtime::problem_kind::invalid_input,
                             "a question that this server does not know",
                             "use a client of the same version")
                 .value()));
  }
}

void take(pointer self, const gateway_question& question) {
  auto call = EngineCall{};
  if (!call.ParseFromString(question.payload))
    return refuse(
      self, question.from, 0,
      runtime::to_error(runtime::fail(runtime::problem_kind::invalid_input,
                                      "a question that cannot be decoded")
                          .value()));
  if (self->state.engine)
    return ask_engine(self, question.from, call);
  auto wanted = messages::GetChild{};
  wanted.set_id("engine");
  self->request(self->state.root, 10s, wanted)
    .then(
      [=, from = question.from](const caf::actor& child) {
        self->state.engine = runtime::child_handle<engine_actor>(child);
        ask_engine(self, from, call);
      },
      [=, from = question.from](const caf::error& error) {
        refuse(self, from, call.id(), error);
      });
}

gateway_actor::behavior_type gateway(pointer self,
                                     runtime::supervisor_actor root,
                                     std::shared_ptr<answer_sink> sink) {
  self->state.root = std::move(root);
  self->state.sink = std::move(sink);
  return {
    [=](const gateway_question& question) { take(self, question); },
  };
}

} // namespace

struct engine_gateway::parts {
  gateway_actor actor;
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
  auto made = std::make_unique<parts>();
  made->actor = system.spawn(gateway, std::move(root), made->sink);
  auto options = runtime::frame_server_options{};
  options.path = socket;
  auto observer = runtime::frame_observer{};
  observer.on_question
    = [to = made->actor](connection_id from, std::string payload) {
        caf::anon_send(to, gateway_question{from, std::move(payload)});
      };
  observer.on_close = [](connection_id) {};
  auto opened = made->sink->open(std::move(options), std::move(observer));
  if (!opened) {
    caf::anon_send_exit(made->actor, caf::exit_reason::user_shutdown);
    return runtime::fail(opened.error());
  }
  return std::unique_ptr<engine_gateway>{new engine_gateway{std::move(made)}};
}

} // namespace troupe::engine
