#include "tests/support/program.hpp"

#include "tests/support/places.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace troupe::tests {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2min;

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error{"cannot make a pipe"};
  return {ends[0], ends[1]};
}

void close_end(int& end) {
  if (end >= 0)
    ::close(end);
  end = -1;
}

/// Everything the child needs, made before the fork.
struct child_setup {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::vector<char*> argument_pointers;
  std::vector<char*> environment_pointers;
  std::string folder;
};

child_setup make_setup(const std::string& command, const program_run& run) {
  auto setup = child_setup{};
  setup.folder = run.folder.string();
  setup.arguments.push_back(command);
  for (const auto& argument : run.arguments)
    setup.arguments.push_back(argument);
  auto variables = run.environment;
  variables.emplace("HOME", setup.folder);
  variables.emplace("LC_ALL", "C.UTF-8");
  for (const auto* kept :
       {"PATH", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const auto* value = std::getenv(kept))
      variables.emplace(kept, value);
  for (const auto& [name, value] : variables)
    setup.environment.push_back(name + "=" + value);
  for (auto& argument : setup.arguments)
    setup.argument_pointers.push_back(argument.data());
  setup.argument_pointers.push_back(nullptr);
  for (auto& variable : setup.environment)
    setup.environment_pointers.push_back(variable.data());
  setup.environment_pointers.push_back(nullptr);
  return setup;
}

/// The life of the child up to the program; only calls that are safe in it.
[[noreturn]] void become(const child_setup& setup, int in, int out, int err) {
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  // Without these the superuser is refused like anybody else.
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
  ::signal(SIGPIPE, SIG_DFL);
  if (::chdir(setup.folder.c_str()) == 0)
    ::execvpe(setup.argument_pointers.front(), setup.argument_pointers.data(),
              setup.environment_pointers.data());
  ::_exit(127);
}

/// Feeds and drains the pipes of the child until it closes them.
class conversation {
public:
  conversation(const program_run& run, int in, int out, int err)
    : run_{run}, in_{in}, out_{out}, err_{err}, endless_(65536, 'a') {
    if (in_ >= 0)
      ::fcntl(in_, F_SETFL, O_NONBLOCK);
  }
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  ~conversation() {
    close_end(in_);
    close_end(out_);
    close_end(err_);
  }

  /// False: the time is over.
  bool hold(program_result& result) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (out_ >= 0 || err_ >= 0) {
      auto wanted = std::array{pollfd{in_, POLLOUT, 0}, pollfd{out_, POLLIN, 0},
                               pollfd{err_, POLLIN, 0}};
      const auto ready = ::poll(wanted.data(), wanted.size(), 1000);
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      if (ready <= 0)
        continue;
      if (wanted[0].revents != 0)
        feed();
      if (wanted[1].revents != 0)
        drain(out_, result.out);
      if (wanted[2].revents != 0)
        drain(err_, result.err);
    }
    return true;
  }

private:
  void feed() {
    const auto is_endless = run_.input_kind == program_input::endless;
    const auto rest = is_endless ? std::string_view{endless_}
                                 : std::string_view{run_.input}.substr(fed_);
    const auto size = rest.empty() ? 0 : ::write(in_, rest.data(), rest.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (size > 0)
      fed_ += static_cast<std::size_t>(size);
    if (size < 0 || (!is_endless && fed_ == run_.input.size()))
      close_end(in_);
  }

  static void drain(int& from, std::string& to) {
    auto buffer = std::array<char, 65536>{};
    const auto size = ::read(from, buffer.data(), buffer.size());
    if (size > 0)
      to.append(buffer.data(), static_cast<std::size_t>(size));
    else if (size == 0 || errno != EINTR)
      close_end(from);
  }

  const program_run& run_;
  int in_;
  int out_;
  int err_;
  std::string endless_;
  std::size_t fed_ = 0;
};

} // namespace

program_result run_program(const program_run& run) {
  return run_command(troupe_binary().string(), run);
}

program_result run_command(const std::string& command, const program_run& run) {
  if (run.folder.empty())
    throw std::runtime_error{"a program needs a folder of its own"};
  const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  const auto setup = make_setup(command, run);
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  if (run.output == program_output::full) {
    close_end(out.write);
    out.write = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  }
  if (run.output != program_output::captured)
    close_end(out.read);
  const auto child = ::fork();
  if (child < 0)
    throw std::runtime_error{"cannot start a process"};
  if (child == 0)
    become(setup, in.read, out.write, err.write);
  close_end(in.read);
  close_end(out.write);
  close_end(err.write);
  auto result = program_result{};
  const auto ended
    = conversation{run, in.write, out.read, err.read}.hold(result);
  if (!ended)
    ::kill(child, SIGKILL);
  auto status = 0;
  auto usage = rusage{};
  ::wait4(child, &status, 0, &usage);
  std::signal(SIGPIPE, ignored);
  if (!ended)
    throw std::runtime_error{"the program did not end: " + command};
  result.exit_code
    = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.memory_bytes_peak = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  return result;
}

} // namespace troupe::tests
