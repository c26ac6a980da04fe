#include "runtime/thread_priority.hpp"

#include "runtime/logging/log.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace troupe::runtime {

namespace {

/// Weighs about nine times as much as usual, and less than what the system
/// itself needs.
constexpr auto preferred_nice = -10;

} // namespace

bool prefer_this_thread(std::string_view what) {
  // Of a thread, although POSIX speaks of processes.
  const auto thread = static_cast<id_t>(::gettid());
  if (::setpriority(PRIO_PROCESS, thread, preferred_nice) == 0)
    return true;
  log_debug(
    "runtime", "a thread has no higher priority than others",
    {{"thread", what},
     {"reason", std::error_code{errno, std::generic_category()}.message()}});
  return false;
}

} // namespace troupe::runtime
