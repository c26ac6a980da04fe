#include "tests/scenarios/outage_callers.hpp"

#include "runtime/guard/guard.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace troupe::tests {

using namespace std::chrono_literals;
using runtime::call_class;

namespace {

class unprotected_callers final : public outage_callers {
public:
  unprotected_callers(event_loop& loop, virtual_backend& backend) noexcept
    : loop_{&loop}, backend_{&backend} {}

  void call(call_class /*rank*/) override {
    attempt(loop_->now(), 1);
  }

private:
  static constexpr auto attempts_max = 3;

  void attempt(virtual_time arrived, int number) {
    ++log_.attempts;
    auto is_over = std::make_shared<bool>(false);
    backend_->call([this, arrived, is_over] {
      if (!std::exchange(*is_over, true))
        record(arrived, loop_->now(), true);
    });
    loop_->after(outage_script::patience, [this, arrived, number, is_over] {
      if (std::exchange(*is_over, true))
        return;
      if (number < attempts_max)
        attempt(arrived, number + 1);
      else
        record(arrived, loop_->now(), false);
    });
  }

  event_loop* loop_;
  virtual_backend* backend_;
};

/// The source system's breaker and pool, word for word.
class source_callers final : public outage_callers {
public:
  source_callers(event_loop& loop, virtual_backend& backend,
                 bool takes_low) noexcept
    : loop_{&loop}, backend_{&backend}, takes_low_{takes_low} {}

  void call(call_class rank) override {
    if (rank == call_class::low && !takes_low_)
      rank = call_class::normal;
    const auto now = loop_->now();
    if (state_ == state::half_open && successes_ >= success_threshold) {
      state_ = state::closed;
      failures_ = 0;
      successes_ = 0;
    }
    if (state_ == state::open) {
      if (now < next_attempt_)
        return;
      state_ = state::half_open;
      successes_ = 0;
    }
    if (queue_count_ >= queue_max || rank >= call_class::low)
      return record_outcome(false); // "Full", or a limit of no time at all.
    const auto allowed = base_limit * (3 - static_cast<int>(rank));
    auto entry = std::make_shared<waiter>();
    entry->arrived = now;
    ++queue_count_;
    waiting_.push_back(entry);
    loop_->after(allowed, [this, entry] { give_up(*entry); });
    hand_out();
  }

private:
  enum class state : std::uint8_t { closed, open, half_open };

  struct waiter {
    virtual_time arrived;
    bool is_running = false;
    bool is_over = false;
  };

  // Its profile of an operation with eight slots.
  static constexpr auto failure_threshold = 3;
  static constexpr auto success_threshold = 2;
  static constexpr auto recovery = 30s;
  static constexpr auto call_timeout = 30s;
  static constexpr auto concurrent_max = std::size_t{8};
  static constexpr auto queue_max = std::int64_t{80};
  static constexpr auto base_limit = 30s;

  void hand_out() {
    while (running_ < concurrent_max && !waiting_.empty()) {
      const auto entry = waiting_.front();
      waiting_.pop_front();
      if (entry->is_over)
        continue;
      --queue_count_;
      ++running_;
      ++log_.attempts;
      entry->is_running = true;
      backend_->call([this, entry] {
        if (!entry->is_over)
          finish(*entry, true);
      });
      loop_->after(call_timeout, [this, entry] { give_up(*entry); });
    }
  }

  void give_up(waiter& entry) {
    if (entry.is_over)
      return;
    if (entry.is_running)
      return finish(entry, false);
    entry.is_over = true;
    queue_count_ -= 2; // Once on the way out, once more as an error.
    record_outcome(false);
  }

  void finish(waiter& entry, bool is_answered) {
    entry.is_over = true;
    --running_;
    if (!is_answered)
      --queue_count_; // An error after entry takes it off a second time.
    record(entry.arrived, loop_->now(), is_answered);
    record_outcome(is_answered);
    hand_out();
  }

  void record_outcome(bool is_success) {
    if (state_ == state::half_open) {
      if (is_success)
        ++successes_;
      else
        open();
      return;
    }
    if (is_success) {
      failures_ = std::max(failures_ - 1, 0);
      return;
    }
    ++failures_;
    if (state_ == state::closed && failures_ >= failure_threshold)
      open();
  }

  void open() {
    state_ = state::open;
    next_attempt_ = loop_->now() + recovery;
  }

  event_loop* loop_;
  virtual_backend* backend_;
  bool takes_low_;
  state state_ = state::closed;
  int failures_ = 0;
  int successes_ = 0;
  virtual_time next_attempt_;
  std::int64_t queue_count_ = 0;
  std::size_t running_ = 0;
  std::deque<std::shared_ptr<waiter>> waiting_;
};

/// Drives a guard as its owner does: one timer, events after every call.
class guarded_callers final : public outage_callers {
public:
  guarded_callers(event_loop& loop, virtual_backend& backend,
                  std::uint64_t seed)
    : loop_{&loop}, backend_{&backend}, draws_{seed, 2}, guard_{outage_guard(),
                                                                time()} {}

  void call(call_class rank) override {
    const auto id = next_id_++;
    arrived_.emplace(id, std::pair{loop_->now(), false});
    const auto decided = guard_.admit({id, rank}, time(), draws_.bits());
    if (const auto* const permit = std::get_if<runtime::guard_permit>(&decided))
      attempt(*permit);
    else if (std::holds_alternative<runtime::guard_refusal>(decided))
      arrived_.erase(id);
    settle();
  }

private:
  [[nodiscard]] runtime::guard_time time() const {
    return {loop_->now(), {}};
  }

  void attempt(const runtime::guard_permit& permit) {
    ++log_.attempts;
    arrived_.at(permit.call).second = true;
    backend_->call([this, permit] {
      const auto result = guard_.finished(permit.call, permit.attempt, {},
                                          time(), draws_.bits());
      if (std::holds_alternative<runtime::guard_done>(result))
        close(permit.call, true);
      settle();
    });
  }

  void close(std::uint64_t id, bool is_answered) {
    const auto [arrived, is_admitted] = arrived_.at(id);
    if (is_admitted)
      record(arrived, loop_->now(), is_answered);
    arrived_.erase(id);
  }

  void settle() {
    for (const auto& event : guard_.take_events()) {
      if (const auto* const started
          = std::get_if<runtime::call_started>(&event))
        attempt(started->permit);
      else if (const auto* const ended
               = std::get_if<runtime::call_ended>(&event))
        close(ended->call, false);
    }
    const auto next = guard_.next_check();
    if (!next || (timer_ > loop_->now() && timer_ <= *next))
      return;
    timer_ = std::max(*next, loop_->now() + 1ns);
    loop_->at(timer_, [this] {
      guard_.tick(time(), draws_.bits());
      settle();
    });
  }

  event_loop* loop_;
  virtual_backend* backend_;
  runtime::draw_stream draws_;
  runtime::guard guard_;
  std::uint64_t next_id_ = 1;
  virtual_time timer_{};
  /// When each call under way arrived, and whether it reached the backend.
  std::map<std::uint64_t, std::pair<virtual_time, bool>> arrived_;
};

} // namespace

std::unique_ptr<outage_callers> make_callers(protection by, event_loop& loop,
                                             virtual_backend& backend,
                                             std::uint64_t seed) {
  switch (by) {
    case protection::none:
      return std::make_unique<unprotected_callers>(loop, backend);
    case protection::source_rules:
      return std::make_unique<source_callers>(loop, backend, true);
    case protection::source_rules_without_low:
      return std::make_unique<source_callers>(loop, backend, false);
    case protection::guarded:
      break;
  }
  return std::make_unique<guarded_callers>(loop, backend, seed);
}

} // namespace troupe::tests
