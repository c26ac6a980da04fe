#pragma once

#include <functional>
#include <string>
#include <thread>

namespace troupe::runtime {

/// Starts a thread that no signal to our process goes to: those are for others.
/// Debuggers show its name, of which the system keeps 15 characters.
[[nodiscard]] std::thread start_worker_thread(const std::string& name,
                                              std::function<void()> work);

} // namespace troupe::runtime
