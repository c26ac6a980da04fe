#include "cluster/placement/work_placement.hpp"

#include "cluster/placement/rendezvous.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe::cluster {

namespace {

using why = placement_refusal;

/// A node while work is given out.
struct node_view {
  const placement_node* of = nullptr;
  node_room room; ///< What is free.
  std::uint32_t credit = 0;
  std::map<std::string, std::uint32_t> groups;
  const placeable_work* kept_for = nullptr;
};

bool has_label(const placement_node& node, const label_rule& rule) {
  const auto found = node.labels.find(rule.label);
  return found != node.labels.end()
         && (rule.value.empty() || found->second == rule.value);
}

std::string text_of(const label_rule& rule) {
  return rule.value.empty() ? rule.label : rule.label + "=" + rule.value;
}

std::uint32_t count_of(const node_view& node, const std::string& group) {
  const auto found = node.groups.find(group);
  return found == node.groups.end() ? 0 : found->second;
}

/// A node that never does it, as things are.
std::optional<node_refusal> refuse_for_good(const placeable_work& work,
                                            const placement_node& node) {
  if (node.is_draining)
    return node_refusal{node.name, why::draining, {}};
  if (std::ranges::count(work.avoided, node.name) != 0)
    return node_refusal{node.name, why::avoided, {}};
  for (const auto& each : work.required)
    if (!has_label(node, each))
      return node_refusal{node.name, why::label_missing, text_of(each)};
  for (const auto& each : work.excluded)
    if (has_label(node, each))
      return node_refusal{node.name, why::label_excluded, text_of(each)};
  if (auto lack = lacking(work.needed, node.capacity); !lack.empty())
    return node_refusal{node.name, why::too_large, std::move(lack)};
  return {};
}

/// A node that does not do it now.
std::optional<node_refusal> refuse_now(const placeable_work& work,
                                       const node_view& node) {
  const auto& name = node.of->name;
  if (work.per_node_max != 0 && !work.spread_group.empty()
      && count_of(node, work.spread_group) >= work.per_node_max)
    return node_refusal{name, why::spread_full, work.spread_group};
  if (node.credit == 0)
    return node_refusal{name, why::no_credit, {}};
  if (auto lack = lacking(work.needed, node.room); !lack.empty())
    return node_refusal{name, why::no_room, std::move(lack)};
  if (node.kept_for != nullptr)
    return node_refusal{name, why::kept_for_other, node.kept_for->id};
  return {};
}

/// All nodes, by name, and how work finds its way to them.
class placement_pass {
public:
  placement_pass(const std::vector<placement_node>& nodes,
                 runtime::clock::wall_time now,
                 const placement_options& options)
    : now_{now}, options_{options} {
    for (const auto& each : nodes) {
      auto view
        = node_view{&each, each.capacity, each.credit, each.groups, nullptr};
      take(view.room, each.held);
      nodes_.push_back(std::move(view));
    }
    std::ranges::sort(nodes_, {},
                      [](const auto& each) { return each.of->name; });
  }

  /// Gives a piece out; with `reasons`, says of each node why it is another.
  std::optional<placed_work> give(const placeable_work& work,
                                  waiting_work& waiting,
                                  placement_reasons* reasons) {
    auto able = std::vector<std::size_t>{}; // Could ever do it.
    auto ready = std::vector<std::size_t>{}; // Could do it now.
    auto refusals = std::vector<node_refusal>{};
    for (auto i = std::size_t{0}; i < nodes_.size(); ++i) {
      auto refusal = refuse_for_good(work, *nodes_[i].of);
      if (!refusal) {
        able.push_back(i);
        refusal = refuse_now(work, nodes_[i]);
      }
      if (!refusal)
        ready.push_back(i);
      else if (reasons != nullptr)
        refusals.push_back(std::move(*refusal));
    }
    const auto owners = owners_among(work, able);
    const auto chosen = choose(work, ready, owners, waiting);
    if (reasons != nullptr)
      explain(ready, owners, chosen, std::move(refusals), *reasons);
    if (!chosen) {
      wait(work, able, ready, waiting);
      return {};
    }
    occupy(nodes_[*chosen], work);
    return placed_work{work.id, nodes_[*chosen].of->name,
                       !owners.empty() && owners.front() == *chosen};
  }

private:
  /// Who has its data, then who would have them.
  [[nodiscard]] std::vector<std::size_t>
  owners_among(const placeable_work& work,
               const std::vector<std::size_t>& able) const {
    auto owners = std::vector<std::size_t>{};
    if (work.data_key.empty())
      return owners;
    auto named = std::vector<rendezvous_node>{};
    for (const auto each : able)
      named.push_back({nodes_[each].of->name, nodes_[each].of->data_weight});
    for (const auto each : owners_of(work.data_key, named))
      owners.push_back(able[each]);
    return owners;
  }

  [[nodiscard]] std::optional<std::size_t>
  choose(const placeable_work& work, const std::vector<std::size_t>& ready,
         const std::vector<std::size_t>& owners, waiting_work& waiting) const {
    if (ready.empty())
      return {};
    if (!owners.empty()) {
      if (std::ranges::binary_search(ready, owners.front()))
        return owners.front();
      const auto until = work.ready_since + options_.data_patience;
      if (now_ < until) {
        waiting.next_check = until;
        return {};
      }
    }
    return *std::ranges::min_element(ready, {}, [&](std::size_t each) {
      const auto& node = nodes_[each];
      const auto group
        = work.spread_group.empty() ? 0 : count_of(node, work.spread_group);
      const auto distance = std::ranges::find(owners, each) - owners.begin();
      return std::tuple{group, distance,
                        fullness(work.needed, node.room, node.of->capacity),
                        each};
    });
  }

  static void occupy(node_view& node, const placeable_work& work) {
    take(node.room, work.needed);
    --node.credit;
    if (!work.spread_group.empty())
      ++node.groups[work.spread_group];
  }

  /// Keeps a node for what waited too long for room or credit.
  void wait(const placeable_work& work, const std::vector<std::size_t>& able,
            const std::vector<std::size_t>& ready, waiting_work& waiting) {
    if (!ready.empty())
      return; // It waits for its data, of its own will.
    const auto until = work.ready_since + options_.reserve_after;
    auto best = std::optional<std::tuple<std::uint64_t, std::size_t>>{};
    for (const auto each : able) {
      const auto& node = nodes_[each];
      const auto refusal = refuse_now(work, node);
      if (node.kept_for != nullptr || refusal->why == why::spread_full)
        continue;
      // To lack credit is to lack a whole machine.
      const auto lack = shortage(work.needed, node.room, node.of->capacity)
                        + (node.credit == 0 ? 1'000'000U : 0U);
      best = std::min(best.value_or(std::tuple{lack, each}),
                      std::tuple{lack, each});
    }
    if (!best)
      return;
    if (now_ < until) {
      waiting.next_check = until;
      return;
    }
    auto& kept = nodes_[std::get<1>(*best)];
    kept.kept_for = &work;
    waiting.kept_node = kept.of->name;
  }

  void explain(const std::vector<std::size_t>& ready,
               const std::vector<std::size_t>& owners,
               const std::optional<std::size_t>& chosen,
               std::vector<node_refusal> refusals,
               placement_reasons& reasons) const {
    for (const auto each : ready) {
      const auto& name = nodes_[each].of->name;
      if (!chosen)
        refusals.push_back(
          {name, why::waits_for_data, nodes_[owners.front()].of->name});
      else if (each != *chosen)
        refusals.push_back({name, why::not_chosen, nodes_[*chosen].of->name});
    }
    std::ranges::sort(refusals, {}, &node_refusal::node);
    reasons.refusals = std::move(refusals);
    if (chosen)
      reasons.node = nodes_[*chosen].of->name;
  }

  std::vector<node_view> nodes_;
  runtime::clock::wall_time now_;
  placement_options options_;
};

std::vector<const placeable_work*>
in_order(const std::vector<placeable_work>& work) {
  auto order = std::vector<const placeable_work*>{};
  for (const auto& each : work)
    order.push_back(&each);
  std::ranges::sort(order, {}, [](const placeable_work* each) {
    return std::tuple<std::uint64_t, runtime::clock::wall_time,
                      std::string_view>{each->rank, each->ready_since,
                                        each->id};
  });
  return order;
}

} // namespace

std::string_view to_string(placement_refusal refusal) noexcept {
  switch (refusal) {
    case why::draining:
      return "is draining";
    case why::avoided:
      return "must not do it";
    case why::label_missing:
      return "lacks the label";
    case why::label_excluded:
      return "has the excluded label";
    case why::too_large:
      return "never has so much of it";
    case why::spread_full:
      return "has enough of the group";
    case why::no_credit:
      return "has not asked for more";
    case why::no_room:
      return "has not enough free";
    case why::kept_for_other:
      return "is kept for other work";
    case why::waits_for_data:
      return "would do, but the data are elsewhere";
    case why::not_chosen:
      return "would do, but another one does better";
  }
  return "unknown";
}

placement_plan place(const std::vector<placement_node>& nodes,
                     const std::vector<placeable_work>& work,
                     runtime::clock::wall_time now,
                     const placement_options& options) {
  auto plan = placement_plan{};
  auto pass = placement_pass{nodes, now, options};
  for (const auto* each : in_order(work)) {
    auto waiting = waiting_work{each->id, {}, {}};
    if (auto placed = pass.give(*each, waiting, nullptr))
      plan.placed.push_back(std::move(*placed));
    else
      plan.waiting.push_back(std::move(waiting));
  }
  return plan;
}

std::optional<placement_reasons>
explain_placement(const std::vector<placement_node>& nodes,
                  const std::vector<placeable_work>& work, std::string_view id,
                  runtime::clock::wall_time now,
                  const placement_options& options) {
  auto pass = placement_pass{nodes, now, options};
  for (const auto* each : in_order(work)) {
    auto waiting = waiting_work{each->id, {}, {}};
    auto reasons = placement_reasons{};
    const auto is_asked = each->id == id;
    static_cast<void>(pass.give(*each, waiting, is_asked ? &reasons : nullptr));
    if (is_asked)
      return reasons;
  }
  return {};
}

} // namespace troupe::cluster
