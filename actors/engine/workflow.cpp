#include "actors/engine/workflow.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

namespace troupe::engine {

namespace {

void clear_order(workflow& of) {
  of.order.clear();
  of.layers.clear();
  of.by_id.clear();
  for (auto& step : of.steps) {
    step.needed_by.clear();
    step.layer = 0;
  }
}

/// Follows needs among the steps that have no place in the order until one
/// comes up again; each of them needs another one of them.
std::vector<step_index> cycle_of(const workflow& of,
                                 const std::vector<std::uint32_t>& open) {
  auto at = step_index{0};
  while (open[at] == 0)
    ++at;
  auto position = std::vector<std::size_t>(of.steps.size());
  auto path = std::vector<step_index>{};
  while (position[at] == 0) {
    path.push_back(at);
    position[at] = path.size();
    const auto& needs = of.steps[at].needs;
    at = *std::find_if(needs.begin(), needs.end(),
                       [&](step_index need) { return open[need] > 0; });
  }
  path.erase(path.begin(),
             path.begin() + static_cast<std::ptrdiff_t>(position[at] - 1));
  path.push_back(at);
  return path;
}

} // namespace

std::optional<step_index> find_step(const workflow& of, std::string_view id) {
  if (of.by_id.size() == of.steps.size()) {
    const auto at
      = std::ranges::lower_bound(of.by_id, id, {}, [&](step_index index) {
          return std::string_view{of.steps[index].id};
        });
    return at != of.by_id.end() && of.steps[*at].id == id ? std::optional{*at}
                                                          : std::nullopt;
  }
  const auto found
    = std::find_if(of.steps.begin(), of.steps.end(),
                   [&](const auto& step) { return step.id == id; });
  if (found == of.steps.end())
    return std::nullopt;
  return static_cast<step_index>(found - of.steps.begin());
}

const workflow_input* find_input(const workflow& of, std::string_view name) {
  const auto found
    = std::find_if(of.inputs.begin(), of.inputs.end(),
                   [&](const auto& input) { return input.name == name; });
  return found == of.inputs.end() ? nullptr : &*found;
}

std::vector<step_index> resolve_order(workflow& of) {
  clear_order(of);
  const auto count = static_cast<step_index>(of.steps.size());
  // Needs that have no place in the order yet.
  auto open = std::vector<std::uint32_t>(count);
  auto ready = std::priority_queue<step_index, std::vector<step_index>,
                                   std::greater<>>{};
  for (auto index = step_index{0}; index < count; ++index) {
    open[index] = static_cast<std::uint32_t>(of.steps[index].needs.size());
    for (const auto need : of.steps[index].needs)
      of.steps[need].needed_by.push_back(index);
    if (open[index] == 0)
      ready.push(index);
  }
  while (!ready.empty()) {
    const auto next = ready.top();
    ready.pop();
    of.order.push_back(next);
    const auto layer = of.steps[next].layer;
    if (of.layers.size() <= layer)
      of.layers.resize(layer + 1);
    of.layers[layer].push_back(next);
    for (const auto user : of.steps[next].needed_by) {
      of.steps[user].layer = std::max(of.steps[user].layer, layer + 1);
      if (--open[user] == 0)
        ready.push(user);
    }
  }
  if (of.order.size() == count) {
    for (auto& layer : of.layers)
      std::sort(layer.begin(), layer.end());
    of.by_id.resize(count);
    std::iota(of.by_id.begin(), of.by_id.end(), step_index{0});
    std::ranges::sort(of.by_id, {}, [&](step_index index) {
      return std::string_view{of.steps[index].id};
    });
    return {};
  }
  auto cycle = cycle_of(of, open);
  clear_order(of);
  return cycle;
}

} // namespace troupe::engine
