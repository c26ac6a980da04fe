#include "tests/cluster/processes/cluster_load.hpp"

#include "actors/engine/recorded_runs.hpp"
#include "tests/cluster/processes/lease_audit.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <thread>
#include <utility>

namespace troupe::tests {

using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto between_runs = 100ms;
constexpr auto between_looks = 20ms;

} // namespace

std::string wrong_steps(const process_cluster& cluster, const std::string& run,
                        std::size_t steps) {
  auto stored = engine::recorded_runs::open(cluster.store());
  if (!stored)
    return runtime::render(stored.error());
  const auto found = stored->find(run);
  if (!found)
    return run + " is not stored\n";
  const auto history = stored->history(found->number);
  if (!history)
    return run + ": " + runtime::render(history.error()) + "\n";
  auto successes = std::map<std::string, int>{};
  for (const auto& event : *history)
    if (event.has_succeeded())
      ++successes[event.succeeded().task().SerializeAsString()];
  auto text = std::string{};
  if (successes.size() != steps)
    text
      += run + ": " + std::to_string(successes.size()) + " steps succeeded\n";
  for (const auto& [task, times] : successes)
    if (times != 1)
      text += run + ": a step succeeded " + std::to_string(times) + " times\n";
  return text;
}

cluster_load::cluster_load(process_cluster& cluster, std::string name,
                           const load_shape& shape)
  : cluster_{cluster}, ledger_{cluster}, name_{std::move(name)},
    steps_{static_cast<std::size_t>(shape.steps)}, text_{ledger_.workflow(
                                                     shape.steps, shape.each)},
    text_of_some_{ledger_.workflow(shape.steps, shape.each_of_some)} {}

const std::string& cluster_load::next_text() const {
  constexpr auto every = 10;
  return runs_.size() % every == every - 1 ? text_of_some_ : text_;
}

void cluster_load::add(int count) {
  for (auto i = 0; i < count; ++i)
    runs_.push_back(
      cluster_.submit(next_text(), next_key(), i % 2 == 0 ? "a" : "b"));
  is_in_doubt_ = false;
}

void cluster_load::keep_up() {
  constexpr auto patience = 1s;
  const auto now = steady::now();
  if (now - last_ < between_runs)
    return;
  last_ = now;
  auto run
    = cluster_.try_to_submit(next_text(), next_key(), whom_to_ask(), patience);
  is_in_doubt_ = !run;
  if (run)
    runs_.push_back(std::move(*run));
}

std::string cluster_load::whom_to_ask() const {
  auto found = std::string{"a"};
  auto newest = std::uint64_t{0};
  for (const std::string node : {"a", "b"})
    if (const auto seen = cluster_.status(node);
        seen && seen->leader() == node && seen->epoch() > newest) {
      found = node;
      newest = seen->epoch();
    }
  return found;
}

void cluster_load::keep_up_for(std::chrono::milliseconds time) {
  const auto end = steady::now() + time;
  while (steady::now() < end) {
    keep_up();
    std::this_thread::sleep_for(between_looks);
  }
}

void cluster_load::check() {
  if (is_in_doubt_)
    add(1);
  const auto ended = cluster_.await(runs_);
  INFO(ended.why);
  CHECK(ended.completed == runs_.size());
  CHECK(ledger_.effects().size() == runs_.size() * steps_);
  auto wrong = std::string{};
  for (const auto& run : runs_)
    wrong += wrong_steps(cluster_, run, steps_);
  CHECK(wrong.empty());
  CHECK(audit(cluster_).empty());
  CHECK(cluster_.doctor().empty());
}

} // namespace troupe::tests
