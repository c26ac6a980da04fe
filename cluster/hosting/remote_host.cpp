#include "cluster/hosting/remote_host.hpp"

#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/hosting/report_queue.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::cluster {

/// Time to ask again, unless it was done in between.
struct order_retry {
  std::uint64_t number = 0;
};

/// No orders have told the node what is stored.
struct stored_due {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::order_retry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::stored_due)

namespace troupe::cluster {

namespace {

using runtime::problem;
using runtime::problem_kind;

constexpr auto hosting_log = "cluster.hosting";

/// How long orders may have to come that say what is stored: a question for it
/// alone would hold them up.
constexpr auto stored_delay = std::chrono::milliseconds{50};

using private_host_actor
  = remote_host_actor::extend<caf::reacts_to<order_retry>,
                              caf::reacts_to<stored_due>>;

struct remote_host_state {
  static constexpr auto name = "remote_host"; // Shown in logs.

  enum class phase : std::uint8_t {
    idle,
    asking,
    pausing, ///< Until it is asked again.
  };

  remote_host_options options;
  engine::activity_source_actor source;
  node_exchange_actor exchange;
  std::optional<remote_work> work;
  retry_delay delay;
  phase now = phase::idle;
  std::uint64_t pauses = 0;
  bool is_stored_due = false;
  bool is_closed = false; ///< Nothing is said any more.
};

using pointer = private_host_actor::stateful_pointer<remote_host_state>;
using phase = remote_host_state::phase;

void ask(pointer self);

void pause(pointer self) {
  auto& state = self->state;
  state.now = phase::pausing;
  self->delayed_send(self, state.delay.next(), order_retry{++state.pauses});
}

void end_pause(pointer self) {
  self->state.now = phase::idle;
  ask(self);
}

/// What could not be begun has failed for the engine.
void tell_refused(pointer self, messages::ActivityReports refused) {
  if (refused.reports_size() != 0)
    self->send(self->state.source, std::move(refused));
}

void end_session(pointer self, const problem& reason) {
  const auto& options = self->state.options;
  runtime::log_warning(hosting_log, "a node ended its session",
                       {{"node", options.node},
                        {"epoch", options.epoch},
                        {"reason", reason.message}});
  self->quit(caf::exit_reason::user_shutdown);
}

void take_answer(pointer self, const node_answer& answer) {
  auto& state = self->state;
  const auto taken = from_envelope<messages::HostingTaken>(answer.envelope);
  if (!taken)
    return pause(self);
  state.delay.reset();
  state.now = phase::idle;
  state.work->confirm(taken->sequence());
  ask(self);
}

void take_failure(pointer self, const problem& reason) {
  auto& state = self->state;
  switch (reason.kind) {
    case problem_kind::conflict: // Another one leads.
    case problem_kind::not_found: // The node has begun anew.
      return end_session(self, reason);
    case problem_kind::invalid_input:
      tell_refused(self, state.work->refuse_outstanding());
      state.now = phase::idle;
      return ask(self);
    default:
      return pause(self);
  }
}

/// Asks the node, unless it is being asked.
void ask(pointer self) {
  auto& state = self->state;
  const auto* question = state.now == phase::idle && !state.is_closed
                           ? state.work->question()
                           : nullptr;
  if (question == nullptr)
    return;
  state.now = phase::asking;
  auto call = node_call{};
  call.node = state.options.node;
  call.envelope = to_envelope(hosted_target, state.options.epoch, *question);
  call.lane = link_lane::bulk;
  call.timeout = state.options.asking.timeout;
  // The exchange answers in time; if it does not, it is gone.
  self->request(state.exchange, 2 * call.timeout, std::move(call))
    .then([=](const node_answer& answer) { take_answer(self, answer); },
          [=](caf::error& reason) {
            take_failure(self, runtime::to_problem(reason, self->system()));
          });
}

/// After something was added for the node.
void pursue(pointer self) {
  auto& state = self->state;
  if (!state.work->is_overfull())
    return ask(self);
  runtime::log_error(hosting_log, "a node does not take its orders",
                     {{"node", state.options.node}});
  self->quit(caf::exit_reason::user_shutdown);
}

void tell_engine(pointer self, const messages::HostingReports& heard) {
  auto& source = self->state.source;
  const auto& what = heard.reports();
  if (std::ranges::any_of(what.reports(), is_terminal))
    self->send(caf::actor_cast<engine::durable_source_actor>(source),
               engine::durable_reports{heard.sequence(), what});
  else if (what.reports_size() != 0 || what.credit() != 0)
    self->send(source, what);
}

void note_stored(pointer self, engine::reports_stored what) {
  auto& state = self->state;
  state.work->note_stored(what.number);
  if (!std::exchange(state.is_stored_due, true))
    self->delayed_send(self, stored_delay, stored_due{});
}

caf::result<node_answer> take_reports(pointer self,
                                      const session_reports& reports) {
  auto& state = self->state;
  switch (state.work->hear(*reports.what)) {
    case arrival::unknown: {
      auto reason = problem{};
      reason.kind = problem_kind::not_found;
      reason.message = "the session is over";
      return runtime::to_error(reason);
    }
    case arrival::fresh: {
      tell_engine(self, *reports.what);
      break;
    }
    case arrival::repeated:
      break;
  }
  auto taken = messages::HostingTaken{};
  taken.set_sequence(reports.what->sequence());
  return node_answer{to_envelope({}, state.options.epoch, taken)};
}

/// A desk that is told to stop does so before its engine: that one must not
/// take what runs on the node for lost, as it goes on with the next.
void on_down(pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source != state.source.address()
      && message.reason == caf::exit_reason::user_shutdown)
    state.is_closed = true;
  else
    self->quit(caf::exit_reason::user_shutdown);
}

private_host_actor::behavior_type
remote_host(pointer self, const engine::activity_source_actor& source,
            const node_exchange_actor& exchange, const caf::actor_addr& desk,
            const remote_host_options& options) {
  auto& state = self->state;
  state.options = options;
  state.source = source;
  state.exchange = exchange;
  state.delay = retry_delay{options.asking.retry};
  state.work.emplace(options.session, options.credit, options.work);
  self->monitor(desk);
  self->monitor(source);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  return {
    // Activities that report to somebody on this node are no remote ones.
    [](const messages::ActivityProgress&) {},
    [](const messages::ActivitySucceeded&) {},
    [](const messages::ActivityFailed&) {},
    [=](const messages::RunActivities& requests) {
      tell_refused(self, self->state.work->run(requests));
      pursue(self);
    },
    [=](const messages::CancelActivity& what) {
      self->state.work->cancel(what);
      pursue(self);
    },
    [=](const messages::KeepActivities& what) {
      self->state.work->keep(what);
      pursue(self);
    },
    [=](engine::hold_activities what) {
      self->send(
        caf::actor_cast<engine::activity_holder_actor>(self->state.source),
        what);
    },
    [=](engine::reports_stored what) { note_stored(self, what); },
    [=](stored_due) {
      self->state.is_stored_due = false;
      self->state.work->tell_stored();
      ask(self);
    },
    [=](const session_reports& reports) { return take_reports(self, reports); },
    [=](link_returned) {
      self->state.delay.reset();
      if (self->state.now == phase::pausing)
        end_pause(self);
    },
    [=](const order_retry& retry) {
      if (self->state.now == phase::pausing
          && self->state.pauses == retry.number)
        end_pause(self);
    },
  };
}

} // namespace

remote_host_actor spawn_remote_host(caf::actor_system& system,
                                    const engine::activity_source_actor& source,
                                    const node_exchange_actor& exchange,
                                    const caf::actor_addr& desk,
                                    remote_host_options options) {
  return system.spawn(remote_host, source, exchange, desk, std::move(options));
}

} // namespace troupe::cluster
