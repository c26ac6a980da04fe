#include "runtime/process/process_launch.hpp"
#include "tests/runtime/process/process_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

problem problem_of(const process_request& request) {
  auto launched = launch(request, side_channel::none);
  if (!launched)
    return launched.error();
  ::kill(launched->pid, SIGKILL);
  ::waitpid(launched->pid, nullptr, 0);
  return {};
}

process_request request_for(const std::string& program) {
  auto request = process_request{};
  request.argv = {program};
  return request;
}

} // namespace

TEST_CASE("this kernel can watch processes") {
  CHECK(check_kernel());
}

TEST_CASE("a missing folder is a problem of its own") {
  auto request = shell("true");
  request.folder = "/no/such/folder";
  const auto reason = problem_of(request);
  CHECK(reason.kind == problem_kind::not_found);
  CHECK(reason.message == "folder /no/such/folder does not exist");
  request.folder = "/dev/null";
  CHECK(problem_of(request).kind == problem_kind::invalid_input);
}

TEST_CASE("a file that is no program is told from one that is absent") {
  const auto folder = temporary_folder{};
  const auto absent = problem_of(request_for((folder / "absent").string()));
  CHECK(absent.kind == problem_kind::not_found);
  CHECK(absent.message.find("does not exist") != std::string::npos);

  const auto text = folder.write("text", "hello\n");
  CHECK(problem_of(request_for(text.string())).kind == problem_kind::denied);
  std::filesystem::permissions(text, std::filesystem::perms::owner_all);
  const auto no_program = problem_of(request_for(text.string()));
  CHECK(no_program.kind == problem_kind::invalid_input);
  CHECK(no_program.hint.find("#!") != std::string::npos);

  const auto script = folder.write("script", "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const auto no_interpreter = problem_of(request_for(script.string()));
  CHECK(no_interpreter.kind == problem_kind::not_found);
  CHECK(no_interpreter.message.find("interpreter") != std::string::npos);
}

TEST_CASE("arguments that are too large are the caller's problem") {
  auto request = shell("true");
  request.argv.emplace_back(std::size_t{1} << 20, 'x');
  const auto reason = problem_of(request);
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.message.find("too large") != std::string::npos);
}

TEST_CASE("a failed launch leaves no process and no descriptor behind") {
  const auto count = [] {
    auto result = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator{"/proc/self/fd"})
      ++result;
    return result;
  };
  const auto before = count();
  for (auto i = 0; i < 20; ++i)
    REQUIRE(problem_of(request_for("/no/such/program")).kind
            == problem_kind::not_found);
  CHECK(count() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("a process is killed when the thread that launched it ends") {
  auto launched = outcome<launched_process>{};
  auto launcher
    = std::thread{[&] { launched = launch(sleeper(), side_channel::none); }};
  launcher.join();
  REQUIRE(launched);
  REQUIRE(await_death(launched->pid));
  auto status = 0;
  REQUIRE(::waitpid(launched->pid, &status, 0) == launched->pid);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}
