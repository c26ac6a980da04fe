#include "runtime/worker_thread.hpp"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace troupe::runtime {

std::thread start_worker_thread(const std::string& name,
                                std::function<void()> work) {
  constexpr auto name_bytes_max = std::size_t{15};
  // A thread inherits the mask: there is no moment at which it has another.
  auto all = sigset_t{};
  auto before = sigset_t{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto thread = std::thread{std::move(work)};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread.native_handle(),
                       name.substr(0, name_bytes_max).c_str());
  return thread;
}

} // namespace troupe::runtime
