#include "actors/engine/activity_host.hpp"

#include "runtime/config/spelling.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/logging/log.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

namespace troupe::engine {

/// Tells a host to look at the time.
struct activity_tick {};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::activity_tick)

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

/// A pending message keeps its receiver, hence the system, alive for so long.
constexpr auto tick_max = std::chrono::nanoseconds{1s};

using private_host_actor
  = activity_host_actor::extend<caf::reacts_to<activity_tick>>;

struct activity_host_state {
  static constexpr auto name = "activity_host"; // Shown in logs.

  activity_host_state() = default;
  activity_host_state(const activity_host_state&) = delete;
  activity_host_state& operator=(const activity_host_state&) = delete;

  /// Nobody survives a host, however it ends.
  ~activity_host_state() {
    for (const auto& [key, activity] : running)
      caf::anon_send_exit(activity, caf::exit_reason::kill);
  }

  activity_host_options options;
  activity_source_actor source;
  activity_table table;
  std::map<activity_key, activity_actor> running;
  std::map<caf::actor_id, activity_key> keys;
  std::optional<activity_table::time_point> next_tick;
  messages::ActivityReports reports; ///< Not sent yet.
};

using pointer = private_host_actor::stateful_pointer<activity_host_state>;

messages::ActivityFailed failure_of(const messages::ActivityRef& ref,
                                    const char* kind, std::string message) {
  auto failure = messages::ActivityFailed{};
  *failure.mutable_ref() = ref;
  failure.set_kind(kind);
  failure.set_message(std::move(message));
  return failure;
}

/// Makes sure that the host looks at the time when it has to.
void await_deadline(pointer self) {
  auto& state = self->state;
  const auto deadline = state.table.next_deadline();
  if (!deadline)
    return;
  const auto now = self->clock().now();
  const auto due = std::min(std::max(*deadline, now), now + tick_max);
  if (state.next_tick && *state.next_tick <= due)
    return;
  state.next_tick = due;
  self->delayed_send(self, due - now, activity_tick{});
}

void forget(pointer self, const activity_key& key) {
  auto& state = self->state;
  const auto node = state.running.extract(key);
  if (!node.empty())
    state.keys.erase(node.mapped().id());
}

/// An activity has left its place: somebody else may have it.
void give_credit(pointer self) {
  auto& state = self->state;
  if (!state.table.is_closing())
    state.reports.set_credit(state.reports.credit() + 1);
}

/// The same for one that never had a place, if it took credit.
void give_credit(pointer self, const messages::RunActivity& request) {
  if (!request.takes_no_credit())
    give_credit(self);
}

void report(pointer self, std::optional<messages::ActivityFailed> failure) {
  if (failure)
    *self->state.reports.add_reports()->mutable_failed() = std::move(*failure);
}

void report(pointer self, messages::ActivitySucceeded success) {
  *self->state.reports.add_reports()->mutable_succeeded() = std::move(success);
}

/// Tells the source what has come up.
void send_reports(pointer self) {
  auto& reports = self->state.reports;
  if (reports.reports_size() == 0 && reports.credit() == 0)
    return;
  runtime::crash_point("host.reports");
  self->send(self->state.source,
             std::exchange(reports, messages::ActivityReports{}));
  runtime::crash_point("host.reported");
}

/// Does whatever is to be done now.
void pursue(pointer self) {
  auto& state = self->state;
  while (const auto step = state.table.next(self->clock().now())) {
    const auto found = state.running.find(step->key);
    if (found == state.running.end())
      continue;
    if (step->what == activity_table::step::kind::cancel) {
      auto request = messages::CancelActivity{};
      *request.mutable_ref() = to_message(step->key);
      if (step->grace)
        request.set_grace_ms(static_cast<std::uint64_t>(step->grace->count()));
      self->send(found->second, std::move(request));
      continue;
    }
    runtime::log_warning("engine", "an activity that did not stop was killed",
                         {{"run", step->key.run}, {"step", step->key.step}});
    self->send_exit(found->second, caf::exit_reason::kill);
    forget(self, step->key);
    report(self, state.table.end_lost(step->key, "killed"));
    give_credit(self);
  }
  send_reports(self);
  if (state.table.is_closing() && state.table.size() == 0)
    self->quit(caf::exit_reason::user_shutdown);
  else
    await_deadline(self);
}

/// Starts an admitted activity; whatever a start function throws is its
/// failure.
void start(pointer self, const messages::RunActivity& request) {
  auto& state = self->state;
  const auto key = to_key(request.ref());
  runtime::crash_point("host.starts");
  auto why = std::string{"its start gave no actor"};
  try {
    if (const auto* answer
        = state.options.registry->find_immediate(request.activity())) {
      auto success = (*answer)(request);
      static_cast<void>(state.table.end_succeeded(key));
      report(self, std::move(success));
      give_credit(self, request);
      return;
    }
    const auto results = caf::actor_cast<activity_results_actor>(self);
    const auto& begin = *state.options.registry->find(request.activity());
    if (auto activity = begin(self->system(), request, results)) {
      state.keys.emplace(activity.id(), key);
      state.running.emplace(key, activity);
      self->monitor(activity);
      return;
    }
  } catch (const std::exception& error) {
    why = error.what();
  }
  report(self, state.table.end_lost(key, why));
  give_credit(self, request);
}

void run(pointer self, const messages::RunActivity& request) {
  auto& state = self->state;
  const auto& registry = *state.options.registry;
  const auto refuse = [&](const char* kind, std::string message) {
    report(self, failure_of(request.ref(), kind, std::move(message)));
  };
  if (registry.find(request.activity()) == nullptr
      && registry.find_immediate(request.activity()) == nullptr) {
    refuse("unknown_activity",
           "there is no activity \"" + request.activity() + "\"; "
             + runtime::spelling_hint(request.activity(), registry.names()));
    // Whoever gave it out has spent a credit on it.
    give_credit(self, request);
    return;
  }
  switch (state.table.admit(request, self->clock().now())) {
    case activity_table::admission::accepted:
      start(self, request);
      break;
    case activity_table::admission::known:
      break;
    case activity_table::admission::outdated:
      refuse("outdated", "its work was given to a later epoch");
      give_credit(self, request);
      break;
    case activity_table::admission::full:
      refuse("overloaded", "more activities than the host has asked for");
      break;
    case activity_table::admission::closing:
      refuse("interrupted", "its host was told to end");
      break;
  }
}

/// What of them has ended meanwhile is reported already.
void keep(pointer self, const messages::KeepActivities& kept) {
  auto& state = self->state;
  for (const auto& ref : kept.refs()) {
    const auto key = to_key(ref);
    if (!state.table.rebind(key, kept.epoch()))
      continue;
    auto node = state.running.extract(key);
    if (node.empty())
      continue;
    node.key().epoch = kept.epoch();
    state.keys.at(node.mapped().id()) = node.key();
    state.running.insert(std::move(node));
  }
}

/// The activity behind a message, if it still counts.
std::optional<activity_key> sender_key(pointer self) {
  const auto& keys = self->state.keys;
  const auto sender = self->current_sender();
  const auto found = sender ? keys.find(sender->id()) : keys.end();
  if (found == keys.end())
    return std::nullopt;
  return found->second;
}

void on_progress(pointer self, const messages::ActivityProgress& progress) {
  const auto key = sender_key(self);
  if (!key || !self->state.table.beat(*key, self->clock().now()))
    return;
  auto message = progress;
  *message.mutable_ref() = to_message(*key);
  *self->state.reports.add_reports()->mutable_progress() = std::move(message);
  send_reports(self);
}

void on_success(pointer self, const messages::ActivitySucceeded& success) {
  const auto key = sender_key(self);
  if (!key)
    return;
  forget(self, *key);
  if (self->state.table.end_succeeded(*key)) {
    auto message = success;
    *message.mutable_ref() = to_message(*key);
    report(self, std::move(message));
  }
  give_credit(self);
  pursue(self);
}

void on_failure(pointer self, const messages::ActivityFailed& failure) {
  const auto key = sender_key(self);
  if (!key)
    return;
  forget(self, *key);
  report(self, self->state.table.end_failed(*key, failure));
  give_credit(self);
  pursue(self);
}

void on_down(pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.source.address()) {
    self->quit(caf::exit_reason::user_shutdown);
    return;
  }
  const auto found = state.keys.find(message.source.id());
  if (found == state.keys.end())
    return; // It has said how it ended, or was killed.
  const auto key = found->second;
  forget(self, key);
  report(self, state.table.end_lost(key, "its actor ended with "
                                           + to_string(message.reason)));
  give_credit(self);
  pursue(self);
}

/// What the host says first.
messages::GetActivities offer_of(const activity_host_options& options) {
  auto offer = messages::GetActivities{};
  offer.set_credit(static_cast<std::uint32_t>(options.limits.activities_max));
  for (const auto name : options.registry->names()) {
    offer.add_activities(std::string{name});
    if (options.registry->find_immediate(name) != nullptr)
      offer.add_immediate(std::string{name});
  }
  if (options.room) {
    auto& room = *offer.mutable_room();
    room.set_cpu_thousandths(options.room->cpu_thousandths);
    room.set_memory_bytes(options.room->memory_bytes);
    room.mutable_custom()->insert(options.room->custom.begin(),
                                  options.room->custom.end());
  }
  offer.mutable_labels()->insert(options.labels.begin(), options.labels.end());
  return offer;
}

private_host_actor::behavior_type
activity_host(pointer self, const activity_source_actor& source,
              const activity_host_options& options) {
  auto& state = self->state;
  state.options = options;
  state.source = source;
  state.table = activity_table{options.limits};
  self->monitor(source);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  self->set_exit_handler([=](const caf::exit_msg&) {
    self->state.table.close(self->clock().now());
    pursue(self);
  });
  return {
    [=](const messages::ActivityProgress& progress) {
      on_progress(self, progress);
    },
    [=](const messages::ActivitySucceeded& success) {
      on_success(self, success);
    },
    [=](const messages::ActivityFailed& failure) { on_failure(self, failure); },
    [=](const messages::RunActivities& requests) {
      for (const auto& request : requests.activities())
        run(self, request);
      pursue(self);
    },
    [=](const messages::CancelActivity& request) {
      self->state.table.cancel(request, self->clock().now());
      pursue(self);
    },
    [=](const messages::KeepActivities& kept) { keep(self, kept); },
    [=](activity_tick) {
      self->state.next_tick.reset();
      pursue(self);
    },
  };
}

} // namespace

activity_host_actor spawn_activity_host(caf::actor_system& system,
                                        const activity_source_actor& source,
                                        activity_host_options options) {
  auto offer = offer_of(options);
  auto host = system.spawn(activity_host, source, std::move(options));
  // In its name, before anybody else who knows of it asks the source: which
  // need not wait to be told who works for it.
  caf::send_as(caf::actor_cast<caf::actor>(host), source, std::move(offer));
  return host;
}

} // namespace troupe::engine
