#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "runtime/problem.hpp"

#include <chrono>
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
  /// Empty: there is no store here, and nothing can be read (`unavailable`).
  /// No query takes a thread for longer than whoever asks would wait.
  explicit run_readers(std::string store, runtime::read_patience patience
                                          = {std::chrono::seconds{30}})
    : store_{std::move(store)}, patience_{patience} {}

  /// The result of `read(recorded_runs&)`, an outcome.
  template <class Read>
  auto with(const Read& read)
    -> decltype(read(std::declval<engine::recorded_runs&>())) {
    for (;;) {
      auto taken = take();
      if (!taken)
        return runtime::fail(taken.error());
      auto result = read(*taken->runs);
      const auto is_lost
        = !result && result.error().kind == runtime::problem_kind::unavailable;
      if (!is_lost)
        give_back(std::move(taken->runs));
      // A database that came back does not know its former connections.
      if (!is_lost || !taken->is_used)
        return result;
    }
  }

  [[nodiscard]] bool has_store() const noexcept {
    return !store_.empty();
  }

  [[nodiscard]] const std::string& store() const noexcept {
    return store_;
  }

private:
  using reader = std::unique_ptr<engine::recorded_runs>;

  struct taken_reader {
    reader runs;
    bool is_used = false; ///< It may have lost its database meanwhile.
  };

  runtime::outcome<taken_reader> take();
  void give_back(reader from);

  std::string store_;
  runtime::read_patience patience_;
  std::mutex mutex_;
  std::vector<reader> idle_;
};

} // namespace troupe::tools
