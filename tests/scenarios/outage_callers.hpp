#pragma once

#include "runtime/guard/bulkhead.hpp"
#include "tests/scenarios/outage.hpp"
#include "tests/scenarios/virtual_backend.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::tests {

/// What the callers of a scenario saw.
struct call_log {
  /// When each good call ended.
  std::vector<virtual_time> good;
  /// From arrival to end of each call that reached the backend.
  std::vector<virtual_duration> admitted;
  std::uint64_t attempts = 0;
};

/// Callers with what protects them.
class outage_callers {
public:
  outage_callers() = default;
  outage_callers(const outage_callers&) = delete;
  outage_callers& operator=(const outage_callers&) = delete;
  virtual ~outage_callers() = default;

  /// A call arrives.
  virtual void call(runtime::call_class rank) = 0;

  [[nodiscard]] const call_log& log() const noexcept {
    return log_;
  }

protected:
  /// A call that reached the backend ends.
  void record(virtual_time arrived, virtual_time now, bool is_answered) {
    log_.admitted.push_back(now - arrived);
    if (is_answered && now - arrived <= outage_script::patience)
      log_.good.push_back(now);
  }

  call_log log_;
};

/// `loop` and `backend` must outlive the callers.
[[nodiscard]] std::unique_ptr<outage_callers>
make_callers(protection by, event_loop& loop, virtual_backend& backend,
             std::uint64_t seed);

} // namespace troupe::tests
