#include "cluster/failure_detection/tick_watch.hpp"

namespace troupe::cluster {

namespace {

constexpr auto lateness_remembered = std::chrono::seconds{2};

punctuality judge_gap(const tick_watch_options& options,
                      std::chrono::microseconds gap) noexcept {
  if (gap >= options.lost_after)
    return punctuality::lost;
  if (gap >= options.step_down_after)
    return punctuality::unsafe;
  if (gap >= options.interval + options.late_after)
    return punctuality::late;
  return punctuality::on_time;
}

} // namespace

tick_watch::tick_watch(const tick_watch_options& options, time_point now)
  : options_{options}, observed_at_{now}, recent_until_{now} {}

absence tick_watch::observe(time_point now) {
  if (now >= recent_until_)
    recent_ = duration::zero();
  if (now <= observed_at_)
    return {};
  const auto gap = std::chrono::duration_cast<duration>(now - observed_at_);
  observed_at_ = now;
  const auto how = judge_gap(options_, gap);
  if (how == punctuality::on_time)
    return {};
  const auto lateness = gap - options_.interval;
  if (lateness >= recent_) {
    recent_ = lateness;
    recent_until_ = now + lateness_remembered;
  }
  return {how, lateness};
}

} // namespace troupe::cluster
