#include "cluster/computing/slot_proxy.hpp"

#include "actors/scoring/scoring_blocks.hpp"
#include "actors/simulation/next_people.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "cluster/computing/compute_service.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "messages/computing.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::cluster {

/// Time to look for room for a task.
struct slot_retry {
  std::uint64_t number = 0;
};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::slot_retry)

namespace troupe::cluster {

namespace {

using messages::column_block;
using messages::SlotAnswer;
using messages::SlotTask;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

constexpr auto compute_log = "cluster.computing";

/// What tells scorings and simulations apart.
struct scoring_side {
  using worker = scoring::score_worker_actor;
  using tasks = scoring::scoring_tasks_actor;
  using task = messages::ScoringTask;
  using context = messages::ScoringContext;
  using pull = messages::GetScoringTask;
  using failure = messages::ScoringTaskFailure;
  static constexpr auto kind = messages::COMPUTE_KIND_SCORING;
  static constexpr auto name = "scoring_proxy"; // Shown in logs.

  /// What is sent of a block: text stays where the slot may see it, too.
  static column_block put(SlotTask& to, const task& what,
                          const column_block& block, bool reads_sources) {
    *to.mutable_scoring() = what;
    // Later stages of the batch get them again; the run has them to its end.
    to.set_keep_answer(what.stage() == messages::SCORING_STAGE_READ
                       || what.stage() == messages::SCORING_STAGE_SCORE
                       || what.stage() == messages::SCORING_STAGE_COMBINE);
    if (!reads_sources || !what.has_first_byte() || block.empty()) {
      to.mutable_scoring()->clear_first_byte();
      return block;
    }
    const auto none = column_block{{messages::column{std::string{}}}};
    return scoring::join(none, scoring::part(block, 1, block.size() - 1));
  }

  /// With what was left out, and with memory of its own where it is kept for
  /// long. Nothing: it makes no sense.
  static std::optional<column_block> whole(const SlotAnswer& /*of*/,
                                           column_block answer) {
    return answer;
  }

  static const column_block& kept_part(const column_block& answer) {
    return answer;
  }

  static column_block given_part(const column_block& /*block*/) {
    return {};
  }

  static std::uint32_t generation_of(const context& /*of*/) {
    return 0;
  }

  static bool is_unread(const SlotAnswer& answer) {
    return answer.has_not_scored() && answer.not_scored().is_unread();
  }

  template <class Self>
  static bool pass_on(Self self, const tasks& to, SlotAnswer& answer,
                      column_block block) {
    if (answer.has_scored())
      self->send(to, std::move(*answer.mutable_scored()), std::move(block));
    else if (answer.has_not_scored())
      self->send(to, std::move(*answer.mutable_not_scored()));
    else
      return false;
    return true;
  }
};

struct simulation_side {
  using worker = simulation::year_processor_actor;
  using tasks = simulation::year_tasks_actor;
  using task = messages::SimulationTask;
  using context = messages::SimulationContext;
  using pull = messages::GetSimulationTask;
  using failure = messages::SimulationTaskFailure;
  static constexpr auto kind = messages::COMPUTE_KIND_SIMULATION;
  static constexpr auto name = "simulation_proxy"; // Shown in logs.

  static column_block put(SlotTask& to, const task& what,
                          const column_block& block, bool /*reads_sources*/) {
    *to.mutable_simulation() = what;
    // They come back next year, if to somebody, then to him.
    to.set_keep_answer(what.keep_people());
    return block;
  }

  /// Everything else of a block is written or stored soon, people are there
  /// for a year: they are not to keep the memory of the whole.
  static std::optional<column_block> whole(const SlotAnswer& of,
                                           const column_block& answer) {
    if (of.is_without_people())
      return simulation::with_next_people(answer);
    auto columns = std::vector<messages::column>{};
    for (auto at = std::size_t{0}; at < answer.size(); ++at)
      columns.push_back(at < simulation::people_column_count
                          ? own_copy(answer[at])
                          : answer[at]);
    return column_block{std::move(columns)};
  }

  static column_block kept_part(const column_block& answer) {
    return simulation::people_of(answer);
  }

  static const column_block& given_part(const column_block& block) {
    return block;
  }

  static std::uint32_t generation_of(const context& of) {
    return static_cast<std::uint32_t>(of.year());
  }

  static bool is_unread(const SlotAnswer& /*answer*/) {
    return false;
  }

  template <class Self>
  static bool pass_on(Self self, const tasks& to, SlotAnswer& answer,
                      column_block block) {
    if (answer.has_simulated())
      self->send(to, std::move(*answer.mutable_simulated()), std::move(block));
    else if (answer.has_not_simulated())
      self->send(to, std::move(*answer.mutable_not_simulated()));
    else
      return false;
    return true;
  }
};

template <class Side>
struct slot_proxy_state {
  static constexpr auto name = Side::name;

  // An aggregate would be made from the actor.
  slot_proxy_state() = default;

  /// A task that is not answered yet.
  struct held_task {
    typename Side::task what;
    column_block block;
    caf::actor_clock::time_point until; ///< It may wait for room.
    std::uint32_t generation = 0; ///< Of what its answer has to keep.
  };

  slot_proxy_options options;
  /// The address alone: a handle would keep the run alive.
  caf::actor_addr run;
  std::uint64_t session = 0;
  std::uint64_t last_number = 0;
  std::map<std::uint64_t, held_task> held;
  kept_columns kept; ///< What the slot has.
  std::uint32_t generation = 0; ///< Of the newest context.
  /// Until it turns out that it does not see what is seen here.
  bool reads_sources = false;
  /// Came with a task that was given back: for the next one.
  std::optional<typename Side::context> context;
};

template <class Side>
using private_proxy =
  typename Side::worker::template extend<caf::reacts_to<slot_retry>>;

template <class Side>
using proxy_pointer = typename private_proxy<Side>::template stateful_pointer<
  slot_proxy_state<Side>>;

template <class Side>
typename Side::tasks run_of(proxy_pointer<Side> self) {
  return caf::actor_cast<typename Side::tasks>(self->state.run);
}

/// The session, too, if the node can still be told.
template <class Side>
void end(proxy_pointer<Side> self) {
  auto& state = self->state;
  if (state.session != 0) {
    auto what = messages::CloseSlot{};
    what.set_session(std::exchange(state.session, 0));
    self->send(state.options.exchange,
               node_notice{state.options.node,
                           to_envelope(compute_target, 0, what)});
  }
  self->quit(caf::exit_reason::user_shutdown);
}

template <class Side>
void give_up(proxy_pointer<Side> self, const problem& reason) {
  runtime::log_warning(compute_log, "a slot of another node is lost",
                       {{"node", self->state.options.node},
                        {"reason", reason.message}});
  end<Side>(self);
}

template <class Side>
void pull(proxy_pointer<Side> self) {
  auto request = typename Side::pull{};
  request.set_is_far(true);
  if (const auto run = run_of<Side>(self))
    self->send(run, std::move(request));
}

template <class Side>
void send_task(proxy_pointer<Side> self, std::uint64_t number);

problem makes_no_sense() {
  return runtime::fail(problem_kind::invalid_input,
                       "an answer is of another kind")
    .value();
}

template <class Side>
void take_answer(proxy_pointer<Side> self, std::uint64_t number,
                 node_answer& reply) {
  auto& state = self->state;
  // Whatever columns the answer has point into it.
  const auto body = std::make_shared<const std::string>(
    std::move(*reply.envelope.mutable_body()));
  const auto held = state.held.find(number);
  if (held == state.held.end())
    return;
  auto frame
    = read_frame(*body, body, state.kept, Side::given_part(held->second.block));
  if (!frame)
    return give_up<Side>(self, frame.error());
  auto answer = message_of<SlotAnswer>(*frame);
  if (!answer)
    return give_up<Side>(self, answer.error());
  if (Side::is_unread(*answer)) {
    if (std::exchange(state.reads_sources, false))
      runtime::log_info(compute_log,
                        "a node does not see the file of the items: their text "
                        "is sent",
                        {{"node", state.options.node}});
    held->second.until = self->clock().now() + state.options.room_timeout;
    return send_task<Side>(self, number);
  }
  const auto generation = held->second.generation;
  state.held.erase(held);
  auto block = Side::whole(*answer, std::move(frame->block));
  if (!block)
    return give_up<Side>(self, makes_no_sense());
  if (answer->is_kept())
    state.kept.add(Side::kept_part(*block), generation);
  const auto run = run_of<Side>(self);
  if (!run)
    return end<Side>(self);
  if (!Side::pass_on(self, run, *answer, std::move(*block)))
    return give_up<Side>(self, makes_no_sense());
  pull<Side>(self);
}

/// Whoever is near is to do it.
template <class Side>
void give_back(proxy_pointer<Side> self, std::uint64_t number) {
  auto& state = self->state;
  auto task = std::move(state.held.extract(number).mapped().what);
  if (task.has_context())
    state.context = std::move(*task.mutable_context());
  auto untried = typename Side::failure{};
  untried.set_task(task.task());
  untried.set_attempt(task.attempt());
  untried.set_is_untried(true);
  if (const auto run = run_of<Side>(self))
    self->send(run, std::move(untried));
  pull<Side>(self);
}

template <class Side>
void take_failure(proxy_pointer<Side> self, std::uint64_t number,
                  const problem& reason) {
  auto& state = self->state;
  const auto held = state.held.find(number);
  if (held == state.held.end())
    return;
  // Too much waits for the node, or its link is lost, which others tell.
  if (reason.kind == problem_kind::unavailable
      && self->clock().now() < held->second.until)
    return self->delayed_send(self, state.options.room_interval,
                              slot_retry{number});
  give_up<Side>(self, reason);
}

template <class Side>
void send_task(proxy_pointer<Side> self, std::uint64_t number) {
  auto& state = self->state;
  const auto held = state.held.find(number);
  if (held == state.held.end())
    return;
  auto& what = held->second.what;
  if (state.context && !what.has_context()
      && state.context->version() == what.context_version())
    *what.mutable_context() = *std::exchange(state.context, std::nullopt);
  auto message = SlotTask{};
  const auto block
    = Side::put(message, what, held->second.block, state.reads_sources);
  message.set_generation(held->second.generation);
  auto call = node_call{};
  call.node = state.options.node;
  call.envelope.set_target(compute_target);
  call.envelope.set_type(SlotTask::descriptor()->name());
  call.envelope.set_body(
    write_frame(state.session, message.SerializeAsString(), block, state.kept));
  call.lane = link_lane::bulk;
  call.timeout = state.options.task_timeout;
  if (call.envelope.body().size() > state.options.task_bytes_max)
    return give_back<Side>(self, number);
  // The exchange has the deadline; it answers itself.
  self
    ->request(state.options.exchange,
              call.timeout + std::chrono::milliseconds{1'000}, std::move(call))
    .then([=](node_answer& reply) { take_answer<Side>(self, number, reply); },
          [=](const caf::error& error) {
            take_failure<Side>(self, number,
                               runtime::to_problem(error, self->system()));
          });
}

template <class Side>
void take_task(proxy_pointer<Side> self, const typename Side::task& task,
               const column_block& block) {
  auto& state = self->state;
  const auto number = ++state.last_number;
  if (task.has_context())
    state.generation = Side::generation_of(task.context());
  state.held.emplace(number, typename slot_proxy_state<Side>::held_task{
                               task, block,
                               self->clock().now() + state.options.room_timeout,
                               state.generation});
  send_task<Side>(self, number);
}

template <class Side>
void open(proxy_pointer<Side> self) {
  auto& state = self->state;
  auto request = messages::OpenSlot{};
  request.set_kind(Side::kind);
  auto call = node_call{};
  call.node = state.options.node;
  call.envelope = to_envelope(compute_target, 0, request);
  call.timeout = state.options.open_timeout;
  self
    ->request(state.options.exchange,
              call.timeout + std::chrono::milliseconds{1'000}, std::move(call))
    .then(
      [=](const node_answer& reply) {
        const auto opened = from_envelope<messages::SlotOpened>(reply.envelope);
        if (!opened)
          return give_up<Side>(self, opened.error());
        self->state.session = opened->session();
        self->state.reads_sources = opened->reads_sources();
        for (auto i = std::uint32_t{0}; i < self->state.options.credit; ++i)
          pull<Side>(self);
      },
      [=](const caf::error& error) {
        give_up<Side>(self, runtime::to_problem(error, self->system()));
      });
}

template <class Side>
typename private_proxy<Side>::behavior_type
slot_proxy(proxy_pointer<Side> self, const caf::actor_addr& run,
           const slot_proxy_options& options) {
  self->state.options = options;
  self->state.run = run;
  self->monitor(run);
  self->set_down_handler([=](const caf::down_msg&) { end<Side>(self); });
  self->set_exit_handler([=](const caf::exit_msg&) { end<Side>(self); });
  open<Side>(self);
  return {
    [=](const typename Side::task& task, const column_block& block) {
      take_task<Side>(self, task, block);
    },
    [=](slot_retry due) { send_task<Side>(self, due.number); },
  };
}

} // namespace

scoring::score_worker_actor
spawn_scoring_proxy(caf::actor_system& system,
                    const scoring::scoring_tasks_actor& run,
                    slot_proxy_options options) {
  return system.spawn(slot_proxy<scoring_side>, run.address(),
                      std::move(options));
}

simulation::year_processor_actor
spawn_simulation_proxy(caf::actor_system& system,
                       const simulation::year_tasks_actor& run,
                       slot_proxy_options options) {
  return system.spawn(slot_proxy<simulation_side>, run.address(),
                      std::move(options));
}

} // namespace troupe::cluster
