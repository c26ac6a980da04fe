#include "actors/engine/planted_bug.hpp"
#include "tests/simulation/engine_simulation.hpp"

#include <catch2/catch.hpp>

#include <exception>
#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// What the simulation says of the first seed in which it notices anything;
/// empty: nothing in all of them.
std::string noticed(planted_bug bug) {
  constexpr auto seeds = std::uint64_t{300};
  planted = bug;
  auto found = std::string{};
  for (auto seed = std::uint64_t{1}; seed <= seeds && found.empty(); ++seed) {
    try {
      auto simulation = engine_simulation{seed, {}};
      const auto objections = simulation.run(6);
      if (!objections.empty())
        found = "seed " + std::to_string(seed) + ": " + objections.front();
    } catch (const std::exception& error) {
      // A decision that contradicts itself.
      found = "seed " + std::to_string(seed) + ": " + error.what();
    }
  }
  planted = planted_bug::none;
  return found;
}

} // namespace

TEST_CASE("the simulation notices whatever mistake is planted") {
  const auto [bug, name] = GENERATE(table<planted_bug, std::string>({
    {planted_bug::ignore_epoch, "ignore_epoch"},
    {planted_bug::ignore_claim, "ignore_claim"},
    {planted_bug::begin_unstored, "begin_unstored"},
    {planted_bug::tell_unstored_end, "tell_unstored_end"},
    {planted_bug::leak_holder, "leak_holder"},
    {planted_bug::lose_timer, "lose_timer"},
    {planted_bug::lose_queue, "lose_queue"},
    {planted_bug::stop_refilling, "stop_refilling"},
    {planted_bug::ignore_limit, "ignore_limit"},
    {planted_bug::ignore_needs, "ignore_needs"},
    {planted_bug::retry_for_ever, "retry_for_ever"},
    {planted_bug::keep_signal, "keep_signal"},
    {planted_bug::forget_child, "forget_child"},
    {planted_bug::undo_at_once, "undo_at_once"},
    {planted_bug::lose_change, "lose_change"},
    {planted_bug::leak_permit, "leak_permit"},
    {planted_bug::undo_borrowed, "undo_borrowed"},
    {planted_bug::share_effects, "share_effects"},
    {planted_bug::ignore_turn, "ignore_turn"},
    {planted_bug::lose_failure, "lose_failure"},
    {planted_bug::start_early, "start_early"},
    {planted_bug::rebind_any_claim, "rebind_any_claim"},
    {planted_bug::rebind_twice, "rebind_twice"},
    {planted_bug::keep_orphans, "keep_orphans"},
    {planted_bug::ignore_labels, "ignore_labels"},
    {planted_bug::ignore_group, "ignore_group"},
    {planted_bug::speculate_anywhere, "speculate_anywhere"},
    {planted_bug::keep_loser, "keep_loser"},
    {planted_bug::forget_second, "forget_second"},
  }));
  const auto found = noticed(bug);
  INFO(name);
  CHECK_FALSE(found.empty());
  WARN(name << ": " << found);
}

TEST_CASE("without a planted mistake nothing is noticed") {
  CHECK(noticed(planted_bug::none).empty());
}
