#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace troupe::cluster {

/// How much runs at this moment, and how much has ended since the start. May be
/// read from any thread, also while whoever counts is busy for long.
struct work_count {
  std::atomic<std::uint64_t> running{0};
  std::atomic<std::uint64_t> ended{0};
};

/// Null: nobody wants to know.
using shared_work_count = std::shared_ptr<work_count>;

} // namespace troupe::cluster
