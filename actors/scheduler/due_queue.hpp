#pragma once

#include "actors/scheduler/instant.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scheduler {

/// Many schedules by when each of them has to be looked at next, ties by id.
/// All operations take O(log n). An ordered set rather than a heap: its order
/// is also what a list of schedules shows.
class due_queue {
public:
  struct entry {
    instant due{};
    std::string id;

    friend auto operator<=>(const entry&, const entry&) = default;
  };

  /// Holds at most `size_max` schedules.
  explicit due_queue(std::size_t size_max) noexcept : size_max_{size_max} {}

  [[nodiscard]] std::size_t size() const noexcept {
    return by_due_.size();
  }

  /// Adds a schedule or moves it; `unavailable` when there is no room for
  /// another one.
  runtime::outcome<void> set(std::string_view id, instant due);

  /// Whether it was there.
  bool remove(std::string_view id);

  [[nodiscard]] std::optional<instant> due_of(std::string_view id) const;

  /// When the first one is due.
  [[nodiscard]] std::optional<instant> next() const;

  /// Takes out what is due by `now`, the longest due first, at most
  /// `count_max`.
  [[nodiscard]] std::vector<entry> take_due(instant now, std::size_t count_max);

  /// The first `count_max`, in order.
  [[nodiscard]] std::vector<entry> first(std::size_t count_max) const;

private:
  std::size_t size_max_;
  std::set<entry> by_due_;
  std::map<std::string, instant, std::less<>> due_of_;
};

} // namespace troupe::scheduler
