#include "cluster/leadership/lease_timing.hpp"

#include <utility>

namespace troupe::cluster {

using runtime::problem_kind;
using namespace std::chrono_literals;

namespace {

runtime::outcome<void> refuse_timing(std::string key, std::string message,
                                     std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::invalid_input;
  reason.key = "lease." + std::move(key);
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

std::string in_milliseconds(std::chrono::microseconds time) {
  return std::to_string(
           std::chrono::ceil<std::chrono::milliseconds>(time).count())
         + " ms";
}

} // namespace

runtime::outcome<void> check(const lease_timing& timing) {
  if (timing.length <= 0ms || timing.length > lease_length_max)
    return refuse_timing("length", "a lease has 1 ms to 60 s",
                         "1200 ms let a standby take over within 2 s");
  if (timing.margin < drift_max(timing))
    return refuse_timing("margin",
                         "the clocks may come apart by more than the margin",
                         "at least " + in_milliseconds(drift_max(timing)));
  if (timing.request_timeout <= 0ms || timing.watch_interval <= 0ms
      || timing.retry_interval <= 0ms || timing.jitter_max < 0ms)
    return refuse_timing("request_timeout", "an interval is not positive",
                         "leave out what need not differ from the default");
  const auto needed = renew_interval(timing) + timing.request_timeout * 2;
  if (belief_length(timing) < needed)
    return refuse_timing(
      "request_timeout", "a leader would not survive one lost renewal",
      "a third of the length and two timeouts are " + in_milliseconds(needed)
        + ", the lease counts for " + in_milliseconds(belief_length(timing)));
  if (timing.tick_gap_max <= 0ms
      || timing.tick_gap_max >= belief_length(timing))
    return refuse_timing("tick_gap_max",
                         "a node that is away would outlive its lease",
                         "less than the length without the margin");
  return {};
}

} // namespace troupe::cluster
