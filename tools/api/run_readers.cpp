#include "tools/api/run_readers.hpp"

#include <cstddef>

namespace troupe::tools {

namespace {

/// More are closed again.
constexpr auto idle_max = std::size_t{16};

} // namespace

runtime::outcome<run_readers::taken_reader> run_readers::take() {
  if (!has_store())
    return runtime::fail(runtime::problem_kind::unavailable,
                         "this node has no store to look into",
                         "ask a coordinator");
  {
    const auto guard = std::lock_guard{mutex_};
    if (!idle_.empty()) {
      auto taken = std::move(idle_.back());
      idle_.pop_back();
      return taken_reader{std::move(taken), true};
    }
  }
  auto opened = engine::recorded_runs::open(store_, patience_);
  if (!opened)
    return runtime::fail(opened.error());
  return taken_reader{
    std::make_unique<engine::recorded_runs>(std::move(*opened)), false};
}

void run_readers::give_back(reader from) {
  const auto guard = std::lock_guard{mutex_};
  if (idle_.size() < idle_max)
    idle_.push_back(std::move(from));
}

} // namespace troupe::tools
