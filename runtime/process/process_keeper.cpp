#include "runtime/process/process_keeper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

namespace troupe::runtime {

namespace {

/// Groups to kill; 0 is a free place. Never allocates: after a fork of a
/// program with threads, only system calls are safe.
struct watched_groups {
  std::array<pid_t, process_keeper::groups_max> groups{};

  void replace(pid_t what, pid_t by) {
    for (auto& group : groups)
      if (group == what) {
        group = by;
        return;
      }
  }

  void obey(pid_t order) {
    if (order > 0)
      replace(0, order);
    else
      replace(-order, 0);
  }

  void kill_all() const {
    for (const auto group : groups)
      if (group > 0)
        ::kill(-group, SIGKILL);
  }
};

/// Nothing but the orders stays open, and no signal to others reaches it.
void seclude(int orders) {
  ::prctl(PR_SET_NAME, "troupe-keeper");
  ::setsid();
  auto all = sigset_t{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::dup2(orders, STDIN_FILENO);
  if (::syscall(SYS_close_range, 1, ~0U, 0) != 0)
    for (auto number = 1; number < 1'024; ++number)
      ::close(number);
}

[[noreturn]] void keep() {
  static auto watched = watched_groups{};
  auto orders = std::array<pid_t, 256>{};
  const auto is_ready = char{1};
  ::send(STDIN_FILENO, &is_ready, sizeof is_ready, MSG_NOSIGNAL);
  for (;;) {
    const auto size = ::recv(STDIN_FILENO, orders.data(), sizeof orders, 0);
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      break;
    const auto count = static_cast<std::size_t>(size) / sizeof(pid_t);
    for (const auto order : std::span{orders}.first(count))
      watched.obey(order);
  }
  watched.kill_all();
  ::_exit(0);
}

} // namespace

outcome<process_keeper> process_keeper::start() {
  auto ends = std::array<int, 2>{};
  // Keeps the bounds of messages, and ends when the other side is gone.
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(problem_kind::unavailable,
                std::string{"cannot make a socket: "} + std::strerror(errno));
  auto ours = file_descriptor{ends[0]};
  auto theirs = file_descriptor{ends[1]};
  const auto pid = ::fork();
  if (pid < 0)
    return fail(problem_kind::unavailable,
                std::string{"cannot start a process: "} + std::strerror(errno));
  if (pid == 0) {
    seclude(theirs.get());
    keep();
  }
  auto keeper = process_keeper{pid, std::move(ours)};
  theirs.close();
  // Before it is secluded, what kills our group would kill it as well.
  auto is_ready = char{};
  auto size = ssize_t{-1};
  do
    size = ::recv(keeper.orders_.get(), &is_ready, sizeof is_ready, 0);
  while (size < 0 && errno == EINTR);
  if (size != sizeof is_ready)
    return fail(problem_kind::unavailable,
                "the keeper of processes did not start");
  return keeper;
}

process_keeper::~process_keeper() {
  if (!orders_)
    return;
  orders_.close();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
    continue;
}

void process_keeper::watch(pid_t group) noexcept {
  tell(group);
}

void process_keeper::forget(pid_t group) noexcept {
  tell(-group);
}

void process_keeper::tell(pid_t order) noexcept {
  // If somebody killed the keeper, leaders still die with us.
  ::send(orders_.get(), &order, sizeof order, MSG_NOSIGNAL);
}

} // namespace troupe::runtime
