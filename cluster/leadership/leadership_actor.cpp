#include "cluster/leadership/leadership_actor.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/thread_priority.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace troupe::cluster {

/// Time has passed.
struct leadership_tick {};

/// Whoever waits for the release waits no longer.
struct leadership_stop_late {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leadership_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leadership_stop_late)

namespace troupe::cluster {

namespace {

using kind = lease_action::kind;
using stop_promise = caf::typed_response_promise<leadership_stopped>;

constexpr auto leadership_log = "cluster.leadership";
constexpr auto watchers_max = std::size_t{64};
constexpr auto stoppers_max = std::size_t{64};

using private_leadership_actor
  = leadership_actor::extend<caf::reacts_to<leadership_tick>,
                             caf::reacts_to<leadership_stop_late>>;

struct leadership_state {
  static constexpr auto name = "leadership"; // Shown in logs.

  leadership_options options;
  lease_database_actor database;
  std::optional<lease_keeper> keeper;
  std::vector<leadership_watcher_actor> watchers;
  leadership_change told;
  std::vector<stop_promise> stoppers;
  bool is_stopped = false;
  bool has_failed_release = false;
  std::size_t outstanding = 0; ///< Requests without an answer.
};

using leadership_pointer
  = private_leadership_actor::stateful_pointer<leadership_state>;

void perform(leadership_pointer self, const lease_keeper::actions& actions);

leadership_change look(leadership_pointer self) {
  const auto& state = self->state;
  auto result = leadership_change{};
  result.epoch = state.keeper->epoch(self->clock().now());
  const auto& seen = state.keeper->last_seen();
  if (result.epoch) {
    result.leader = state.options.holder;
    result.leader_epoch = *result.epoch;
  } else if (seen.left.count() > 0 && seen.holder != state.options.holder) {
    result.leader = seen.holder;
    result.leader_epoch = seen.epoch;
  }
  return result;
}

void tell(leadership_pointer self, const leadership_change& change) {
  auto& state = self->state;
  state.told = change;
  state.told.reason.reset();
  for (const auto& watcher : state.watchers)
    self->send(watcher, change);
}

void tell_end(leadership_pointer self, step_down_reason reason) {
  auto change = look(self);
  change.epoch.reset();
  change.reason = reason;
  tell(self, change);
}

void tell_change(leadership_pointer self) {
  if (auto change = look(self); change != self->state.told)
    tell(self, change);
}

void finish_stoppers(leadership_pointer self, bool is_released) {
  for (auto& each : std::exchange(self->state.stoppers, {}))
    each.deliver(leadership_stopped{is_released});
}

void finish_if_released(leadership_pointer self) {
  // An acquisition under way may still be granted, and is given back then.
  if (self->state.is_stopped && self->state.outstanding == 0)
    finish_stoppers(self, !self->state.has_failed_release);
}

void take(leadership_pointer self, const lease_reply& reply) {
  auto& state = self->state;
  --state.outstanding;
  perform(self, state.keeper->answer(self->clock().now(), reply,
                                     state.options.draw()));
  tell_change(self);
  finish_if_released(self);
}

void ask(leadership_pointer self, const lease_action& action) {
  auto& state = self->state;
  const auto& timing = state.options.timing;
  auto wanted = ask_lease{};
  wanted.what = {action.what, state.options.holder, action.epoch};
  wanted.until = self->clock().now() + timing.request_timeout;
  ++state.outstanding;
  // The keeper itself gives it up after its timeout; but an answer that comes
  // later counts, as long as there can be a lease behind it.
  self->request(state.database, timing.length, std::move(wanted))
    .then(
      [=, request = action.request](lease_answer& answer) {
        take(self, {request, lease_reply::status::answered, std::move(answer)});
      },
      [=](const caf::error& reason) {
        const auto why = runtime::to_problem(reason, self->system());
        runtime::log_debug(leadership_log, "the database did not answer",
                           {{"reason", why.message}});
        self->state.has_failed_release
          = self->state.has_failed_release || action.what == kind::release;
        const auto how = why.kind == runtime::problem_kind::timeout
                           ? lease_reply::status::timed_out
                           : lease_reply::status::failed;
        take(self, {action.request, how, {}});
      });
}

void act(leadership_pointer self, const lease_action& action) {
  switch (action.what) {
    case kind::lead:
      runtime::log_info(leadership_log, "this node leads",
                        {{"epoch", action.epoch}});
      return tell(self,
                  {action.epoch, self->state.options.holder, action.epoch, {}});
    case kind::step_down:
      runtime::log_warning(leadership_log, "this node leads no more",
                           {{"epoch", action.epoch},
                            {"reason", to_string(action.reason)}});
      return tell_end(self, action.reason);
    default:
      return ask(self, action);
  }
}

void perform(leadership_pointer self, const lease_keeper::actions& actions) {
  for (const auto& action : actions)
    act(self, action);
}

void tick(leadership_pointer self) {
  auto& state = self->state;
  if (state.is_stopped)
    return;
  const auto now = self->clock().now();
  perform(self, state.keeper->tick(now, state.options.draw()));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
    std::clamp(state.keeper->next_check(), now, now + state.options.tick)
    - now);
  self->delayed_send(self, std::max(left, std::chrono::milliseconds{1}),
                     leadership_tick{});
}

void start_watching(leadership_pointer self,
                    const leadership_watcher_actor& watcher) {
  auto& state = self->state;
  if (state.watchers.size() == watchers_max)
    return runtime::log_error(leadership_log, "too many watch the leadership");
  self->monitor(watcher);
  state.watchers.push_back(watcher);
  self->send(watcher, look(self));
}

void heed(leadership_pointer self, const own_notice& notice) {
  if (notice.kind == own_notice_kind::step_down)
    perform(self, self->state.keeper->ticks_were_late(self->clock().now()));
}

void heed(leadership_pointer self, const member_event& event) {
  auto& keeper = *self->state.keeper;
  const auto is_gone = event.kind == member_event_kind::down
                       || event.kind == member_event_kind::left;
  if (is_gone && event.of.name == node_of(keeper.last_seen().holder))
    perform(self, keeper.look_now(self->clock().now()));
}

void stop(leadership_pointer self) {
  auto& state = self->state;
  state.is_stopped = true;
  perform(self, state.keeper->stop(self->clock().now()));
  tell_change(self);
}

caf::result<leadership_stopped> stop_when_asked(leadership_pointer self) {
  auto& state = self->state;
  if (state.stoppers.size() == stoppers_max)
    return caf::make_error(runtime::problem_kind::unavailable,
                           "too many wait for this node to stop leading");
  auto promise = self->make_response_promise<leadership_stopped>();
  state.stoppers.push_back(promise);
  stop(self);
  self->delayed_send(self, state.options.stop_timeout, leadership_stop_late{});
  finish_if_released(self);
  return promise;
}

void end(leadership_pointer self, const caf::error& reason) {
  // The release goes to the database all the same.
  stop(self);
  finish_stoppers(self, false);
  self->quit(reason);
}

void on_down(leadership_pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.database.address())
    return end(self, message.reason);
  std::erase_if(state.watchers, [&](const leadership_watcher_actor& watcher) {
    return watcher.address() == message.source;
  });
}

private_leadership_actor::behavior_type
leadership(leadership_pointer self, const lease_database_actor& database,
           const leadership_options& options) {
  if (options.has_own_thread)
    runtime::prefer_this_thread("leadership");
  auto& state = self->state;
  state.options = options;
  state.database = database;
  state.keeper.emplace(options.holder, options.timing);
  self->monitor(database);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  tick(self);
  return {
    [=](const member_event& event) { heed(self, event); },
    [=](const own_notice& notice) { heed(self, notice); },
    [=](const get_leadership&) { return look(self); },
    [=](const watch_leadership& what) { start_watching(self, what.watcher); },
    [=](const step_aside& wanted) {
      perform(self, self->state.keeper->step_aside(self->clock().now(),
                                                   wanted.abstain));
    },
    [=](come_back) {
      perform(self, self->state.keeper->come_back(self->clock().now()));
    },
    [=](const stop_leading&) { return stop_when_asked(self); },
    [=](leadership_tick) { tick(self); },
    [=](leadership_stop_late) { finish_stoppers(self, false); },
  };
}

} // namespace

std::string holder_of(const std::string& node, std::uint64_t incarnation) {
  return node + '/' + std::to_string(incarnation);
}

std::string node_of(const std::string& holder) {
  return holder.substr(0, holder.rfind('/'));
}

leadership_actor spawn_leadership(caf::actor_system& system,
                                  lease_database_actor database,
                                  leadership_options options) {
  return options.has_own_thread
           ? system.spawn<caf::detached>(leadership, std::move(database),
                                         std::move(options))
           : system.spawn(leadership, std::move(database), std::move(options));
}

} // namespace troupe::cluster
