#include "tests/integration/program.hpp"

#include "tests/support/places.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

program::program(const std::vector<std::string>& arguments,
                 std::filesystem::path output)
  : output_{std::move(output)} {
  const auto path = troupe_binary().string();
  auto argv = std::vector<char*>{const_cast<char*>(path.c_str())};
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const auto printed
    = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (printed < 0)
    throw std::runtime_error{"cannot write " + output_.string()};
  id_ = ::fork();
  if (id_ == 0) {
    // Nothing is left of a test that is killed itself.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(printed, STDOUT_FILENO);
    ::dup2(printed, STDERR_FILENO);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(printed);
  if (id_ < 0)
    throw std::runtime_error{"cannot start a process"};
}

program::~program() {
  if (id_ < 0)
    return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void program::send(int signal) const {
  ::kill(id_, signal);
}

bool program::is_running() const {
  auto ended = siginfo_t{};
  // Its exit code stays for wait().
  return ::waitid(P_PID, static_cast<id_t>(id_), &ended,
                  WEXITED | WNOHANG | WNOWAIT)
           == 0
         && ended.si_pid == 0;
}

int program::wait() {
  auto status = 0;
  if (::waitpid(std::exchange(id_, -1), &status, 0) < 0)
    throw std::runtime_error{"cannot wait for a process"};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string program::output() const {
  return read_file(output_);
}

} // namespace troupe::tests
