#pragma once

#ifdef TROUPE_CRASH_POINTS
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#endif

namespace troupe::runtime {

#ifdef TROUPE_CRASH_POINTS

/// How a process ends that was told to at one of these.
inline constexpr auto crash_exit_code = 99;

/// A boundary around storing or sending. TROUPE_CRASH_AT=NAME:N ends the
/// process at the n-th visit, without any cleaning up; TROUPE_CRASH_LOG=FILE
/// gets a line with the name of each visit.
inline void crash_point(const char* name) {
  static auto mutex = std::mutex{};
  static auto visits = std::map<std::string, int>{};
  static const auto* wanted = std::getenv("TROUPE_CRASH_AT");
  static const auto* log = std::getenv("TROUPE_CRASH_LOG");
  const auto guard = std::lock_guard{mutex};
  const auto visit = std::string{name} + ":" + std::to_string(++visits[name]);
  if (log != nullptr)
    std::ofstream{log, std::ios::app} << name << "\n";
  if (wanted != nullptr && visit == wanted)
    ::_exit(crash_exit_code);
}

#else

/// Nothing: only the program of a test is built with crash points
/// (tests/README.md).
constexpr void crash_point(const char* /*name*/) noexcept {}

#endif

} // namespace troupe::runtime
