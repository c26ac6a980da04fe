#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "runtime/problem.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

/// Readers of one store for many threads: each call gets one for itself, and
/// they are kept for the next.
class run_readers {
public:
  explicit run_readers(std::string store) : store_{std::move(store)} {}

  /// The result of `read(recorded_runs&)`, an outcome.
  template <class Read>
  auto with(const Read& read)
    -> decltype(read(std::declval<engine::recorded_runs&>())) {
    auto taken = take();
    if (!taken)
      return runtime::fail(taken.error());
    auto result = read(**taken);
    give_back(std::move(*taken));
    return result;
  }

  [[nodiscard]] const std::string& store() const noexcept {
    return store_;
  }

private:
  using reader = std::unique_ptr<engine::recorded_runs>;

  runtime::outcome<reader> take();
  void give_back(reader from);

  std::string store_;
  std::mutex mutex_;
  std::vector<reader> idle_;
};

} // namespace troupe::tools
