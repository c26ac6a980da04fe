#pragma once

namespace troupe::runtime {

/// Hears of a visit to a crash point, on the thread that is there.
using crash_visitor = void (*)(const char* name);

/// A boundary around storing or sending, where a test may end the process.
/// Nothing happens in a process that does not watch.
void crash_point(const char* name);

/// From now on `visitor` hears of each visit; nobody does if it is null. Only
/// the program of a test asks for it (tests/README.md).
void watch_crash_points(crash_visitor visitor) noexcept;

} // namespace troupe::runtime
