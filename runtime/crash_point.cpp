#include "runtime/crash_point.hpp"

#include <atomic>

namespace troupe::runtime {

namespace {

constinit auto visitor = std::atomic<crash_visitor>{nullptr};

} // namespace

void crash_point(const char* name) {
  if (const auto hears = visitor.load(std::memory_order_relaxed))
    hears(name);
}

void watch_crash_points(crash_visitor to) noexcept {
  visitor.store(to, std::memory_order_relaxed);
}

} // namespace troupe::runtime
