// What a child process costs beside fork and exec: /bin/true by posix_spawn and
// waitpid, against the process host, against a whole activity (actors, JSON,
// environment), against a durable run with that many steps, with the same
// number under way. Prints its figures itself.
//
//     process_bench [PROCESSES [CONCURRENCY [ROUNDS]]]
#include "actors/engine/activity_host.hpp"
#include "actors/engine/command_runner.hpp"
#include "actors/engine/local_engine.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/process/process_host.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace troupe;

namespace {

using steady = std::chrono::steady_clock;

struct workload {
  std::size_t processes = 400;
  std::size_t concurrency = 10;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "process_bench: %s\n", why.c_str());
  std::exit(1);
}

/// Milliseconds that this takes.
template <class Work>
double time_of(const Work& work) {
  const auto begin = steady::now();
  work();
  return std::chrono::duration<double, std::milli>(steady::now() - begin)
    .count();
}

pid_t spawn_bare() {
  auto name = std::string{"/bin/true"};
  auto argv = std::array<char*, 2>{name.data(), nullptr};
  auto environment = std::array<char*, 1>{nullptr};
  auto pid = pid_t{};
  if (::posix_spawn(&pid, name.c_str(), nullptr, nullptr, argv.data(),
                    environment.data())
      != 0)
    give_up("cannot spawn /bin/true");
  return pid;
}

/// As many as `concurrency` at once; who ends first is reaped first.
void run_bare(const workload& work) {
  auto started = std::size_t{0};
  for (; started < std::min(work.concurrency, work.processes); ++started)
    spawn_bare();
  for (std::size_t ended = 0; ended < work.processes; ++ended) {
    if (::waitpid(-1, nullptr, 0) < 0)
      give_up("a process is lost");
    if (started < work.processes) {
      spawn_bare();
      ++started;
    }
  }
}

/// Room for so many at once.
class places {
public:
  explicit places(std::size_t count) : free_{count} {}

  void take() {
    auto lock = std::unique_lock{mutex_};
    changed_.wait(lock, [this] { return free_ > 0; });
    --free_;
  }

  void give_back() {
    const auto guard = std::lock_guard{mutex_};
    ++free_;
    changed_.notify_one();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t free_;
};

void run_hosted(runtime::process_host& host, const workload& work) {
  auto room = places{work.concurrency};
  auto running
    = std::vector<std::unique_ptr<runtime::running_process>>(work.processes);
  for (auto& each : running) {
    room.take();
    auto request = runtime::process_request{};
    request.argv = {"/bin/true"};
    auto observer = runtime::process_observer{};
    observer.on_end = [&](const runtime::process_outcome& how) {
      if (!how || how->exit_code != 0)
        give_up("a process failed");
      room.give_back();
    };
    each = host.run(std::move(request), std::move(observer));
  }
  for (std::size_t i = 0; i < work.concurrency; ++i)
    room.take();
}

messages::RunActivity command(std::size_t number) {
  auto request = messages::RunActivity{};
  request.mutable_ref()->set_run("bench");
  request.mutable_ref()->set_step("true");
  request.mutable_ref()->set_item(static_cast<std::uint32_t>(number));
  request.set_activity("command");
  request.set_input_json(R"({"argv": ["/bin/true"]})");
  return request;
}

/// Gives out as many as the workload has, to whoever pulls.
engine::activity_source_actor::behavior_type
give_out(engine::activity_source_actor::pointer self, const workload& work,
         const std::shared_ptr<std::promise<void>>& done) {
  const auto given = std::make_shared<std::size_t>(0);
  const auto ended = std::make_shared<std::size_t>(0);
  const auto give = [=](std::uint32_t credit) {
    auto more = messages::RunActivities{};
    for (; credit > 0 && *given < work.processes; --credit)
      *more.add_activities() = command((*given)++);
    if (more.activities_size() != 0)
      self->send(
        caf::actor_cast<engine::activity_host_actor>(self->current_sender()),
        std::move(more));
  };
  return {
    [=](const messages::GetActivities& pull) { give(pull.credit()); },
    [=](const messages::ActivityReports& reports) {
      for (const auto& report : reports.reports()) {
        if (report.has_failed())
          give_up(report.failed().message());
        *ended += report.has_succeeded() ? 1 : 0;
      }
      give(reports.credit());
      if (*ended == work.processes)
        done->set_value();
    },
  };
}

void run_activities(caf::actor_system& system,
                    const std::shared_ptr<runtime::process_host>& host,
                    const workload& work) {
  auto registry = std::make_shared<engine::activity_registry>();
  engine::add_command_activity(*registry, {host, {{"PATH", "/usr/bin:/bin"}}});
  auto options = engine::activity_host_options{};
  options.registry = std::move(registry);
  options.limits.activities_max = work.concurrency;
  const auto done = std::make_shared<std::promise<void>>();
  const auto source = system.spawn(give_out, work, done);
  const auto activities = engine::spawn_activity_host(system, source, options);
  done->get_future().wait();
  caf::anon_send_exit(source, caf::exit_reason::user_shutdown);
}

/// A run of so many steps that need nothing of each other.
std::string workflow_of(const workload& work) {
  auto text = std::string{R"({"apiVersion": "troupe/v1", "kind": "Workflow",)"
                          R"("id": "bench", "steps": [)"};
  for (std::size_t i = 0; i < work.processes; ++i)
    text += (i == 0 ? R"({"id": "s)" : R"(,{"id": "s)") + std::to_string(i)
            + R"(", "activity": "command", "with": {"argv": ["/bin/true"]}})";
  return text + "]}";
}

/// A new store for each engine, gone at the end.
class bench_store {
public:
  bench_store()
    : folder_{std::filesystem::temp_directory_path()
              / ("process_bench-" + std::to_string(::getpid()))} {
    std::filesystem::create_directories(folder_);
  }

  bench_store(const bench_store&) = delete;
  bench_store& operator=(const bench_store&) = delete;

  ~bench_store() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string path() const {
    return (folder_ / "store.db").string();
  }

private:
  std::filesystem::path folder_;
};

/// Milliseconds from the submission of the run to its end, which is stored.
double time_of_run(const std::shared_ptr<runtime::process_host>& host,
                   const workload& work) {
  const auto store = bench_store{};
  auto options = engine::local_engine_options{};
  options.store = store.path();
  options.activities_max = work.concurrency;
  options.add_activities = [host](engine::activity_registry& registry,
                                  const runtime::store_actor&) {
    engine::add_command_activity(registry, {host, {{"PATH", "/usr/bin:/bin"}}});
  };
  auto engine = engine::local_engine::start(std::move(options));
  if (!engine)
    give_up(render(engine.error()));
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(workflow_of(work));
  return time_of([&] {
    const auto accepted = engine->submit(wanted);
    if (!accepted)
      give_up(render(accepted.error()));
    const auto ended = engine->await(accepted->run_id(), {}, "");
    if (!ended || ended->status() != "completed")
      give_up("the run did not complete");
  });
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::size_t number_at(int position, int argc, char** argv,
                      std::size_t fallback) {
  if (argc <= position)
    return fallback;
  const auto number = std::strtoul(argv[position], nullptr, 10);
  if (number == 0)
    give_up("usage: process_bench [PROCESSES [CONCURRENCY [ROUNDS]]]");
  return number;
}

void show(const char* what, double milliseconds, double bare,
          const workload& work) {
  const auto count = static_cast<double>(work.processes);
  std::printf("%-28s %8.1f ms  %7.3f ms each  %+7.3f ms beside it\n", what,
              milliseconds, milliseconds / count,
              (milliseconds - bare) / count);
}

} // namespace

int main(int argc, char** argv) {
  auto work = workload{};
  work.processes = number_at(1, argc, argv, work.processes);
  work.concurrency = number_at(2, argc, argv, work.concurrency);
  const auto rounds = number_at(3, argc, argv, 7);
  auto bare = std::vector<double>{};
  auto hosted = std::vector<double>{};
  auto activities = std::vector<double>{};
  auto steps = std::vector<double>{};
  // One after the other in each round: whatever else runs meets all of them.
  // The host has a child of its own, so it is not there while others wait.
  for (std::size_t i = 0; i < rounds; ++i) {
    bare.push_back(time_of([&] { run_bare(work); }));
    auto started = runtime::process_host::start();
    if (!started)
      give_up(render(started.error()));
    const auto host
      = std::shared_ptr<runtime::process_host>{std::move(*started)};
    hosted.push_back(time_of([&] { run_hosted(*host, work); }));
    auto system = runtime::local_system{};
    activities.push_back(time_of([&] { run_activities(*system, host, work); }));
    system.shutdown(std::chrono::seconds{10});
    steps.push_back(time_of_run(host, work));
  }
  std::printf("%zu x /bin/true, %zu at once, median of %zu rounds\n",
              work.processes, work.concurrency, rounds);
  show("posix_spawn and waitpid", median(bare), median(bare), work);
  show("process host", median(hosted), median(bare), work);
  show("activity host", median(activities), median(bare), work);
  show("steps of a durable run", median(steps), median(bare), work);
}
