#include "cluster/computing/compute_slot.hpp"

#include "actors/scoring/scoring_blocks.hpp"
#include "actors/simulation/next_people.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "messages/computing.pb.h"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace troupe::cluster {

namespace {

using messages::SlotAnswer;
using messages::SlotTask;

/// What tells scorings and simulations apart.
struct scoring_slot {
  static constexpr auto name = "scoring_slot"; // Shown in logs.

  // An aggregate would be made from the actor.
  scoring_slot() = default;

  scoring::stage_work work;
  compute_slot_options options;
  kept_columns kept;

  using finished = scoring::stage_work::finished;

  std::string source_path; ///< Of the newest context.

  void prepare() {
    work = scoring::stage_work{options.before_scoring, options.kept_bytes_max};
  }

  /// The text that did not come along.
  std::optional<read_source>
  find_missing_text(const messages::ScoringTask& task,
                    const messages::column_block& block) {
    if (task.has_context())
      source_path = task.context().source_path();
    if (task.stage() != messages::SCORING_STAGE_READ || !task.has_first_byte()
        || block.empty() || block[0].size() != 0)
      return std::nullopt;
    return read_source{source_path, task.first_byte(), task.text_bytes(),
                       task.text_digest()};
  }

  static messages::ScoringTaskFailure
  unread(const messages::ScoringTask& task) {
    auto failure = messages::ScoringTaskFailure{};
    failure.set_task(task.task());
    failure.set_attempt(task.attempt());
    failure.set_is_unread(true);
    return failure;
  }

  static const messages::ScoringTask* find(const SlotTask& task) {
    return task.has_scoring() ? &task.scoring() : nullptr;
  }

  /// Of an answer, for later tasks.
  static const messages::column_block&
  kept_part(const messages::column_block& answer) {
    return answer;
  }

  /// Of a task, what its answer may have as well.
  static messages::column_block given_part(const messages::column_block&) {
    return {};
  }

  /// Of an answer, what whoever gets it cannot make himself.
  static const messages::column_block&
  sent_part(const messages::column_block& answer, SlotAnswer& /*to*/) {
    return answer;
  }

  static void put(SlotAnswer& to, messages::ScoringTaskResult result) {
    *to.mutable_scored() = std::move(result);
  }

  static void put(SlotAnswer& to, messages::ScoringTaskFailure failure) {
    *to.mutable_not_scored() = std::move(failure);
  }
};

struct simulation_slot {
  static constexpr auto name = "simulation_slot"; // Shown in logs.

  // An aggregate would be made from the actor.
  simulation_slot() = default;

  simulation::year_work work;
  compute_slot_options options;
  kept_columns kept;

  using finished = simulation::year_work::finished;

  void prepare() {
    work = simulation::year_work{options.before_simulating};
  }

  static const messages::SimulationTask* find(const SlotTask& task) {
    return task.has_simulation() ? &task.simulation() : nullptr;
  }

  static messages::column_block
  kept_part(const messages::column_block& answer) {
    return simulation::people_of(answer);
  }

  static const messages::column_block&
  given_part(const messages::column_block& block) {
    return block;
  }

  static messages::column_block sent_part(const messages::column_block& answer,
                                          SlotAnswer& to) {
    auto rest = simulation::without_next_people(answer);
    to.set_is_without_people(rest.has_value());
    return rest.value_or(answer);
  }

  static void put(SlotAnswer& to, messages::SimulationTaskResult result) {
    *to.mutable_simulated() = std::move(result);
  }

  static void put(SlotAnswer& to, messages::SimulationTaskFailure failure) {
    *to.mutable_not_simulated() = std::move(failure);
  }
};

template <class Slot>
using slot_pointer = node_service_actor::stateful_pointer<Slot>;

/// Counts a task as running for as long as it lives.
class counted_task {
public:
  explicit counted_task(const shared_work_count& in) : in_{in} {
    if (in_)
      ++in_->running;
  }

  counted_task(const counted_task&) = delete;
  counted_task& operator=(const counted_task&) = delete;

  ~counted_task() {
    if (!in_)
      return;
    --in_->running;
    ++in_->ended;
  }

private:
  const shared_work_count& in_;
};

/// The answer as a body; nothing of it is too long to be sent.
template <class Slot>
std::string do_task(Slot& state, const SlotTask& wanted,
                    const messages::column_block& block) {
  const auto& task = *Slot::find(wanted);
  auto done = state.work.try_perform(task, block);
  auto answer = SlotAnswer{};
  auto columns = messages::column_block{};
  if (auto* finished = std::get_if<typename Slot::finished>(&done)) {
    Slot::put(answer, std::move(finished->result));
    columns = std::move(finished->block);
  } else {
    Slot::put(answer, std::move(std::get<1>(done)));
  }
  const auto is_to_keep = wanted.keep_answer() && !columns.empty()
                          && state.kept.bytes() < state.options.kept_bytes_max;
  answer.set_is_kept(is_to_keep);
  const auto sent = Slot::sent_part(columns, answer);
  auto body = write_frame(0, answer.SerializeAsString(), sent, state.kept,
                          Slot::given_part(block));
  if (body.size() <= state.options.answer_bytes_max) {
    if (is_to_keep)
      state.kept.add(Slot::kept_part(columns), wanted.generation());
    return body;
  }
  answer = {};
  auto untried = std::decay_t<decltype(std::get<1>(done))>{};
  untried.set_task(task.task());
  untried.set_attempt(task.attempt());
  untried.set_is_untried(true);
  Slot::put(answer, std::move(untried));
  return write_frame(0, answer.SerializeAsString(), {});
}

node_answer to_answer(std::string body) {
  auto reply = node_answer{};
  reply.envelope.set_type("SlotAnswer");
  reply.envelope.set_body(std::move(body));
  return reply;
}

template <class Slot>
node_answer count_and_do(slot_pointer<Slot> self, const SlotTask& task,
                         const messages::column_block& block) {
  const auto counted = counted_task{self->state.options.count};
  return to_answer(do_task(self->state, task, block));
}

/// Nothing else is done meanwhile: later tasks may have what comes with this
/// one.
caf::result<node_answer> read_and_do(slot_pointer<scoring_slot> self,
                                     const read_source& missing,
                                     const SlotTask& task,
                                     const messages::column_block& block) {
  const auto& options = self->state.options;
  auto promise = self->make_response_promise<node_answer>();
  self->request(options.reader, options.reader_timeout, missing)
    .await(
      [=](const messages::column_block& text) mutable {
        const auto whole
          = scoring::join(text, scoring::part(block, 1, block.size() - 1));
        promise.deliver(count_and_do(self, task, whole));
      },
      [=](const caf::error&) mutable {
        auto answer = SlotAnswer{};
        scoring_slot::put(answer, scoring_slot::unread(task.scoring()));
        promise.deliver(
          to_answer(write_frame(0, answer.SerializeAsString(), {})));
      });
  return promise;
}

template <class Slot>
caf::result<node_answer> answer(slot_pointer<Slot> self,
                                const node_question& question) {
  auto& state = self->state;
  const auto& body = question.what->envelope.body();
  const auto frame = read_frame(body, question.what, state.kept);
  if (!frame)
    return runtime::to_error(frame.error());
  const auto task = message_of<SlotTask>(*frame);
  if (!task)
    return runtime::to_error(task.error());
  const auto* wanted = Slot::find(*task);
  if (wanted == nullptr)
    return runtime::to_error(
      runtime::fail(runtime::problem_kind::invalid_input,
                    "a task is for a slot of another kind")
        .value());
  if constexpr (std::is_same_v<Slot, scoring_slot>)
    if (const auto missing = state.find_missing_text(*wanted, frame->block);
        missing && state.options.reader)
      return read_and_do(self, *missing, *task, frame->block);
  return count_and_do(self, *task, frame->block);
}

template <class Slot>
node_service_actor::behavior_type
compute_slot(slot_pointer<Slot> self, const compute_slot_options& options) {
  self->state.options = options;
  self->state.prepare();
  return {[=](const node_question& question) {
    return answer<Slot>(self, question);
  }};
}

} // namespace

node_service_actor spawn_scoring_slot(caf::actor_system& system,
                                      compute_slot_options options) {
  return system.spawn(compute_slot<scoring_slot>, std::move(options));
}

node_service_actor spawn_simulation_slot(caf::actor_system& system,
                                         compute_slot_options options) {
  return system.spawn(compute_slot<simulation_slot>, std::move(options));
}

} // namespace troupe::cluster
