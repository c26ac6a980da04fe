#include "tools/cli/bench_jobs.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace troupe::tools {

using namespace std::chrono_literals;
using engine::engine_client;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto patience = std::chrono::milliseconds{60s};

/// The next answer, which must be no refusal.
outcome<messages::EngineAnswer> answer_of(engine_client& client) {
  auto answer = client.receive(patience);
  if (answer && answer->has_problem())
    return fail(problem_kind::failed,
                "the server refused: " + answer->problem().message());
  return answer;
}

} // namespace

messages::SubmitRun bench_run_of(std::size_t number) {
  auto run = messages::SubmitRun{};
  run.set_workflow_id("job");
  run.set_inputs("{\"n\":" + std::to_string(number) + "}");
  return run;
}

/// One call each, at most so many without an answer.
outcome<void> submit_each(engine_client& client, std::size_t jobs,
                          std::size_t outstanding) {
  auto sent = std::size_t{0};
  for (auto answered = std::size_t{0}; answered < jobs; ++answered) {
    for (; sent < jobs && sent - answered < outstanding; ++sent) {
      auto call = messages::EngineCall{};
      *call.mutable_submit() = bench_run_of(sent);
      client.ask(std::move(call));
    }
    if (auto answer = answer_of(client); !answer)
      return fail(answer.error());
  }
  return {};
}

/// A thousand a call, one call after another.
outcome<void> submit_in_bulk(engine_client& client, std::size_t jobs) {
  constexpr auto per_call = std::size_t{1'000};
  for (std::size_t sent = 0; sent < jobs;) {
    auto runs = messages::SubmitRuns{};
    for (auto i = per_call; i > 0 && sent < jobs; --i)
      *runs.add_runs() = bench_run_of(sent++);
    const auto answer = client.submit(runs);
    if (!answer)
      return fail(answer.error());
    for (const auto& each : answer->each())
      if (!each.has_accepted())
        return fail(problem_kind::failed, each.refused().message());
  }
  return {};
}

outcome<void> await_all_runs(engine_client& client) {
  for (;; std::this_thread::sleep_for(1ms)) {
    const auto status = client.status();
    if (!status)
      return fail(status.error());
    if (status->open_runs() == 0)
      return {};
  }
}

} // namespace troupe::tools
