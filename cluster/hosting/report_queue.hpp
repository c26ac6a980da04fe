#pragma once

#include "cluster/hosting/ordered_exchange.hpp"
#include "messages/activity.pb.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace troupe::cluster {

[[nodiscard]] const messages::ActivityRef&
ref_of(const messages::ActivityReport& report);
[[nodiscard]] messages::ActivityRef&
mutable_ref_of(messages::ActivityReport& report);

/// Neither of the other two.
[[nodiscard]] bool is_terminal(const messages::ActivityReport& report);

/// Reports in the order in which they came:
///
///     wait --take--> under way --confirm--> taken (ends only) --store--> gone
///      ^                 |                    |
///      +-----retract-----+--------------------+
class report_queue {
public:
  /// Of a report; 0 is none.
  using number = std::uint64_t;

  number add(messages::ActivityReport report);

  /// A newer one in the place of `old`, or behind all if that one is under way.
  [[nodiscard]] number replace(number old, messages::ActivityReport report);

  /// It counts under that epoch now.
  void set_epoch(number of, std::uint64_t epoch);

  void erase(number of);

  using filter = std::function<bool(const messages::ActivityRef&)>;

  /// As many of those that count as `limits` lets through, from the first on:
  /// they are under way until `confirm` or `retract`.
  [[nodiscard]] messages::ActivityReports take(const filter& counts,
                                               const batch_limits& limits);

  /// Those under way have arrived with the question of that number. The ends
  /// among them.
  std::vector<messages::ActivityRef> confirm(std::uint64_t question);

  /// What was taken up to that question is stored: it goes. These ends.
  std::vector<messages::ActivityRef> store(std::uint64_t question);

  /// Those under way or taken wait again.
  void retract();

  /// The only report under way is too long for any envelope: it becomes one
  /// that says so.
  void shorten();

  /// Without those taken.
  [[nodiscard]] std::size_t size() const noexcept {
    return waiting_.size();
  }

  [[nodiscard]] std::size_t taken() const noexcept {
    return taken_.size();
  }

private:
  using report_map = std::map<number, messages::ActivityReport>;

  report_map waiting_;
  report_map taken_;
  /// The question that each of these went with, oldest first.
  std::deque<std::pair<std::uint64_t, number>> taken_with_;
  std::vector<number> under_way_; ///< Growing.
  number last_ = 0;
};

} // namespace troupe::cluster
