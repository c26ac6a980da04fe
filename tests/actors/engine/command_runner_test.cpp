#include "actors/engine/command_runner.hpp"
#include "runtime/process/process_host.hpp"
#include "tests/actors/engine/activity_fixture.hpp"
#include "tests/actors/engine/live_activity_fixture.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

/// Processes that exist only in the test.
class fake_processes final : public runtime::process_runner {
public:
  struct process {
    runtime::process_request request;
    runtime::process_observer observer;
    std::vector<std::chrono::milliseconds> stops;
    bool is_dropped = false;
  };

  std::unique_ptr<runtime::running_process>
  run(runtime::process_request request,
      runtime::process_observer observer) override {
    auto made = std::make_shared<process>();
    made->request = std::move(request);
    made->observer = std::move(observer);
    processes.push_back(made);
    return std::make_unique<handle>(made);
  }

  std::vector<std::shared_ptr<process>> processes;

private:
  class handle final : public runtime::running_process {
  public:
    explicit handle(std::shared_ptr<process> to) : to_{std::move(to)} {}
    handle(const handle&) = delete;
    handle& operator=(const handle&) = delete;

    ~handle() override {
      to_->is_dropped = true;
    }

    void stop(std::chrono::milliseconds grace) override {
      to_->stops.push_back(grace);
    }

  private:
    std::shared_ptr<process> to_;
  };
};

struct command_fixture : activity_fixture {
  std::shared_ptr<fake_processes> fake = std::make_shared<fake_processes>();

  command_fixture() {
    add_command_activity(*registry, {fake, {{"PATH", "/bin"}, {"T", "hush"}}});
    start_host();
  }

  fake_processes::process& process() {
    REQUIRE(fake->processes.size() == 1);
    return *fake->processes.front();
  }

  void end(runtime::process_outcome how) {
    process().observer.on_end(std::move(how));
    run();
  }
};

runtime::process_result printed(std::string text) {
  auto result = runtime::process_result{};
  result.out.bytes = text.size();
  result.out.head = std::move(text);
  return result;
}

const auto simple
  = run_activity("command", "fetch", R"({"argv": ["fetch"], "grace": "3s"})");

} // namespace

TEST_CASE_METHOD(command_fixture, "a command's output is its result") {
  auto request = simple;
  request.set_idempotency_key("key-1");
  request.set_progress_json("{\"page\":7}");
  give(request);
  const auto& environment = process().request.environment;
  CHECK(process().request.argv == std::vector<std::string>{"fetch"});
  CHECK(environment.at("TROUPE_RUN_ID") == "run-1");
  CHECK(environment.at("TROUPE_STEP") == "fetch");
  CHECK(environment.at("TROUPE_ATTEMPT") == "1");
  CHECK(environment.at("TROUPE_IDEMPOTENCY_KEY") == "key-1");
  CHECK(environment.at("TROUPE_LAST_PROGRESS") == "{\"page\":7}");
  CHECK(heard->successes.empty());
  end(printed("{\"file\": \"x\"}\n"));
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].output_json() == "{\"file\":\"x\"}");
  CHECK(others() == 1);
}

TEST_CASE_METHOD(command_fixture, "a command's failure is told with its kind") {
  give(simple);
  auto result = printed("");
  result.exit_code = 3;
  result.err = {"no disk\n", "", 8};
  end(result);
  CHECK(failure().kind() == "exit_nonzero");
  CHECK(failure().message() == "exit code 3: no disk");
  CHECK(failure().retryable());
  CHECK(failure().details_json().find("\"exit_code\":3") != std::string::npos);
}

TEST_CASE_METHOD(command_fixture, "a command that is not there is not found") {
  give(simple);
  end(runtime::fail(problem_kind::not_found, "program \"fetch\" not found"));
  CHECK(failure().kind() == "not_found");
  CHECK_FALSE(failure().retryable());
}

TEST_CASE_METHOD(command_fixture, "a wrong input starts nothing") {
  give(run_activity("command", "fetch", R"({"arg": ["x"]})"));
  CHECK(failure().kind() == "invalid_input");
  CHECK(fake->processes.empty());
}

TEST_CASE_METHOD(command_fixture, "secrets are resolved where they are named") {
  auto request = run_activity(
    "command", "fetch",
    R"({"argv": ["x"], "env": {"A": "secret://env/T", "B": "secret://env/T"}})");
  request.add_secrets("/env/A");
  give(request);
  CHECK(process().request.environment.at("A") == "hush");
  CHECK(process().request.environment.at("B") == "secret://env/T");
}

TEST_CASE_METHOD(command_fixture, "a cancelled command is stopped") {
  give(simple);
  SECTION("with the grace of its input") {
    give(cancel_activity(simple));
    CHECK(process().stops == std::vector{std::chrono::milliseconds{3s}});
  }
  SECTION("with the grace of the request") {
    auto cancel = cancel_activity(simple);
    cancel.set_grace_ms(0);
    give(cancel);
    CHECK(process().stops == std::vector{0ms});
  }
  auto result = printed("");
  result.was_stopped = true;
  result.signal = 15;
  end(result);
  CHECK(failure().kind() == "cancelled");
}

TEST_CASE_METHOD(command_fixture, "a command that takes too long is stopped") {
  auto request = simple;
  request.set_start_to_close_ms(1'000);
  give(request);
  advance(1s);
  CHECK(process().stops.size() == 1);
  auto result = printed("");
  result.was_stopped = true;
  end(result);
  CHECK(failure().kind() == "timeout");
}

TEST_CASE_METHOD(command_fixture, "a command's lines are signs of life") {
  auto request = simple;
  request.set_heartbeat_ms(10'000);
  give(request);
  advance(9s);
  process().observer.on_line(R"({"progress": 0.5})");
  advance(9s);
  process().observer.on_line("not JSON");
  advance(9s);
  CHECK(process().stops.empty());
  REQUIRE(heard->progress.size() == 2);
  CHECK(heard->progress[0].progress_json() == R"({"progress":0.5})");
  CHECK(heard->progress[1].progress_json().empty());
}

TEST_CASE_METHOD(command_fixture, "no process outlives the host's crash") {
  give(simple);
  CHECK_FALSE(process().is_dropped);
  stop(host, caf::exit_reason::kill);
  CHECK(process().is_dropped);
  // What is said later reaches nobody.
  end(printed("1"));
  CHECK(heard->successes.empty());
}

namespace {

/// Real processes on real threads.
struct live_command_fixture : live_activity_fixture {
  std::shared_ptr<runtime::process_host> processes
    = runtime::process_host::start().value();

  live_command_fixture() {
    add_command_activity(*registry, {processes, {{"PATH", "/usr/bin:/bin"}}});
    start_host();
  }
};

} // namespace

TEST_CASE_METHOD(live_command_fixture, "a real process is run for a step") {
  give(run_activity("command", "a", R"({"argv": ["cat"], "stdin": {"x": 1}})"));
  CHECK(reports->wait_for(reports->successes).output_json() == R"({"x":1})");
  give(run_activity("command", "b", R"({"shell": "echo oh >&2; exit 9"})"));
  const auto failure = reports->wait_for(reports->failures);
  CHECK(failure.kind() == "exit_nonzero");
  CHECK(failure.message() == "exit code 9: oh");
}

TEST_CASE_METHOD(live_command_fixture,
                 "a real process is stopped for real when it is cancelled") {
  const auto request = run_activity("command", "a", R"({
    "shell": "echo '{\"progress\": 1}' >&$TROUPE_PROGRESS_FD; exec sleep 1000"
  })");
  give(request);
  CHECK(reports->wait_for(reports->progress).progress_json()
        == R"({"progress":1})");
  caf::anon_send(host, cancel_activity(request));
  CHECK(reports->wait_for(reports->failures).kind() == "cancelled");
}
