#include "runtime/supervision/supervisor.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/supervision/child_table.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace troupe::runtime {

/// Tells a supervisor to look at the time.
struct supervisor_tick {};

} // namespace troupe::runtime

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::runtime::supervisor_tick)

namespace troupe::runtime {

namespace {

using namespace std::chrono_literals;

/// A pending message keeps its receiver, hence the system, alive for so long.
constexpr auto tick_max = std::chrono::nanoseconds{1s};

/// How long a subtree may take to show itself; half of it one level below.
constexpr auto tree_patience = std::chrono::milliseconds{1'000};

using private_supervisor_actor
  = supervisor_actor::extend<caf::reacts_to<supervisor_tick>>;

struct supervisor_state {
  static constexpr auto name = "supervisor"; // Shown in logs.

  supervisor_state() = default;
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  /// Children must not outlive a supervisor that was killed itself.
  ~supervisor_state() {
    for (const auto& instance : instances)
      if (instance)
        caf::anon_send_exit(instance, caf::exit_reason::kill);
  }

  supervisor_options options;
  std::vector<child_spec> specs;
  std::optional<child_table> table;
  /// The running instances by position; null if there is none.
  std::vector<caf::actor> instances;
  std::optional<child_table::time_point> next_tick;
  std::vector<caf::typed_response_promise<messages::TreeStopped>> stop_requests;
  /// Paths killed by supervisors below.
  std::vector<std::string> killed_below;
  caf::error exit_reason = caf::exit_reason::user_shutdown;
};

using supervisor_pointer
  = private_supervisor_actor::stateful_pointer<supervisor_state>;

void pursue(supervisor_pointer self);

bool is_clean(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::normal
         || reason == caf::exit_reason::user_shutdown;
}

void record_end(supervisor_pointer self, std::size_t position,
                const caf::error& reason) {
  auto& state = self->state;
  state.instances[position] = nullptr;
  const auto clean = is_clean(reason);
  state.table->ended(position, clean ? exit_kind::clean : exit_kind::failed,
                     clean ? "" : to_problem(reason, self->system()).message,
                     self->clock().now());
}

void start_child(supervisor_pointer self, std::size_t position) {
  auto& state = self->state;
  auto error = caf::error{};
  try {
    if (auto instance = state.specs[position].start(self->system())) {
      self->monitor(instance);
      state.instances[position] = std::move(instance);
      return;
    }
    error = caf::make_error(problem_kind::failed, "start gave no actor");
  } catch (const std::exception& exception) {
    error = caf::make_error(problem_kind::failed, exception.what());
  } catch (...) {
    error = caf::make_error(problem_kind::failed, "start threw");
  }
  record_end(self, position, error);
}

void stop_child(supervisor_pointer self, std::size_t position) {
  auto& state = self->state;
  const auto& spec = state.specs[position];
  const auto& instance = state.instances[position];
  if (spec.kind == child_kind::worker) {
    self->send_exit(instance, caf::exit_reason::user_shutdown);
    return;
  }
  // The down message decides; the reply only tells who had to be killed.
  self
    ->request(caf::actor_cast<supervisor_actor>(instance), spec.shutdown,
              messages::StopTree{})
    .then(
      [=](const messages::TreeStopped& stopped) {
        for (const auto& path : stopped.killed())
          self->state.killed_below.push_back(self->state.specs[position].id
                                             + "/" + path);
      },
      [](const caf::error&) {});
}

void finish(supervisor_pointer self) {
  auto& state = self->state;
  auto reply = messages::TreeStopped{};
  for (const auto& path : state.killed_below)
    reply.add_killed(path);
  for (const auto& id : state.table->killed())
    reply.add_killed(id);
  for (auto& request : state.stop_requests)
    request.deliver(reply);
  if (const auto& cause = state.table->escalation())
    state.exit_reason = caf::make_error(supervision_error::intensity_exceeded,
                                        state.options.name + ": " + *cause);
  self->quit(state.exit_reason);
}

/// Makes sure that the supervisor looks at the time when it has to.
void await_deadline(supervisor_pointer self) {
  auto& state = self->state;
  const auto deadline = state.table->next_deadline();
  if (!deadline)
    return;
  const auto now = self->clock().now();
  const auto due = std::min(std::max(*deadline, now), now + tick_max);
  if (state.next_tick && *state.next_tick <= due)
    return;
  state.next_tick = due;
  self->delayed_send(self, due - now, supervisor_tick{});
}

/// Drops the handles of instances that were given up.
void forget_the_dead(supervisor_state& state) {
  const auto& children = state.table->children();
  for (std::size_t i = 0; i < children.size(); ++i)
    if (children[i].state != child_table::child_state::running
        && children[i].state != child_table::child_state::stopping)
      state.instances[i] = nullptr;
}

/// Does whatever is to be done now.
void pursue(supervisor_pointer self) {
  auto& state = self->state;
  while (const auto step = state.table->next(self->clock().now())) {
    switch (step->what) {
      case supervision_step::kind::start:
        start_child(self, step->child);
        break;
      case supervision_step::kind::stop:
        stop_child(self, step->child);
        break;
      case supervision_step::kind::kill:
        self->send_exit(state.instances[step->child], caf::exit_reason::kill);
        break;
      case supervision_step::kind::finish:
        forget_the_dead(state);
        finish(self);
        return;
    }
  }
  forget_the_dead(state);
  await_deadline(self);
}

void on_down(supervisor_pointer self, const caf::down_msg& message) {
  auto& instances = self->state.instances;
  // Messages about earlier instances may come late: they match nobody.
  const auto found
    = std::find_if(instances.begin(), instances.end(), [&](const auto& each) {
        return each && each.address() == message.source;
      });
  if (found == instances.end())
    return;
  record_end(self, static_cast<std::size_t>(found - instances.begin()),
             message.reason);
  pursue(self);
}

void shut_down(supervisor_pointer self) {
  self->state.table->shut_down();
  pursue(self);
}

auto stop_tree(supervisor_pointer self) {
  auto reply = self->make_response_promise<messages::TreeStopped>();
  self->state.stop_requests.push_back(reply);
  shut_down(self);
  return reply;
}

caf::result<caf::actor> get_child(supervisor_pointer self,
                                  const messages::GetChild& request) {
  const auto& state = self->state;
  for (std::size_t i = 0; i < state.specs.size(); ++i) {
    if (state.specs[i].id != request.id())
      continue;
    if (state.instances[i])
      return state.instances[i];
    return caf::make_error(problem_kind::unavailable,
                           request.id() + " is not running");
  }
  return caf::make_error(problem_kind::not_found,
                         state.options.name + " has no child " + request.id());
}

messages::Tree::State to_message(child_table::child_state state) {
  switch (state) {
    case child_table::child_state::waiting:
      return messages::Tree::STATE_RESTARTING;
    case child_table::child_state::running:
      return messages::Tree::STATE_RUNNING;
    case child_table::child_state::stopping:
      return messages::Tree::STATE_STOPPING;
    case child_table::child_state::stopped:
      break;
  }
  return messages::Tree::STATE_STOPPED;
}

messages::Tree describe(supervisor_pointer self) {
  auto tree = messages::Tree{};
  tree.set_id(self->state.options.name);
  tree.set_state(messages::Tree::STATE_RUNNING);
  tree.set_mailbox_size(self->mailbox().size());
  for (const auto& child : self->state.table->children()) {
    auto& node = *tree.add_children();
    node.set_id(child.rules.id);
    node.set_state(to_message(child.state));
    node.set_restarts(child.restarts);
    node.set_last_error(child.last_error);
  }
  return tree;
}

/// A tree that waits for what its subtrees say about themselves.
struct tree_collection {
  messages::Tree tree;
  std::size_t missing = 0;
  caf::typed_response_promise<messages::Tree> reply;

  void count_down() {
    if (--missing == 0)
      reply.deliver(std::move(tree));
  }
};

void add_subtree(messages::Tree& node, messages::Tree subtree) {
  node.mutable_children()->Swap(subtree.mutable_children());
  if (subtree.has_mailbox_size())
    node.set_mailbox_size(subtree.mailbox_size());
}

auto get_tree(supervisor_pointer self, const messages::GetTree& request) {
  const auto patience = request.patience_ms() == 0
                          ? tree_patience
                          : std::chrono::milliseconds{request.patience_ms()};
  auto below = messages::GetTree{};
  below.set_patience_ms(
    static_cast<std::uint32_t>(std::max(patience.count() / 2, 1l)));
  const auto collection = std::make_shared<tree_collection>();
  collection->tree = describe(self);
  collection->reply = self->make_response_promise<messages::Tree>();
  collection->missing = 1; // This function itself.
  const auto& state = self->state;
  for (std::size_t i = 0; i < state.specs.size(); ++i) {
    if (state.specs[i].kind != child_kind::supervisor || !state.instances[i])
      continue;
    auto* node = collection->tree.mutable_children(static_cast<int>(i));
    ++collection->missing;
    self
      ->request(caf::actor_cast<supervisor_actor>(state.instances[i]), patience,
                below)
      .then(
        [=](messages::Tree& subtree) {
          add_subtree(*node, std::move(subtree));
          collection->count_down();
        },
        [=](const caf::error& reason) {
          node->set_last_error(to_problem(reason, self->system()).message);
          collection->count_down();
        });
  }
  const auto reply = collection->reply;
  collection->count_down();
  return reply;
}

void check(const std::vector<child_spec>& children) {
  auto ids = std::set<std::string>{};
  for (const auto& child : children) {
    if (!child.start)
      throw std::logic_error{"child " + child.id + " has no start function"};
    if (!ids.insert(child.id).second)
      throw std::logic_error{"two children are called " + child.id};
  }
}

child_table make_table(const supervisor_options& options,
                       const std::vector<child_spec>& children) {
  auto rules = std::vector<child_rules>{};
  for (const auto& child : children)
    rules.push_back({child.id, child.restart, child.shutdown});
  return child_table{
    {options.strategy, options.intensity, options.delay, options.seed}, rules};
}

private_supervisor_actor::behavior_type
supervisor(supervisor_pointer self, const supervisor_options& options,
           const std::vector<child_spec>& children) {
  auto& state = self->state;
  state.options = options;
  state.specs = children;
  state.table = make_table(options, children);
  state.instances.resize(children.size());
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  self->set_exit_handler([=](const caf::exit_msg& message) {
    self->state.exit_reason = message.reason;
    shut_down(self);
  });
  pursue(self);
  return {
    [=](const messages::GetTree& request) { return get_tree(self, request); },
    [=](const messages::GetChild& request) { return get_child(self, request); },
    [=](const messages::StopTree&) { return stop_tree(self); },
    [=](supervisor_tick) {
      self->state.next_tick.reset();
      pursue(self);
    },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system,
                                  supervisor_options options,
                                  std::vector<child_spec> children) {
  check(children);
  return system.spawn(supervisor, std::move(options), std::move(children));
}

child_spec supervisor_child(supervisor_options options,
                            std::vector<child_spec> children) {
  check(children);
  auto spec = child_spec{};
  spec.id = options.name;
  spec.kind = child_kind::supervisor;
  spec.shutdown = child_table::kill_grace;
  for (const auto& child : children)
    spec.shutdown += child.shutdown + child_table::kill_grace;
  spec.start = start_function(
    [options = std::move(options),
     children = std::move(children)](caf::actor_system& system) {
      return spawn_supervisor(system, options, children);
    });
  return spec;
}

} // namespace troupe::runtime
