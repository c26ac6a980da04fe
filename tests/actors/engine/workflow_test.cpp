#include "actors/engine/ancestor_table.hpp"
#include "actors/engine/workflow.hpp"
#include "tests/actors/engine/random_expressions.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::engine {

namespace {

/// A workflow of steps "0", "1", ... with these needs.
workflow with_needs(const std::vector<std::vector<step_index>>& needs) {
  auto result = workflow{};
  for (const auto& each : needs) {
    auto step = workflow_step{};
    step.id = std::to_string(result.steps.size());
    step.needs = each;
    std::sort(step.needs.begin(), step.needs.end());
    result.steps.push_back(std::move(step));
  }
  return result;
}

/// By following needs one after the other, as slow as it is simple.
bool reaches(const workflow& of, step_index from, step_index to) {
  const auto& needs = of.steps[from].needs;
  return std::any_of(needs.begin(), needs.end(), [&](step_index need) {
    return need == to || reaches(of, need, to);
  });
}

/// Needs that point to steps earlier in a random permutation.
workflow random_workflow(draws& random, std::size_t count) {
  auto rank = std::vector<step_index>(count);
  for (auto i = std::size_t{0}; i < count; ++i) {
    rank[i] = static_cast<step_index>(i);
    std::swap(rank[i], rank[random.below(i + 1)]);
  }
  auto needs = std::vector<std::vector<step_index>>(count);
  for (auto i = std::size_t{1}; i < count; ++i)
    for (auto j = std::size_t{0}; j < i; ++j)
      if (random.one_in(4))
        needs[rank[i]].push_back(rank[j]);
  return with_needs(needs);
}

} // namespace

TEST_CASE("the order keeps to the file where needs allow it") {
  auto flow = with_needs({{2}, {}, {}, {0, 1}});
  CHECK(resolve_order(flow).empty());
  CHECK(flow.order == std::vector<step_index>{1, 2, 0, 3});
  CHECK(flow.layers == std::vector<std::vector<step_index>>{{1, 2}, {0}, {3}});
  CHECK(flow.steps[2].needed_by == std::vector<step_index>{0});
  CHECK(flow.steps[3].layer == 2);
}

TEST_CASE("a circle is named from a step back to itself") {
  auto flow = with_needs({{}, {3}, {1}, {2, 0}, {3}});
  const auto cycle = resolve_order(flow);
  REQUIRE(cycle.size() == 4);
  CHECK(cycle.front() == cycle.back());
  for (auto i = std::size_t{1}; i < cycle.size(); ++i) {
    const auto& needs = flow.steps[cycle[i - 1]].needs;
    CHECK(std::find(needs.begin(), needs.end(), cycle[i]) != needs.end());
  }
  CHECK(flow.order.empty());
  CHECK(flow.layers.empty());
  auto self = with_needs({{0}});
  CHECK(resolve_order(self) == std::vector<step_index>{0, 0});
}

TEST_CASE("the order of any graph respects its needs") {
  auto random = draws{11};
  for (auto round = 0; round < 300; ++round) {
    auto flow = random_workflow(random, random.below(12) + 1);
    CAPTURE(round);
    REQUIRE(resolve_order(flow).empty());
    REQUIRE(flow.order.size() == flow.steps.size());
    auto position = std::vector<std::size_t>(flow.steps.size());
    for (auto i = std::size_t{0}; i < flow.order.size(); ++i)
      position[flow.order[i]] = i;
    auto in_layers = std::size_t{0};
    for (const auto& layer : flow.layers) {
      CHECK(std::is_sorted(layer.begin(), layer.end()));
      in_layers += layer.size();
    }
    CHECK(in_layers == flow.steps.size());
    const auto table = ancestor_table{flow};
    for (auto i = step_index{0}; i < flow.steps.size(); ++i) {
      for (const auto need : flow.steps[i].needs) {
        CHECK(position[need] < position[i]);
        CHECK(flow.steps[need].layer < flow.steps[i].layer);
        const auto& users = flow.steps[need].needed_by;
        CHECK(std::count(users.begin(), users.end(), i) == 1);
      }
      for (auto j = step_index{0}; j < flow.steps.size(); ++j)
        CHECK(table.is_before(j, i) == reaches(flow, i, j));
    }
  }
}

TEST_CASE("a graph with any circle is refused with a true one") {
  auto random = draws{12};
  for (auto round = 0; round < 300; ++round) {
    auto flow = random_workflow(random, random.below(10) + 2);
    REQUIRE(resolve_order(flow).empty());
    const auto first = flow.order[random.below(flow.order.size())];
    // A need that leads back from an ancestor, or from the step to itself.
    auto last = first;
    while (!flow.steps[last].needs.empty() && !random.one_in(3))
      last
        = flow.steps[last].needs[random.below(flow.steps[last].needs.size())];
    flow.steps[last].needs.push_back(first);
    auto& needs = flow.steps[last].needs;
    std::sort(needs.begin(), needs.end());
    const auto cycle = resolve_order(flow);
    REQUIRE(cycle.size() >= 2);
    CHECK(cycle.front() == cycle.back());
    for (auto i = std::size_t{1}; i < cycle.size(); ++i) {
      const auto& each = flow.steps[cycle[i - 1]].needs;
      CHECK(std::count(each.begin(), each.end(), cycle[i]) == 1);
    }
  }
}

TEST_CASE("the largest chain has an order and a circle of full length") {
  auto needs = std::vector<std::vector<step_index>>(10'000);
  for (auto i = step_index{1}; i < needs.size(); ++i)
    needs[i] = {i - 1};
  auto chain = with_needs(needs);
  CHECK(resolve_order(chain).empty());
  CHECK(chain.layers.size() == needs.size());
  CHECK(ancestor_table{chain}.is_before(0, 9'999));
  chain.steps[0].needs = {9'999};
  CHECK(resolve_order(chain).size() == needs.size() + 1);
}

TEST_CASE("steps and inputs are found by name") {
  auto flow = with_needs({{}, {}});
  flow.inputs.push_back({"x", input_type::number, true, {}, ""});
  CHECK(find_step(flow, "1") == step_index{1});
  CHECK_FALSE(find_step(flow, "2"));
  CHECK(find_input(flow, "x") == &flow.inputs[0]);
  CHECK(find_input(flow, "y") == nullptr);
}

} // namespace troupe::engine
