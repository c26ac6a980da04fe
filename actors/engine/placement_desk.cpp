#include "actors/engine/placement_desk.hpp"

#include "actors/engine/planted_bug.hpp"
#include "actors/engine/rendezvous.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

namespace {

std::uint32_t count_of(const group_counts& running, const std::string& group,
                       const std::string& node) {
  const auto of_node = running.find(node);
  if (of_node == running.end())
    return 0;
  const auto found = of_node->second.find(group);
  return found == of_node->second.end() ? 0 : found->second;
}

std::string list_of(const worker_labels& labels, const char* before) {
  auto text = std::string{};
  for (const auto& [name, value] : labels)
    text += (text.empty() ? "" : ", ") + (before + label_text(name, value));
  return text;
}

std::string node_text(const std::string& node) {
  return node.empty() ? "this node" : "node " + node;
}

std::string rules_text(const placement_wish& wish,
                       const std::optional<std::string>& owner) {
  auto text = list_of(wish.require, "");
  const auto add = [&text](const std::string& part) {
    if (!part.empty())
      text += (text.empty() ? "" : ", ") + part;
  };
  add(list_of(wish.exclude, "not "));
  if (owner)
    add("data on " + node_text(*owner));
  if (!wish.spread.empty())
    add("group " + wish.spread);
  if (wish.per_node != 0)
    add("at most " + std::to_string(wish.per_node) + " per node");
  if (wish.apart_from)
    add("a second attempt, not on " + node_text(*wish.apart_from));
  return text.empty() ? "data anywhere" : text;
}

} // namespace

// -- workers ------------------------------------------------------------------

void placement_desk::welcome(placed_worker worker) {
  const auto id = worker.worker;
  workers_[id] = std::move(worker);
}

void placement_desk::forget(std::uint64_t worker) {
  workers_.erase(worker);
}

bool placement_desk::hold(std::uint64_t worker, bool is_held) {
  const auto found = workers_.find(worker);
  return found != workers_.end()
         && std::exchange(found->second.is_held, is_held) != is_held;
}

// -- work ---------------------------------------------------------------------

placement_id placement_desk::enter(placement_wish wish, activity_id activity,
                                   const resource_amounts& needed,
                                   bool is_patient) {
  auto key = kind_key{std::move(wish), {}, activity, needed, is_patient};
  if (is_patient && !key.wish.data.empty())
    key.owner = owner_of_data(key, key.wish.data);
  key.wish.data.clear();
  const auto [at, is_new] = ids_.try_emplace(std::move(key), last_id_ + 1);
  if (is_new) {
    auto& kind = kinds_[++last_id_];
    kind.key = at->first;
    kind.rules = enter_rules(at->first);
    if (const auto& group = at->first.wish.spread; !group.empty())
      kinds_of_group_[group].insert(last_id_);
  }
  ++kinds_.at(at->second).pending;
  return at->second;
}

void placement_desk::leave(placement_id kind) {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end() || --found->second.pending != 0)
    return;
  const auto group = kinds_of_group_.find(found->second.key.wish.spread);
  if (group != kinds_of_group_.end()) {
    group->second.erase(kind);
    if (group->second.empty())
      kinds_of_group_.erase(group);
  }
  leave_rules(found->second.rules);
  ids_.erase(found->second.key);
  kinds_.erase(found);
}

rules_id placement_desk::enter_rules(kind_key key) {
  key.wish.spread.clear();
  const auto [at, is_new] = rules_ids_.try_emplace(key, last_rules_ + 1);
  if (is_new)
    rules_[++last_rules_].key = std::move(key);
  ++rules_.at(at->second).kinds;
  return at->second;
}

void placement_desk::leave_rules(rules_id rules) {
  const auto found = rules_.find(rules);
  if (--found->second.kinds != 0)
    return;
  rules_ids_.erase(found->second.key);
  rules_.erase(found);
}

rules_id placement_desk::rules_of(placement_id kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? 0 : found->second.rules;
}

bool placement_desk::has_moved(placement_id kind,
                               const std::string& data) const {
  const auto& key = kinds_.at(kind).key;
  return key.owner != owner_of_data(key, data);
}

std::uint64_t placement_desk::pending() const {
  auto sum = std::uint64_t{0};
  for (const auto& [id, kind] : kinds_)
    sum += kind.pending;
  return sum;
}

const std::string& placement_desk::group_of(placement_id kind) const {
  static const auto none = std::string{};
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? none : found->second.key.wish.spread;
}

std::vector<rules_id> placement_desk::open(std::uint64_t worker) const {
  auto found = std::vector<rules_id>{};
  const auto known = workers_.find(worker);
  if (known == workers_.end())
    return found;
  for (const auto& [id, rules] : rules_)
    if (may_ever(known->second, rules.key)
        && (!rules.key.owner || known->second.node == *rules.key.owner))
      found.push_back(id);
  return found;
}

std::vector<placement_id>
placement_desk::full(std::uint64_t worker, const group_counts& running) const {
  auto found = std::vector<placement_id>{};
  const auto known = workers_.find(worker);
  const auto there = known == workers_.end() ? running.end()
                                             : running.find(known->second.node);
  // Of a group of which nothing runs there it may have more.
  if (there == running.end())
    return found;
  for (const auto& [group, count] : there->second)
    refill(worker, group, running, found);
  return found;
}

void placement_desk::refill(std::uint64_t worker, const std::string& group,
                            const group_counts& running,
                            std::vector<placement_id>& full) const {
  const auto known = workers_.find(worker);
  const auto kinds = kinds_of_group_.find(group);
  if (known == workers_.end() || kinds == kinds_of_group_.end())
    return;
  for (const auto id : kinds->second) {
    const auto at = std::ranges::lower_bound(full, id);
    const auto was_full = at != full.end() && *at == id;
    const auto is_full = !may_now(known->second, kinds_.at(id).key, running);
    if (is_full && !was_full)
      full.insert(at, id);
    else if (!is_full && was_full)
      full.erase(at);
  }
}

std::vector<larger_worker> placement_desk::larger(std::uint64_t worker) const {
  auto found = std::vector<larger_worker>{};
  const auto known = workers_.find(worker);
  if (known == workers_.end())
    return found;
  for (const auto& [id, each] : workers_)
    if (!each.is_held
        && each.total.cpu_thousandths > known->second.total.cpu_thousandths)
      found.push_back({each.activities, each.total});
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

placement_desk::waiting
placement_desk::waits_for_others(std::uint64_t worker, rules_id rules,
                                 const resource_amounts& free) const {
  const auto known = workers_.find(worker);
  const auto of = rules_.find(rules);
  if (known == workers_.end() || of == rules_.end()
      || !may_ever(known->second, of->second.key)
      || !fits(of->second.key.needed, free, known->second.total))
    return waiting::none;
  const auto& owner = of->second.key.owner;
  return owner && known->second.node != *owner ? waiting::all : waiting::full;
}

bool placement_desk::passes_over(std::uint64_t worker, placement_id kind,
                                 const resource_amounts& free,
                                 const group_counts& running) const {
  const auto known = workers_.find(worker);
  const auto& key = kinds_.at(kind).key;
  return known != workers_.end() && may_ever(known->second, key)
         && fits(key.needed, free, known->second.total)
         && !is_full(known->second, key, running)
         && !may_now(known->second, key, running);
}

bool placement_desk::can_do(const placed_worker& worker, const kind_key& kind) {
  return !worker.is_held
         && std::ranges::binary_search(worker.activities, kind.activity)
         && (kind.wish.apart_from != worker.node
             || has_bug(planted_bug::speculate_anywhere))
         && (has_labels(worker.labels, kind.wish.require, kind.wish.exclude)
             || has_bug(planted_bug::ignore_labels))
         && fits(kind.needed, worker.total, worker.total);
}

/// What asks for more processors than the worker has goes to one that has more.
bool placement_desk::may_ever(const placed_worker& worker,
                              const kind_key& kind) const {
  const auto cpus = worker.total.cpu_thousandths;
  return can_do(worker, kind)
         && (kind.needed.cpu_thousandths <= cpus
             || std::ranges::none_of(workers_, [&](const auto& each) {
                  return each.second.total.cpu_thousandths > cpus
                         && can_do(each.second, kind);
                }));
}

/// Its node runs as much of the group as it may.
bool placement_desk::is_full(const placed_worker& worker, const kind_key& kind,
                             const group_counts& running) const {
  const auto most = kind.wish.per_node;
  return most != 0 && count_of(running, kind.wish.spread, worker.node) >= most
         && !has_bug(planted_bug::ignore_group);
}

bool placement_desk::may_now(const placed_worker& worker, const kind_key& kind,
                             const group_counts& running) const {
  if (is_full(worker, kind, running))
    return false;
  if (kind.owner)
    return worker.node == *kind.owner;
  return kind.wish.spread.empty() || !kind.is_patient
         || is_among_fewest(worker, kind, running);
}

/// Whether no node that could ever do it runs fewer of the group.
bool placement_desk::is_among_fewest(const placed_worker& worker,
                                     const kind_key& kind,
                                     const group_counts& running) const {
  const auto& group = kind.wish.spread;
  const auto count = count_of(running, group, worker.node);
  // Most groups of many are not here at all.
  return count == 0 || std::ranges::none_of(workers_, [&](const auto& each) {
           return count_of(running, group, each.second.node) < count
                  && may_ever(each.second, kind);
         });
}

std::optional<std::string>
placement_desk::owner_of_data(const kind_key& kind,
                              const std::string& data) const {
  // A node counts once, with as many processors as its largest worker has.
  auto weights = std::map<std::string, std::uint32_t>{};
  for (const auto& [id, worker] : workers_)
    if (may_ever(worker, kind)) {
      auto& weight = weights[worker.node];
      weight = std::max(weight, worker.total.cpu_thousandths / 1'000);
    }
  auto nodes = std::vector<rendezvous_node>{};
  for (const auto& [name, weight] : weights)
    nodes.push_back({name, weight});
  const auto owner = owner_of(data, nodes);
  return owner ? std::optional{nodes[*owner].name} : std::nullopt;
}

// -- looking ------------------------------------------------------------------

placement_status placement_desk::status(placement_id kind,
                                        const group_counts& running) const {
  const auto& key = kinds_.at(kind).key;
  return {rules_text(key.wish, key.owner), reason(key, running)};
}

/// Why the labels of no worker will do; empty: those of some will.
std::string placement_desk::lack_of_labels(const placement_wish& wish) const {
  const auto any = [this](const auto& holds) {
    return std::ranges::any_of(workers_, [&](const auto& each) {
      return holds(each.second.labels);
    });
  };
  for (const auto& rule : wish.require)
    if (!any([&](const auto& has) {
          return has_label(has, rule.first, rule.second);
        }))
      return "no worker has the label " + label_text(rule.first, rule.second);
  if (!any([&](const auto& has) { return has_labels(has, wish.require, {}); }))
    return "no worker has all of the labels " + list_of(wish.require, "");
  if (!any([&](const auto& has) {
        return has_labels(has, wish.require, wish.exclude);
      }))
    return "every worker that would do has a label that is excluded: "
           + list_of(wish.exclude, "");
  return {};
}

std::string placement_desk::reason(const kind_key& kind,
                                   const group_counts& running) const {
  if (workers_.empty())
    return "there is no worker";
  if (auto lack = lack_of_labels(kind.wish); !lack.empty())
    return lack;
  auto is_possible = false;
  for (const auto& [id, worker] : workers_) {
    if (!may_ever(worker, kind))
      continue;
    is_possible = true;
    // Who waits for its data waits for that node alone.
    if (may_now(worker, kind, running) && !kind.owner)
      return {};
  }
  if (!is_possible && kind.wish.apart_from)
    return "no other node may have it";
  if (!is_possible)
    return "no worker that has the labels can do it, or has so much room; or "
           "its node drains";
  if (kind.owner)
    return "it waits for " + node_text(*kind.owner)
           + ", which has its data; a few seconds if others have room";
  return "enough of group " + kind.wish.spread + " runs on every node";
}

} // namespace troupe::engine
