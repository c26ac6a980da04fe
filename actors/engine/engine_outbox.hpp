#pragma once

#include "actors/engine/activity_host.hpp"
#include "messages/engine.pb.h"
#include "messages/guards.pb.h"
#include "messages/queue_call.pb.h"
#include "runtime/problem.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::engine {

/// An answer that may be given once what it says is stored.
struct run_accepted {
  caf::typed_response_promise<messages::RunAccepted> to;
  messages::RunAccepted what;
};

struct runs_accepted {
  caf::typed_response_promise<messages::RunsAccepted> to;
  messages::RunsAccepted what;
};

struct run_changed {
  caf::typed_response_promise<messages::RunChanged> to;
  messages::RunChanged what;
};

struct workflow_applied {
  caf::typed_response_promise<messages::WorkflowApplied> to;
  messages::WorkflowApplied what;
};

struct guard_reset {
  caf::typed_response_promise<messages::GuardStates> to;
  messages::GuardStates what;
};

struct queue_changed {
  caf::typed_response_promise<messages::QueueChanged> to;
  messages::QueueChanged what;
};

/// Work for a host, or the end of it.
struct work_given {
  activity_host_actor to;
  messages::RunActivities what;
};

struct work_called_off {
  activity_host_actor to;
  messages::CancelActivity what;
};

using outgoing
  = std::variant<run_accepted, runs_accepted, run_changed, workflow_applied,
                 guard_reset, queue_changed, work_given, work_called_off>;

/// What nobody may hear before it is stored. Whoever still waits for an answer
/// when it goes gets an error.
class engine_outbox {
public:
  engine_outbox() = default;
  engine_outbox(const engine_outbox&) = delete;
  engine_outbox& operator=(const engine_outbox&) = delete;
  ~engine_outbox();

  void add(outgoing what) {
    waiting_.push_back(std::move(what));
  }

  /// Why it goes, for those who still wait then.
  void set_reason(runtime::problem reason) {
    reason_ = std::move(reason);
  }

  [[nodiscard]] bool is_empty() const noexcept {
    return waiting_.empty();
  }

  /// What is in it goes with the commit that begins now.
  void begin_commit();

  /// That commit is on disk: hands out what went with it, in order.
  [[nodiscard]] std::vector<outgoing> end_commit();

private:
  std::vector<outgoing> waiting_;
  std::vector<outgoing> in_flight_;
  std::optional<runtime::problem> reason_;
};

} // namespace troupe::engine
