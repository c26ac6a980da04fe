#include "actors/engine/engine_client.hpp"

#include "actors/engine/engine_answer.hpp"

#include <utility>

namespace troupe::engine {

using namespace std::chrono_literals;

using messages::EngineAnswer;
using messages::EngineCall;
using runtime::fail;
using runtime::outcome;

namespace {

/// How long an engine may take to answer what needs one commit.
constexpr auto answer_timeout = std::chrono::milliseconds{120s};

} // namespace

std::string socket_of(const std::string& store) {
  return store + ".sock";
}

outcome<engine_client> engine_client::connect(const std::string& socket) {
  auto frames = runtime::frame_client::connect(socket);
  if (!frames)
    return fail(frames.error());
  return engine_client{std::move(*frames)};
}

std::uint64_t engine_client::ask(EngineCall call) {
  call.set_id(++last_id_);
  frames_.ask(call.SerializeAsString());
  return last_id_;
}

outcome<EngineAnswer>
engine_client::receive(std::chrono::milliseconds patience) {
  const auto frame = frames_.receive(patience);
  if (!frame)
    return fail(frame.error());
  auto answer = EngineAnswer{};
  if (!answer.ParseFromString(*frame))
    return fail(runtime::problem_kind::failed,
                "the server's answer cannot be decoded",
                "use a client of the same version");
  return answer;
}

outcome<EngineAnswer> engine_client::call(EngineCall what,
                                          std::chrono::milliseconds patience) {
  const auto id = ask(std::move(what));
  for (;;) {
    auto answer = receive(patience);
    // Others may have been given up before.
    if (!answer || answer->id() == id)
      return answer;
  }
}

outcome<messages::RunAccepted>
engine_client::submit(const messages::SubmitRun& wanted) {
  auto question = EngineCall{};
  *question.mutable_submit() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::accepted);
}

outcome<messages::RunsAccepted>
engine_client::submit(const messages::SubmitRuns& wanted) {
  auto question = EngineCall{};
  *question.mutable_submit_many() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::many);
}

outcome<messages::WorkflowApplied>
engine_client::apply(const messages::ApplyWorkflow& wanted) {
  auto question = EngineCall{};
  *question.mutable_apply() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::applied);
}

outcome<messages::RunChanged>
engine_client::change(const messages::ChangeRun& wanted) {
  auto question = EngineCall{};
  *question.mutable_change() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::changed);
}

outcome<messages::RunResult>
engine_client::await(const std::string& run_id,
                     std::chrono::milliseconds patience) {
  auto question = EngineCall{};
  question.mutable_await()->set_run_id(run_id);
  return part_of(call(std::move(question), patience), &EngineAnswer::result);
}

outcome<messages::RunProgress>
engine_client::progress(const std::string& run_id) {
  auto question = EngineCall{};
  question.mutable_progress()->set_run_id(run_id);
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::progress);
}

outcome<messages::EngineStatus> engine_client::status() {
  auto question = EngineCall{};
  question.mutable_status();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::status);
}

outcome<messages::ScheduleAnswer>
engine_client::add(const messages::AddSchedule& wanted) {
  auto question = EngineCall{};
  *question.mutable_add_schedule() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::schedule);
}

outcome<messages::ScheduleAnswer>
engine_client::change(const messages::ChangeSchedule& wanted) {
  auto question = EngineCall{};
  *question.mutable_change_schedule() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::schedule);
}

outcome<messages::QueueReport> engine_client::queue() {
  auto question = EngineCall{};
  question.mutable_queue();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::queue);
}

outcome<messages::QueueChanged>
engine_client::change(const messages::ChangeQueue& wanted) {
  auto question = EngineCall{};
  *question.mutable_change_queue() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::queue_changed);
}

outcome<messages::ClusterStatus> engine_client::cluster() {
  auto question = EngineCall{};
  question.mutable_cluster();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::cluster);
}

outcome<messages::ClusterLoad> engine_client::cluster_load() {
  auto question = EngineCall{};
  question.mutable_cluster_load();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::cluster_load);
}

outcome<messages::ClusterChanged>
engine_client::change(const messages::ChangeCluster& wanted) {
  auto question = EngineCall{};
  *question.mutable_change_cluster() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::cluster_changed);
}

outcome<messages::Tree> engine_client::tree() {
  auto question = EngineCall{};
  question.mutable_tree();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::tree);
}

outcome<messages::DeadLettersDropped>
engine_client::drop(const messages::DropDeadLetters& wanted) {
  auto question = EngineCall{};
  *question.mutable_drop() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::dropped);
}

outcome<messages::GuardStates> engine_client::guards() {
  auto question = EngineCall{};
  question.mutable_guards();
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::guards);
}

outcome<messages::GuardStates>
engine_client::reset(const messages::ResetGuard& wanted) {
  auto question = EngineCall{};
  *question.mutable_reset_guard() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::guards);
}

outcome<messages::RunsPruned>
engine_client::prune(const messages::PruneRuns& wanted) {
  auto question = EngineCall{};
  *question.mutable_prune() = wanted;
  return part_of(call(std::move(question), answer_timeout),
                 &EngineAnswer::pruned);
}

} // namespace troupe::engine
