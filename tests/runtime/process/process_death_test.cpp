#include "runtime/process/process_keeper.hpp"
#include "runtime/process/process_launch.hpp"
#include "tests/runtime/process/process_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

std::string victim() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return (self.parent_path() / "process_host_victim").string();
}

} // namespace

TEST_CASE("kill -9 of a host kills its processes and what these started") {
  const auto host = start_host();
  for (auto round = 0; round < 5; ++round) {
    auto request = process_request{};
    request.argv = {victim()};
    auto process = observed_process{*host, std::move(request)};
    auto child = pid_t{0};
    auto grandchild = pid_t{0};
    std::istringstream{process.line()} >> child >> grandchild;
    REQUIRE(child > 0);
    REQUIRE(grandchild > 0);
    REQUIRE(::kill(grandchild, 0) == 0);
    // Neither is in the group of the one that is killed here.
    process.stop(0ms);
    CHECK(process.result().signal == SIGKILL);
    CHECK(await_death(child));
    CHECK(await_death(grandchild));
  }
}

TEST_CASE("a keeper is out of reach of what kills our group") {
  for (auto i = 0; i < 50; ++i) {
    auto keeper = process_keeper::start();
    REQUIRE(keeper);
    REQUIRE(::getsid(keeper->pid()) == keeper->pid());
  }
}

TEST_CASE("a keeper kills the groups it still knows when it is let go") {
  auto launched = launch(sleeper(), side_channel::none);
  REQUIRE(launched);
  auto spared = launch(sleeper(), side_channel::none);
  REQUIRE(spared);
  {
    auto keeper = process_keeper::start();
    REQUIRE(keeper);
    keeper->watch(launched->pid);
    keeper->watch(spared->pid);
    keeper->forget(spared->pid);
  }
  CHECK(await_death(launched->pid));
  CHECK(::kill(spared->pid, 0) == 0);
  auto status = 0;
  CHECK(::waitpid(spared->pid, &status, WNOHANG) == 0);
  ::kill(spared->pid, SIGKILL);
  ::waitpid(spared->pid, nullptr, 0);
  ::waitpid(launched->pid, &status, 0);
  CHECK(WTERMSIG(status) == SIGKILL);
}
