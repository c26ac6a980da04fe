#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::cluster {

/// The questions to other nodes that wait for an answer. Each ends once: by the
/// answer, by its deadline, or by the loss of the link, which ends all of that
/// node at once. Pure: the time comes in; who asked keeps what belongs to a
/// number.
class outstanding_calls {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit outstanding_calls(std::size_t calls_max = 100'000) noexcept
    : calls_max_{calls_max} {}

  /// The number of a new question, for its envelope; never zero, never used
  /// twice. Nothing when too many wait.
  [[nodiscard]] std::optional<std::uint64_t> begin(const std::string& node,
                                                   time_point deadline);

  /// Whether an answer of that node is to that question, which ends it. Answers
  /// that come late, twice or from another node are not.
  [[nodiscard]] bool end(std::uint64_t number, const std::string& node);

  /// Ends all questions to a node: its link is lost, nothing will be answered.
  [[nodiscard]] std::vector<std::uint64_t> end_all(const std::string& node);

  /// Ends all whose deadline has come.
  [[nodiscard]] std::vector<std::uint64_t> end_late(time_point now);

  /// When `end_late` should be asked next; `time_point::max()`: never.
  [[nodiscard]] time_point next_deadline() const noexcept;

  [[nodiscard]] std::size_t size() const noexcept {
    return calls_.size();
  }

private:
  struct call {
    std::string node;
    time_point deadline;
  };
  using call_map = std::map<std::uint64_t, call>;

  void erase(call_map::iterator ended);

  std::size_t calls_max_;
  std::uint64_t last_number_ = 0;
  call_map calls_;
  std::map<std::string, std::set<std::uint64_t>, std::less<>> by_node_;
  std::set<std::pair<time_point, std::uint64_t>> by_deadline_;
};

} // namespace troupe::cluster
