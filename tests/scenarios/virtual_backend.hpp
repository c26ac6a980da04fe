#pragma once

#include "runtime/clock.hpp"
#include "runtime/draw_stream.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

namespace troupe::tests {

using virtual_time = runtime::clock::steady_time;
using virtual_duration = std::chrono::nanoseconds;

/// Does things in order of virtual time; what is due at once, in order of
/// arrival.
class event_loop {
public:
  [[nodiscard]] virtual_time now() const noexcept {
    return now_;
  }

  void at(virtual_time when, std::function<void()> what) {
    events_.emplace(std::pair{when, next_++}, std::move(what));
  }

  void after(virtual_duration delay, std::function<void()> what) {
    at(now_ + delay, std::move(what));
  }

  void run_until(virtual_time end) {
    while (!events_.empty() && events_.begin()->first.first < end) {
      auto first = events_.extract(events_.begin());
      now_ = first.key().first;
      first.mapped()();
    }
    now_ = end;
  }

private:
  virtual_time now_{};
  std::uint64_t next_ = 0;
  std::map<std::pair<virtual_time, std::uint64_t>, std::function<void()>>
    events_;
};

/// Uniform in (0, 1].
inline double unit_draw(runtime::draw_stream& draws) {
  return (static_cast<double>(draws.bits() >> 11U) + 1.0) * 0x1p-53;
}

inline virtual_duration exponential(runtime::draw_stream& draws, double mean) {
  return virtual_duration{static_cast<virtual_duration::rep>(
    -std::log(unit_draw(draws)) * mean * 1e9)};
}

/// Some servers behind one queue without bounds, first come, first served.
class virtual_backend {
public:
  virtual_backend(event_loop& loop, std::size_t servers, std::uint64_t seed)
    : loop_{&loop}, free_{servers}, draws_{seed, 1} {}

  void set_slowdown(double factor) noexcept {
    slowdown_ = factor;
  }

  void call(std::function<void()> answer) {
    queue_.push_back(std::move(answer));
    serve();
  }

private:
  void serve() {
    while (free_ > 0 && !queue_.empty()) {
      --free_;
      auto answer = std::move(queue_.front());
      queue_.pop_front();
      const auto healthy
        = std::chrono::milliseconds{20} + exponential(draws_, 0.030);
      const auto takes = virtual_duration{static_cast<virtual_duration::rep>(
        static_cast<double>(healthy.count()) * slowdown_)};
      loop_->after(takes, [this, answer = std::move(answer)] {
        ++free_;
        answer();
        serve();
      });
    }
  }

  event_loop* loop_;
  std::size_t free_;
  double slowdown_ = 1.0;
  std::deque<std::function<void()>> queue_;
  runtime::draw_stream draws_;
};

} // namespace troupe::tests
