// What comes from another node: a task with its block.
#include "actors/scoring/stage_work.hpp"
#include "actors/simulation/year_work.hpp"
#include "cluster/computing/block_frame.hpp"
#include "messages/computing.pb.h"
#include "tests/fuzz/fuzz_target.hpp"

#include <google/protobuf/stubs/logging.h>

#include <memory>
#include <string>
#include <variant>

using namespace troupe;
using tests::promise;

namespace {

/// Whoever asked has to know which of his tasks it was.
template <class Answer, class Task>
void promise_answer(const Answer& answer, const Task& task) {
  if (const auto* failure = std::get_if<1>(&answer)) {
    promise(failure->task() == task.task()
              && failure->attempt() == task.attempt(),
            "a failure is that of its task");
    promise(failure->has_input() ? !failure->input().message().empty()
                                 : !failure->reason().empty(),
            "a failure has a reason");
  } else {
    promise(std::get<0>(answer).result.task() == task.task(),
            "a result is that of its task");
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // It tells of every text that is not UTF-8.
  static const auto silence = google::protobuf::LogSilencer{};
  const auto body
    = std::make_shared<const std::string>(tests::text_of(data, size));
  const auto frame = cluster::read_frame(*body, body);
  if (!frame) {
    promise(!frame.error().message.empty(), "who refuses says why");
    return 0;
  }
  promise(cluster::session_of_frame(*body) == frame->session,
          "a session is the same without looking further");
  const auto again = std::make_shared<const std::string>(
    cluster::write_frame(frame->session, frame->message, frame->block));
  const auto read = cluster::read_frame(*again, again);
  promise(read && read->message == frame->message
            && read->block.to_message().SerializeAsString()
                 == frame->block.to_message().SerializeAsString(),
          "what was read is written the same");
  const auto task = cluster::message_of<messages::SlotTask>(*frame);
  if (!task)
    return 0;
  if (task->has_scoring())
    promise_answer(scoring::stage_work{}.try_perform(task->scoring(),
                                                     frame->block),
                   task->scoring());
  if (task->has_simulation())
    promise_answer(simulation::year_work{}.try_perform(task->simulation(),
                                                       frame->block),
                   task->simulation());
  return 0;
}
