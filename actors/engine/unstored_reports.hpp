#pragma once

#include "actors/engine/run_ledger.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Reports of one host of which something is not stored yet, in their order.
class unstored_reports {
public:
  /// How far a run has to be stored: the sequence of an event.
  struct mark {
    run_number run = 0;
    std::uint64_t sequence = 0;
  };

  /// `number` is higher than that of any before.
  void add(std::uint64_t number, std::vector<mark> marks) {
    waiting_.push_back({number, std::move(marks)});
  }

  /// The number up to which all is stored by now, if that is news.
  /// `is_stored(run, sequence)` says how far each run is.
  template <class IsStored>
  [[nodiscard]] std::optional<std::uint64_t> advance(IsStored is_stored) {
    auto stored = std::optional<std::uint64_t>{};
    for (; !waiting_.empty(); waiting_.pop_front()) {
      auto& marks = waiting_.front().marks;
      while (!marks.empty()
             && is_stored(marks.back().run, marks.back().sequence))
        marks.pop_back();
      if (!marks.empty())
        break;
      stored = waiting_.front().number;
    }
    return stored;
  }

private:
  struct entry {
    std::uint64_t number = 0;
    std::vector<mark> marks;
  };

  std::deque<entry> waiting_;
};

} // namespace troupe::engine
