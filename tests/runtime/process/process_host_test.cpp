#include "runtime/process/process_host.hpp"
#include "runtime/process/watched_process.hpp"
#include "tests/runtime/process/process_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

process_result run(process_runner& by, process_request request) {
  return observed_process{by, std::move(request), false}.result();
}

/// A program that tells its number and ends by no signal but SIGKILL.
constexpr auto stubborn
  = "trap '' TERM; echo $$ >&3; while :; do sleep 1000; done";

} // namespace

TEST_CASE("a process ends with its output, its errors and its exit code") {
  const auto host = start_host();
  const auto result = run(*host, shell("echo out; echo err >&2; exit 3"));
  CHECK(result.exit_code == 3);
  CHECK(result.signal == 0);
  CHECK_FALSE(result.was_stopped);
  CHECK(result.out.head == "out\n");
  CHECK(result.err.head == "err\n");
}

TEST_CASE("a process that a signal ends is no exit code") {
  const auto host = start_host();
  const auto result = run(*host, shell("kill -SEGV $$"));
  CHECK(result.signal == SIGSEGV);
  CHECK_FALSE(result.was_stopped);
}

TEST_CASE("a process has the environment and the folder it is given") {
  const auto host = start_host();
  const auto folder = temporary_folder{};
  auto request = process_request{};
  request.argv = {"/usr/bin/env"};
  request.environment = {{"A", "1"}, {"B", "two words"}};
  CHECK(run(*host, request).out.head == "A=1\nB=two words\n");
  request.argv = {"/bin/pwd"};
  request.folder = std::filesystem::canonical(folder.path()).string();
  CHECK(run(*host, request).out.head == request.folder + "\n");
}

TEST_CASE("a process has no descriptor of ours") {
  const auto host = start_host();
  auto leaks = std::vector<file_descriptor>{};
  for (auto i = 0; i < 5; ++i)
    leaks.emplace_back(::open("/dev/null", O_RDONLY));
  auto request = shell("");
  request.argv = {"ls", "/proc/self/fd"};
  // The last one is the folder it reads.
  CHECK(run(*host, request).out.head == "0\n1\n2\n3\n");
  CHECK(observed_process{*host, request}.result().out.head
        == "0\n1\n2\n3\n4\n");
}

TEST_CASE("a process has no signal mask or disposition of ours") {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  auto mask = sigset_t{};
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  const auto host = start_host();
  auto request = shell("");
  request.argv = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
  const auto result = run(*host, request);
  ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
  std::signal(SIGUSR1, before);
  CHECK(result.out.head
        == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a process leads a session of its own, without a terminal") {
  const auto host = start_host();
  const auto result
    = run(*host, shell("read pid name state ppid group session terminal rest "
                       "</proc/$$/stat; echo $((group == $$)) "
                       "$((session == $$)) $terminal"));
  CHECK(result.out.head == "1 1 0\n");
}

TEST_CASE("a process reads its input, or does not") {
  const auto host = start_host();
  auto request = shell("cat");
  request.input.assign(std::size_t{1} << 20, 'x');
  CHECK(run(*host, request).out.head == request.input);
  request.argv = {"true"};
  CHECK(run(*host, request).exit_code == 0);
  request = shell("cat");
  CHECK(run(*host, request).out.bytes == 0);
}

TEST_CASE("of 100 MB of output only the bounds are kept") {
  const auto host = start_host();
  auto request = shell("head -c 100000000 /dev/zero; echo end");
  request.out = {1'000, 5};
  const auto result = run(*host, request);
  CHECK(result.exit_code == 0);
  CHECK(result.out.bytes == 100'000'004);
  CHECK(result.out.head == std::string(1'000, '\0'));
  CHECK(result.out.tail == std::string{"\0end\n", 5});
  CHECK(result.out.is_truncated());
  CHECK_FALSE(result.was_too_loud);
}

TEST_CASE("a process that must not write so much is killed for it") {
  const auto host = start_host();
  auto request = shell("exec cat /dev/zero");
  request.out = {1'000, 0};
  request.on_out_overflow = overflow_policy::kill;
  const auto result = run(*host, request);
  CHECK(result.was_too_loud);
  CHECK(result.signal == SIGKILL);
  CHECK_FALSE(result.was_stopped);
  CHECK(result.out.head.size() == 1'000);
}

TEST_CASE("what cannot be started ends with the reason") {
  const auto host = start_host();
  auto request = shell("");
  request.argv = {"no-such-program"};
  const auto how = observed_process{*host, request}.outcome();
  REQUIRE_FALSE(how);
  CHECK(how.error().kind == problem_kind::not_found);
  CHECK(how.error().message == "program \"no-such-program\" not found");
}

TEST_CASE("a process asked to stop may tidy up") {
  const auto host = start_host();
  auto process = observed_process{
    *host, shell("trap 'echo bye; exit 4' TERM; echo ready >&3; "
                 "sleep 1000 >/dev/null 2>&1 & wait")};
  CHECK(process.line() == "ready");
  process.stop(process_patience);
  const auto result = process.result();
  CHECK(result.was_stopped);
  CHECK(result.exit_code == 4);
  CHECK(result.out.head == "bye\n");
}

TEST_CASE("a stopped process that sleeps is woken to stop") {
  const auto host = start_host();
  auto process
    = observed_process{*host, shell("echo ready >&3; kill -STOP $$")};
  CHECK(process.line() == "ready");
  process.stop(process_patience);
  CHECK(process.result().was_stopped);
}

TEST_CASE("a process that ignores SIGTERM is killed after the grace") {
  const auto host = start_host();
  auto process = observed_process{*host, shell(stubborn)};
  const auto pid = std::stoi(process.line());
  process.stop(20ms);
  const auto result = process.result();
  CHECK(result.signal == SIGKILL);
  CHECK(result.was_stopped);
  CHECK(await_death(pid));
}

TEST_CASE("a second stop may only shorten the grace") {
  const auto host = start_host();
  auto process = observed_process{*host, shell(stubborn)};
  process.line();
  process.stop(24h);
  process.stop(0ms);
  process.stop(24h);
  CHECK(process.result().signal == SIGKILL);
}

TEST_CASE("who is left in a group does not outlive its leader") {
  const auto host = start_host({.linger = 5ms});
  SECTION("holding the output") {
    auto process
      = observed_process{*host, shell("sleep 1000 & echo $! >&3; echo out")};
    const auto pid = std::stoi(process.line());
    const auto result = process.result();
    CHECK(result.exit_code == 0);
    CHECK(result.out.head == "out\n");
    CHECK(await_death(pid));
  }
  SECTION("without it") {
    auto process = observed_process{
      *host, shell("sleep 1000 >/dev/null 2>&1 & echo $! >&3")};
    const auto pid = std::stoi(process.line());
    CHECK(process.result().exit_code == 0);
    CHECK(await_death(pid));
  }
}

TEST_CASE("who leaves the group with the output holds nobody up") {
  const auto host = start_host({.linger = 5ms});
  auto process = observed_process{
    *host, shell("setsid sh -c 'echo $$ >&3; exec sleep 1000' & sleep 1000")};
  const auto pid = std::stoi(process.line());
  process.stop(0ms);
  const auto result = process.result();
  CHECK(result.signal == SIGKILL);
  CHECK(::kill(pid, SIGKILL) == 0);
}

TEST_CASE("who writes on after the end of the leader is not listened to") {
  const auto host = start_host({.linger = 5ms});
  auto request = shell("yes & sleep 0; exit 6");
  request.out = {10, 0};
  CHECK(run(*host, request).exit_code == 6);
}

TEST_CASE("a dropped process is killed and not told of") {
  auto host = start_host();
  auto process = observed_process{*host, shell(stubborn)};
  const auto pid = std::stoi(process.line());
  process.drop();
  CHECK(await_death(pid));
  host.reset();
  CHECK_FALSE(process.was_told_of());
}

TEST_CASE("a process that talks on is dropped like any other") {
  auto host = start_host();
  auto process
    = observed_process{*host, shell("trap '' TERM; while :; do echo x >&3; "
                                    "done")};
  process.line();
  process.drop();
  CHECK(run(*host, shell("exit 5")).exit_code == 5);
  host.reset();
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("processes dropped at any moment leave nothing behind") {
  auto host = start_host();
  for (auto i = 0; i < 100; ++i) {
    auto process = observed_process{*host, shell("sleep 1000")};
    if (i % 2 == 0)
      process.stop(0ms);
    process.drop();
  }
  CHECK(run(*host, shell("exit 5")).exit_code == 5);
  host.reset();
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("the end of a host ends its processes, and says so") {
  auto host = start_host();
  auto process = observed_process{*host, shell(stubborn)};
  const auto pid = std::stoi(process.line());
  host.reset();
  const auto how = process.outcome();
  REQUIRE_FALSE(how);
  CHECK(how.error().kind == problem_kind::interrupted);
  CHECK(await_death(pid));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  process.stop(0ms); // A handle may outlive its host.
}

TEST_CASE("of many lines at once the last is never lost") {
  const auto host = start_host();
  auto process = observed_process{
    *host, shell("i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo $i >&3; "
                 "done")};
  process.result();
  auto last = std::string{};
  auto lines = 0;
  while (last != "500") {
    last = process.line();
    ++lines;
  }
  CHECK(lines < 500);
}

TEST_CASE("200 processes run side by side, and none is left a zombie") {
  const auto host = start_host();
  auto processes = std::vector<observed_process>{};
  for (auto i = 0; i < 200; ++i)
    processes.emplace_back(*host, shell("trap 'exit 7' TERM; echo ready >&3; "
                                        "sleep 1000 >/dev/null 2>&1 & wait"));
  for (auto& each : processes)
    REQUIRE(each.line() == "ready");
  for (auto& each : processes)
    each.stop(process_patience);
  for (auto& each : processes)
    REQUIRE(each.result().exit_code == 7);
  auto info = siginfo_t{};
  // The keeper is the only child that is left, and it lives.
  CHECK(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
  CHECK(info.si_pid == 0);
}

TEST_CASE("more processes than agreed are refused") {
  const auto host = start_host({.processes_max = 2});
  auto first = observed_process{*host, shell("echo 1 >&3; sleep 1000")};
  auto second = observed_process{*host, shell("echo 2 >&3; sleep 1000")};
  CHECK(first.line() == "1");
  CHECK(second.line() == "2");
  auto third = observed_process{*host, shell("true")};
  const auto how = third.outcome();
  REQUIRE_FALSE(how);
  CHECK(how.error().kind == problem_kind::unavailable);
  first.stop(0ms);
  first.result();
  CHECK(run(*host, shell("exit 8")).exit_code == 8);
}
