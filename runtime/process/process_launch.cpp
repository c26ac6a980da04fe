#include "runtime/process/process_launch.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto stack_bytes = std::size_t{256} << 10;

enum class launch_stage : std::uint8_t { setup, folder, program };

/// All that the new process needs until it is another program: it shares our
/// memory, but must not allocate.
struct launch_plan {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* variables = nullptr;
  const char* folder = nullptr;
  std::array<int, 3> standard{-1, -1, -1};
  int side = -1;
  pid_t parent = 0;
  int descriptors_max = 0;
  // Set by the new process if it fails.
  launch_stage stage = launch_stage::setup;
  int error = 0;
};

/// Handlers of ours must not run in a process that shares our memory, and what
/// we ignore must not be ignored by others.
void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (auto number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction current {};
    if (::sigaction(number, nullptr, &current) == 0
        && current.sa_handler != SIG_DFL)
      ::sigaction(number, &standard, nullptr);
  }
  auto none = sigset_t{};
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_from(int first, int descriptors_max) {
  // Older than Linux 5.9: one by one.
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0)
    for (auto number = first; number < descriptors_max; ++number)
      ::close(number);
}

bool place_descriptors(launch_plan& plan) {
  constexpr auto first_free = side_channel_number + 1;
  // Whatever stands where another one goes has to step aside first.
  const auto step_aside = [](int& number) {
    if (number >= 0 && number < first_free)
      number = ::fcntl(number, F_DUPFD, first_free);
    return number >= 0;
  };
  auto has_side = plan.side >= 0;
  for (auto& number : plan.standard)
    if (!step_aside(number))
      return false;
  if (has_side && !step_aside(plan.side))
    return false;
  for (auto number = 0; number < 3; ++number)
    if (::dup2(plan.standard[static_cast<std::size_t>(number)], number) < 0)
      return false;
  if (has_side && ::dup2(plan.side, side_channel_number) < 0)
    return false;
  close_from(has_side ? first_free : side_channel_number, plan.descriptors_max);
  return true;
}

/// Runs in the new process, on a stack of its own within our memory.
int become_program(void* argument) {
  auto& plan = *static_cast<launch_plan*>(argument);
  // Set before asking for the parent: who died before would never be noticed.
  const auto is_watched
    = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == plan.parent;
  if (is_watched && ::setsid() >= 0 && place_descriptors(plan)) {
    plan.stage = launch_stage::folder;
    if (plan.folder == nullptr || ::chdir(plan.folder) == 0) {
      plan.stage = launch_stage::program;
      reset_signals();
      ::execve(plan.path, plan.argv, plan.variables);
    }
  }
  plan.error = errno != 0 ? errno : ESRCH;
  return 127;
}

/// Memory for the stack of a new process, with a page below that faults.
class launch_stack {
public:
  launch_stack()
    : memory_{::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)} {
    if (*this)
      ::mprotect(memory_, std::size_t{4} << 10, PROT_NONE);
  }
  launch_stack(const launch_stack&) = delete;
  launch_stack& operator=(const launch_stack&) = delete;

  ~launch_stack() {
    if (*this)
      ::munmap(memory_, stack_bytes);
  }

  explicit operator bool() const noexcept {
    return memory_ != MAP_FAILED;
  }

  [[nodiscard]] void* top() const noexcept {
    return static_cast<char*>(memory_) + stack_bytes;
  }

private:
  void* memory_;
};

/// No signal may arrive between clone and exec.
class blocked_signals {
public:
  blocked_signals() {
    auto all = sigset_t{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;

  ~blocked_signals() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

private:
  sigset_t before_{};
};

tl::unexpected<problem> no_resources(int error, const char* what) {
  return fail(problem_kind::unavailable,
              std::string{"cannot start a process: "} + what + ": "
                + std::strerror(error),
              error == EMFILE || error == ENFILE
                ? "raise the limit of open files (ulimit -n)"
                : "run fewer processes at once");
}

struct pipe_ends {
  file_descriptor read;
  file_descriptor write;
};

outcome<pipe_ends> make_pipe() {
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return no_resources(errno, "pipe");
  auto result = pipe_ends{file_descriptor{ends[0]}, file_descriptor{ends[1]}};
  ::fcntl(result.read.get(), F_SETFL, O_NONBLOCK);
  return result;
}

/// A file in memory rather than a pipe: a program that does not read it holds
/// nobody up.
outcome<file_descriptor> make_input(const std::string& text) {
  if (text.empty()) {
    auto nothing = file_descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!nothing)
      return no_resources(errno, "/dev/null");
    return nothing;
  }
  auto file = file_descriptor{::memfd_create("stdin", MFD_CLOEXEC)};
  if (!file)
    return no_resources(errno, "standard input");
  for (auto rest = std::string_view{text}; !rest.empty();) {
    const auto size = ::write(file.get(), rest.data(), rest.size());
    if (size < 0)
      return no_resources(errno, "standard input");
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

problem make_problem(problem_kind kind, std::string message,
                     std::string hint = {}) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return reason;
}

problem folder_problem(int error, const std::string& folder) {
  if (error == ENOENT)
    return make_problem(problem_kind::not_found,
                        "folder " + folder + " does not exist");
  if (error == EACCES)
    return make_problem(problem_kind::denied,
                        "folder " + folder + " may not be entered");
  return make_problem(problem_kind::invalid_input,
                      "folder " + folder + ": " + std::strerror(error));
}

problem program_problem(int error, const std::string& path,
                        const process_request& request) {
  const auto seen = path.starts_with('/') || request.folder.empty()
                      ? path
                      : request.folder + "/" + path;
  switch (error) {
    case ENOENT:
      if (::access(seen.c_str(), F_OK) == 0)
        return make_problem(problem_kind::not_found,
                            "the interpreter of " + seen + " does not exist",
                            "look at its first line, #!...");
      return make_problem(problem_kind::not_found,
                          "program " + seen + " does not exist");
    case EACCES:
      return make_problem(problem_kind::denied, seen + " may not be executed",
                          "chmod +x " + seen);
    case ENOEXEC:
      return make_problem(problem_kind::invalid_input,
                          seen + " is not a program",
                          "a script begins with #! and its interpreter");
    case E2BIG:
      return make_problem(problem_kind::invalid_input,
                          "arguments and environment of " + seen
                            + " are too large",
                          "pass large values on standard input");
    case ENOMEM:
    case EAGAIN:
    case ETXTBSY:
      return make_problem(problem_kind::unavailable,
                          "cannot run " + seen + ": " + std::strerror(error));
    default:
      return make_problem(problem_kind::failed,
                          "cannot run " + seen + ": " + std::strerror(error));
  }
}

problem explain(const launch_plan& plan, const process_request& request) {
  switch (plan.stage) {
    case launch_stage::folder:
      return folder_problem(plan.error, request.folder);
    case launch_stage::program:
      return program_problem(plan.error, plan.path, request);
    case launch_stage::setup:
      break;
  }
  return make_problem(problem_kind::unavailable,
                      std::string{"cannot set up a process: "}
                        + std::strerror(plan.error));
}

int descriptors_max() {
  auto limit = rlimit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto most = static_cast<rlim_t>(std::numeric_limits<int>::max());
  return static_cast<int>(std::min(limit.rlim_cur, most));
}

/// The arrays of pointers that exec wants; borrow from the request.
struct pointer_lists {
  explicit pointer_lists(const process_request& request) {
    for (const auto& [name, value] : request.environment)
      variables.push_back(name + "=" + value);
    for (const auto& argument : request.argv)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    for (auto& variable : variables)
      environment.push_back(variable.data());
    environment.push_back(nullptr);
  }

  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> environment;
};

} // namespace

outcome<launched_process> launch(const process_request& request,
                                 side_channel side) {
  if (auto checked = check(request); !checked)
    return fail(std::move(checked.error()));
  auto path = find_program(request);
  if (!path)
    return fail(std::move(path.error()));
  auto in = make_input(request.input);
  auto out = make_pipe();
  auto err = make_pipe();
  auto reports = side == side_channel::open ? make_pipe() : pipe_ends{};
  for (auto* made : {&out, &err, &reports})
    if (!*made)
      return fail(std::move(made->error()));
  if (!in)
    return fail(std::move(in.error()));
  const auto lists = pointer_lists{request};
  auto plan = launch_plan{};
  plan.path = path->c_str();
  plan.argv = lists.argv.data();
  plan.variables = lists.environment.data();
  plan.folder = request.folder.empty() ? nullptr : request.folder.c_str();
  plan.standard = {in->get(), out->write.get(), err->write.get()};
  plan.side = reports->write.get();
  plan.parent = ::getpid();
  plan.descriptors_max = descriptors_max();
  const auto stack = launch_stack{};
  if (!stack)
    return no_resources(errno, "stack");
  const auto blocked = blocked_signals{};
  auto pidfd = -1;
  // Our memory is shared until exec, so nothing of it is copied.
  const auto pid
    = ::clone(become_program, stack.top(),
              CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pidfd);
  if (pid < 0)
    return no_resources(errno, "clone");
  auto result = launched_process{};
  result.pid = pid;
  result.pidfd = file_descriptor{pidfd};
  if (plan.error != 0) {
    ::waitpid(pid, nullptr, 0);
    return fail(explain(plan, request));
  }
  result.out = std::move(out->read);
  result.err = std::move(err->read);
  result.side = std::move(reports->read);
  return result;
}

outcome<void> check_kernel() {
  const auto self = file_descriptor{
    static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
  if (!self)
    return fail(problem_kind::unavailable,
                std::string{"cannot watch processes: "} + std::strerror(errno),
                "needs Linux 5.4 or newer, and a sandbox that lets pidfd_open "
                "pass");
  return {};
}

} // namespace troupe::runtime
