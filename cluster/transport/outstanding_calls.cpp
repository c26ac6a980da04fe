#include "cluster/transport/outstanding_calls.hpp"

namespace troupe::cluster {

std::optional<std::uint64_t> outstanding_calls::begin(const std::string& node,
                                                      time_point deadline) {
  if (calls_.size() >= calls_max_)
    return std::nullopt;
  const auto number = ++last_number_;
  calls_.emplace(number, call{node, deadline});
  by_node_[node].insert(number);
  by_deadline_.emplace(deadline, number);
  return number;
}

void outstanding_calls::erase(call_map::iterator ended) {
  const auto& [number, what] = *ended;
  by_deadline_.erase({what.deadline, number});
  if (const auto node = by_node_.find(what.node); node != by_node_.end()) {
    node->second.erase(number);
    if (node->second.empty())
      by_node_.erase(node);
  }
  calls_.erase(ended);
}

bool outstanding_calls::end(std::uint64_t number, const std::string& node) {
  const auto found = calls_.find(number);
  if (found == calls_.end() || found->second.node != node)
    return false;
  erase(found);
  return true;
}

std::vector<std::uint64_t> outstanding_calls::end_all(const std::string& node) {
  const auto found = by_node_.find(node);
  if (found == by_node_.end())
    return {};
  auto ended
    = std::vector<std::uint64_t>(found->second.begin(), found->second.end());
  for (const auto number : ended)
    erase(calls_.find(number));
  return ended;
}

std::vector<std::uint64_t> outstanding_calls::end_late(time_point now) {
  auto ended = std::vector<std::uint64_t>{};
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    ended.push_back(by_deadline_.begin()->second);
    erase(calls_.find(ended.back()));
  }
  return ended;
}

outstanding_calls::time_point
outstanding_calls::next_deadline() const noexcept {
  return by_deadline_.empty() ? time_point::max() : by_deadline_.begin()->first;
}

} // namespace troupe::cluster
