#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/process/process_request.hpp"

#include <sys/types.h>

#include <cstdint>

namespace troupe::runtime {

/// Whether a process gets the descriptor `side_channel_number` to report on.
enum class side_channel : std::uint8_t { none, open };

inline constexpr auto side_channel_number = 3;

/// A process that has just been started. It leads a session and a process
/// group of its own, both of the number `pid`. Whoever launches waits for it.
struct launched_process {
  pid_t pid = -1;
  /// Becomes readable when the process has ended.
  file_descriptor pidfd;
  /// The ends to read from; never block. `side` only if asked for.
  file_descriptor out;
  file_descriptor err;
  file_descriptor side;
};

/// Starts the program, and returns when the kernel has accepted it: whatever is
/// wrong with the program or the folder is a problem here. The process sees
/// nothing of ours but what the request says: no descriptor, no signal mask or
/// disposition, no terminal. It is killed when the calling thread ends.
[[nodiscard]] outcome<launched_process> launch(const process_request& request,
                                               side_channel side);

/// `unavailable` when this kernel cannot do what `launch` and its callers need.
[[nodiscard]] outcome<void> check_kernel();

} // namespace troupe::runtime
