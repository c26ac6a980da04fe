#include "actors/engine/engine_desk.hpp"

#include "actors/engine/dead_letters.hpp"
#include "actors/engine/engine.hpp"
#include "actors/engine/run_pruning.hpp"
#include "messages/column_block.hpp"
#include "messages/engine_call.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem_message.hpp"
#include "runtime/store/store.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

using messages::EngineAnswer;
using messages::EngineCall;

/// How long the engine may take for what needs one commit.
constexpr auto answer_timeout = 120s;

using engine_calls = std::vector<EngineCall>;

struct desk_state {
  static constexpr auto name = "engine_desk"; // Shown in logs.

  // An aggregate would be made from the actor.
  desk_state() = default;

  runtime::supervisor_actor root;
  desk_answers answers;
  engine_actor engine; ///< As it ran when it was last asked for.

  void answer(asker_id to, const EngineAnswer& what) const {
    const auto payload = what.SerializeAsString();
    answers(to, std::span{&payload, 1});
  }
};

using pointer = engine_desk_actor::stateful_pointer<desk_state>;

void refuse(pointer self, asker_id to, std::uint64_t id,
            const caf::error& error) {
  auto answer = EngineAnswer{};
  answer.set_id(id);
  *answer.mutable_problem()
    = runtime::to_problem_message<messages::ProblemReport>(
      runtime::to_problem(error, self->system()));
  // Perhaps there is another one by now.
  self->state.engine = nullptr;
  self->state.answer(to, answer);
}

/// Passes a question on; the reply becomes that part of the answer.
template <class Part, class Question>
void forward(pointer self, asker_id to, std::uint64_t id,
             const Question& question, Part* (EngineAnswer::*part)(),
             caf::duration patience = caf::duration{answer_timeout}) {
  self->request(self->state.engine, patience, question)
    .then(
      [=](Part& reply) {
        auto answer = EngineAnswer{};
        answer.set_id(id);
        *(answer.*part)() = std::move(reply);
        self->state.answer(to, answer);
      },
      [=](const caf::error& error) { refuse(self, to, id, error); });
}

/// Passes a question on to whoever runs beside the engine, if anybody does.
template <class Part, class Question>
void forward_beside(pointer self, asker_id to, std::uint64_t id,
                    const std::string& child, const Question& question,
                    Part* (EngineAnswer::*part)()) {
  const auto refuse_it
    = [=](const caf::error& error) { refuse(self, to, id, error); };
  auto wanted = messages::GetChild{};
  wanted.set_id(child);
  self->request(self->state.root, 10s, wanted)
    .then(
      [=](const caf::actor& found) {
        self->request(found, answer_timeout, question)
          .then(
            [=](Part& reply) {
              auto answer = EngineAnswer{};
              answer.set_id(id);
              *(answer.*part)() = std::move(reply);
              self->state.answer(to, answer);
            },
            refuse_it);
      },
      refuse_it);
}

/// No decision depends on them, hence the store is asked itself.
void drop_in(pointer self, const runtime::store_actor& store, asker_id to,
             const EngineCall& call) {
  const auto id = call.id();
  auto transaction = drop_transaction(call.drop(), runtime::real_clock{}.now());
  self
    ->request(store, answer_timeout, std::move(transaction),
              messages::column_block{})
    .then(
      [=](const messages::TransactionCommitted& done) {
        auto answer = EngineAnswer{};
        answer.set_id(id);
        auto count = std::uint64_t{0};
        for (const auto each : done.changes())
          count += static_cast<std::uint64_t>(each);
        answer.mutable_dropped()->set_count(count);
        self->state.answer(to, answer);
      },
      [=](const caf::error& error) { refuse(self, to, id, error); });
}

void drop_letters(pointer self, asker_id to, const EngineCall& call) {
  auto wanted = messages::GetChild{};
  wanted.set_id("store");
  self->request(self->state.root, 10s, wanted)
    .then(
      [=](const caf::actor& child) {
        drop_in(self, runtime::child_handle<runtime::store_actor>(child), to,
                call);
      },
      [=](const caf::error& error) { refuse(self, to, call.id(), error); });
}

/// Whoever deletes runs is beside the engine.
void prune_runs(pointer self, asker_id to, const EngineCall& call) {
  const auto id = call.id();
  auto question = prune_now{};
  if (call.prune().has_older_than_ms())
    question.older_than = std::chrono::milliseconds{
      static_cast<std::int64_t>(call.prune().older_than_ms())};
  auto wanted = messages::GetChild{};
  wanted.set_id("retention");
  const auto refuse_it
    = [=](const caf::error& error) { refuse(self, to, id, error); };
  self->request(self->state.root, 10s, wanted)
    .then(
      [=](const caf::actor& child) {
        self
          ->request(runtime::child_handle<run_pruning_actor>(child),
                    answer_timeout, question)
          .then(
            [=](const runs_pruned& done) {
              auto answer = EngineAnswer{};
              answer.set_id(id);
              answer.mutable_pruned()->set_runs(done.what.runs);
              answer.mutable_pruned()->set_rows(done.what.rows);
              answer.mutable_pruned()->set_has_more(done.has_more);
              self->state.answer(to, answer);
            },
            refuse_it);
      },
      refuse_it);
}

void ask_engine(pointer self, asker_id to, const EngineCall& call) {
  const auto id = call.id();
  switch (call.what_case()) {
    case EngineCall::kAddSchedule:
      return forward_beside(self, to, id, "scheduler", call.add_schedule(),
                            &EngineAnswer::mutable_schedule);
    case EngineCall::kChangeSchedule:
      return forward_beside(self, to, id, "scheduler", call.change_schedule(),
                            &EngineAnswer::mutable_schedule);
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
    case EngineCall::kGuards:
      return forward(self, to, id, call.guards(),
                     &EngineAnswer::mutable_guards);
    case EngineCall::kResetGuard:
      return forward(self, to, id, call.reset_guard(),
                     &EngineAnswer::mutable_guards);
    case EngineCall::kQueue:
      return forward(self, to, id, call.queue(), &EngineAnswer::mutable_queue);
    case EngineCall::kChangeQueue:
      return forward(self, to, id, call.change_queue(),
                     &EngineAnswer::mutable_queue_changed);
    case EngineCall::kDrop:
      return drop_letters(self, to, call);
    case EngineCall::kPrune:
      return prune_runs(self, to, call);
    case EngineCall::kStatus:
      return forward(self, to, id, call.status(),
                     &EngineAnswer::mutable_status);
    case EngineCall::kCluster:
    case EngineCall::kChangeCluster:
    case EngineCall::kClusterLoad:
      return refuse(
        self, to, id,
        runtime::to_error(runtime::fail(runtime::problem_kind::invalid_input,
                                        "this server is no node of a cluster",
                                        "give --socket FILE of a node")
                            .value()));
    default:
      refuse(self, to, id,
             runtime::to_error(
               runtime::fail(runtime::problem_kind::invalid_input,
                             "a question that this server does not know",
                             "use a client of the same version")
                 .value()));
  }
}

/// The supervisor answers for everybody, also while the engine restarts.
void show_tree(pointer self, asker_id to, const EngineCall& call) {
  const auto id = call.id();
  self->request(self->state.root, 10s, call.tree())
    .then(
      [=](messages::Tree& tree) {
        auto answer = EngineAnswer{};
        answer.set_id(id);
        *answer.mutable_tree() = std::move(tree);
        self->state.answer(to, answer);
      },
      [=](const caf::error& error) { refuse(self, to, id, error); });
}

void send_verdicts(pointer self, asker_id to,
                   const std::vector<std::uint64_t>& ids,
                   messages::RunsAccepted& reply) {
  auto payloads = std::vector<std::string>{};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto answer = EngineAnswer{};
    auto& each = *reply.mutable_each(static_cast<int>(i));
    answer.set_id(ids[i]);
    if (each.has_accepted())
      *answer.mutable_accepted() = std::move(*each.mutable_accepted());
    else
      *answer.mutable_problem() = std::move(*each.mutable_refused());
    payloads.push_back(answer.SerializeAsString());
  }
  self->state.answers(to, payloads);
}

/// Submissions that arrived together are one message to the engine.
void submit_together(pointer self, asker_id to, std::span<EngineCall> calls) {
  auto all = messages::SubmitRuns{};
  auto ids = std::vector<std::uint64_t>{};
  for (auto& call : calls) {
    *all.add_runs() = std::move(*call.mutable_submit());
    ids.push_back(call.id());
  }
  self->request(self->state.engine, answer_timeout, std::move(all))
    .then(
      [=](messages::RunsAccepted& reply) {
        send_verdicts(self, to, ids, reply);
      },
      [=](const caf::error& error) {
        for (const auto id : ids)
          refuse(self, to, id, error);
      });
}

void ask_engine(pointer self, asker_id to, engine_calls& calls) {
  for (auto at = calls.begin(); at != calls.end();) {
    const auto end
      = std::find_if_not(at, calls.end(), [](const EngineCall& call) {
          return call.has_submit();
        });
    if (end - at > 1) {
      submit_together(self, to, {at, end});
      at = end;
    } else {
      ask_engine(self, to, *at++);
    }
  }
}

engine_calls decode(pointer self, const desk_questions& questions) {
  auto calls = engine_calls{};
  for (const auto& payload : questions.payloads)
    if (!calls.emplace_back().ParseFromString(payload)) {
      calls.pop_back();
      refuse(
        self, questions.from, 0,
        runtime::to_error(runtime::fail(runtime::problem_kind::invalid_input,
                                        "a question that cannot be decoded")
                            .value()));
    }
  return calls;
}

void take(pointer self, const desk_questions& questions) {
  auto calls = decode(self, questions);
  std::erase_if(calls, [&](const EngineCall& call) {
    if (!call.has_tree())
      return false;
    show_tree(self, questions.from, call);
    return true;
  });
  if (calls.empty())
    return;
  if (self->state.engine)
    return ask_engine(self, questions.from, calls);
  auto wanted = messages::GetChild{};
  wanted.set_id("engine");
  const auto kept = std::make_shared<engine_calls>(std::move(calls));
  self->request(self->state.root, 10s, wanted)
    .then(
      [=, from = questions.from](const caf::actor& child) {
        self->state.engine = runtime::child_handle<engine_actor>(child);
        ask_engine(self, from, *kept);
      },
      [=, from = questions.from](const caf::error& error) {
        for (const auto& call : *kept)
          refuse(self, from, call.id(), error);
      });
}

engine_desk_actor::behavior_type engine_desk(pointer self,
                                             runtime::supervisor_actor root,
                                             desk_answers answers) {
  self->state.root = std::move(root);
  self->state.answers = std::move(answers);
  return {
    [=](const desk_questions& questions) { take(self, questions); },
  };
}

} // namespace

engine_desk_actor spawn_engine_desk(caf::actor_system& system,
                                    runtime::supervisor_actor root,
                                    desk_answers answer) {
  return system.spawn(engine_desk, std::move(root), std::move(answer));
}

} // namespace troupe::engine
