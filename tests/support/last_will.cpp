#include "tests/support/last_will.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace troupe::tests {

last_will::last_will(const std::string& script) {
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error{"cannot make a pipe"};
  alive_ = ends[1];
  const auto text = "read -r nothing; " + script;
  executor_ = ::fork();
  if (executor_ == 0) {
    // Out of reach of Ctrl-C, and not to be waited for by whoever reads what
    // the test prints.
    ::setsid();
    const auto nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(ends[0], STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", text.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[0]);
  if (executor_ < 0)
    throw std::runtime_error{"cannot start a process"};
}

last_will::~last_will() {
  ::close(alive_);
  ::waitpid(executor_, nullptr, 0);
}

} // namespace troupe::tests
