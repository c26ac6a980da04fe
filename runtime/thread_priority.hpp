#pragma once

#include <string_view>

namespace troupe::runtime {

/// Lets the calling thread, and those that it starts from now on, run before
/// others of a busy machine, if the kernel permits that: for threads with
/// little to do that must not be late. Else nothing changes. Whether it is so.
bool prefer_this_thread(std::string_view what);

} // namespace troupe::runtime
