// What the engine does with runs of one step that does nothing, in one process:
//
//   engine_bench [JOBS] [OUTSTANDING] [STORE]
//
// prints submissions and completions per second. The store is made anew.
#include "actors/engine/local_engine.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>

using namespace troupe;
using namespace troupe::engine;
using namespace std::chrono_literals;

namespace {

constexpr auto workflow_text
  = "apiVersion: troupe/v1\nkind: Workflow\nid: job\n"
    "inputs: {n: {type: integer}}\n"
    "steps: [{id: s, activity: noop, with: {n: "
    "\"${inputs.n}\"}}]\n";

struct producer_state {
  std::size_t sent = 0;
  std::size_t answered = 0;
  std::shared_ptr<std::promise<void>> done;
};

using producer = caf::stateful_actor<producer_state>;

void submit(producer* self, const engine_actor& to, std::size_t jobs) {
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_id("job");
  wanted.set_inputs("{\"n\":" + std::to_string(self->state.sent++) + "}");
  self->request(to, 60s, std::move(wanted))
    .then(
      [=](const messages::RunAccepted&) {
        if (++self->state.answered == jobs) {
          self->state.done->set_value();
          self->quit();
        } else if (self->state.sent < jobs) {
          submit(self, to, jobs);
        }
      },
      [=](const caf::error& error) {
        std::fprintf(stderr, "refused: %s\n",
                     self->system().render(error).c_str());
        std::_Exit(1);
      });
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
    .count();
}

} // namespace

int main(int argc, char** argv) {
  const auto jobs = argc > 1 ? std::stoul(argv[1]) : 20'000UL;
  const auto outstanding = argc > 2 ? std::stoul(argv[2]) : 100UL;
  auto options = local_engine_options{};
  options.store = argc > 3 ? argv[3] : "/tmp/engine_bench.db";
  for (const auto* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(options.store + suffix);
  options.activities_max = 10;
  auto engine = local_engine::start(options);
  if (!engine) {
    std::fprintf(stderr, "%s\n", runtime::render(engine.error()).c_str());
    return 1;
  }
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(workflow_text);
  if (auto applied = engine->apply(apply); !applied)
    return 1;
  const auto to = engine->engine().value();
  const auto done = std::make_shared<std::promise<void>>();
  const auto begin = std::chrono::steady_clock::now();
  engine->system().spawn([=](producer* self) {
    self->state.done = done;
    for (std::size_t i = 0; i < outstanding && i < jobs; ++i)
      submit(self, to, jobs);
    return caf::behavior{[](int) {}};
  });
  done->get_future().wait();
  const auto enqueued = seconds_since(begin);
  auto self = caf::scoped_actor{engine->system()};
  for (auto open = std::uint64_t{1}; open != 0;)
    self->request(to, 60s, messages::GetEngineStatus{})
      .receive([&](const messages::EngineStatus& s) { open = s.open_runs(); },
               [](const caf::error&) { std::_Exit(1); });
  const auto total = seconds_since(begin);
  std::printf("%zu jobs, %zu outstanding: enqueued %.0f/s, done %.0f/s\n", jobs,
              outstanding, static_cast<double>(jobs) / enqueued,
              static_cast<double>(jobs) / total);
}
