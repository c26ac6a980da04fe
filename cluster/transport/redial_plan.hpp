#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::cluster {

/// How soon a node is dialed again.
struct redial_options {
  /// Bounds of the delay after the first failure and after many; it doubles,
  /// and is drawn from the upper half of its bound.
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds longest{10'000};
};

/// Decides when which node is dialed, so that links come back without all nodes
/// dialing at once. Pure: time and draws come in.
class redial_plan {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit redial_plan(redial_options options = {}) noexcept
    : options_{options} {}

  /// Wants a link to the node, at once. Nothing if it is wanted already.
  void add(const std::string& node, time_point now);
  void remove(const std::string& node);

  /// The nodes that are to be dialed now; each counts as being dialed until
  /// `record_up` or `record_failure`.
  [[nodiscard]] std::vector<std::string> take_due(time_point now);

  void record_up(const std::string& node);

  /// It was refused, or the link is lost. `draw` is uniform over its type.
  void record_failure(const std::string& node, time_point now,
                      std::uint64_t draw);

  /// When `take_due` should be asked next; `time_point::max()`: never.
  [[nodiscard]] time_point next_due() const noexcept;

private:
  struct wanted_link {
    std::uint32_t failures = 0;
    time_point due_at;
    bool is_waiting = true; ///< For `due_at`; else dialed, or up.
  };

  redial_options options_;
  std::map<std::string, wanted_link, std::less<>> links_;
};

} // namespace troupe::cluster
