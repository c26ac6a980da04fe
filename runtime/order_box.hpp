#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace troupe::runtime {

/// What others ask of a thread that works by itself, and how much of it there
/// is. Thread-safe; outlives the thread as long as somebody may ask.
template <class Order>
class order_box {
public:
  struct ticket {
    /// Unique within the box.
    std::uint64_t number = 0;
    /// Otherwise there is too much already.
    bool is_admitted = false;
  };

  /// `wake` makes the thread look into the box soon. It is called under a lock,
  /// never after `close`, and must not block.
  explicit order_box(std::function<void()> wake) : wake_{std::move(wake)} {}

  /// Dropped if the box is closed.
  void put(Order what) {
    const auto guard = std::lock_guard{mutex_};
    if (is_closed_)
      return;
    // Else the thread is on its way already.
    const auto is_first = orders_.empty();
    orders_.push_back(std::move(what));
    if (is_first)
      wake_();
  }

  /// All orders so far, in their order.
  [[nodiscard]] std::deque<Order> take() {
    const auto guard = std::lock_guard{mutex_};
    return std::exchange(orders_, {});
  }

  /// Takes no more; the thread ends when it sees this.
  void close() {
    const auto guard = std::lock_guard{mutex_};
    is_closed_ = true;
    wake_();
  }

  [[nodiscard]] bool is_closed() {
    const auto guard = std::lock_guard{mutex_};
    return is_closed_;
  }

  /// A number, and one of so many places if there is one left.
  [[nodiscard]] ticket admit(std::size_t places_max) {
    const auto guard = std::lock_guard{mutex_};
    const auto is_admitted = admitted_ < places_max;
    if (is_admitted)
      ++admitted_;
    return {++last_number_, is_admitted};
  }

  /// Gives a place back.
  void release() {
    const auto guard = std::lock_guard{mutex_};
    --admitted_;
  }

private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<Order> orders_;
  std::uint64_t last_number_ = 0;
  std::size_t admitted_ = 0;
  bool is_closed_ = false;
};

} // namespace troupe::runtime
