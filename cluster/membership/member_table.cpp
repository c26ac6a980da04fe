#include "cluster/membership/member_table.hpp"

#include <algorithm>

namespace troupe::cluster {

member_table::merge_result
member_table::merge(const member& record, time_point now, time_point ended_at) {
  const auto ends = is_final(record.state);
  auto found = rows_.find(record.name);
  if (found == rows_.end()) {
    if (ends && now - ended_at > options_.tombstone_time / 2)
      return {merge_outcome::outdated, {}};
    if (!ends && living() >= options_.members_max)
      return {merge_outcome::refused, {}};
    rows_.emplace(record.name, row{record, ended_at});
    tombstones_ += ends ? 1 : 0;
    return {merge_outcome::changed, {}};
  }
  auto& known = found->second;
  if (!supersedes(record, known.of)) {
    if (record == known.of && ends)
      known.ended_at = std::min(known.ended_at, ended_at);
    return {};
  }
  const auto was_final = is_final(known.of.state);
  if (was_final && !ends && living() >= options_.members_max)
    return {merge_outcome::refused, {}};
  auto result = merge_result{merge_outcome::changed, known.of};
  const auto is_same = known.of.incarnation == record.incarnation;
  known.ended_at
    = was_final && is_same ? std::min(known.ended_at, ended_at) : ended_at;
  known.of = record;
  tombstones_ -= was_final ? 1 : 0;
  tombstones_ += ends ? 1 : 0;
  return result;
}

std::vector<std::string> member_table::purge(time_point now) {
  auto ended = std::vector<std::pair<time_point, std::string>>{};
  for (const auto& [name, row] : rows_)
    if (is_final(row.of.state))
      ended.emplace_back(row.ended_at, name);
  std::sort(ended.begin(), ended.end());
  const auto surplus = ended.size() > options_.tombstones_max
                         ? ended.size() - options_.tombstones_max
                         : 0;
  auto forgotten = std::vector<std::string>{};
  for (const auto& [at, name] : ended) {
    if (forgotten.size() >= surplus && now - at < options_.tombstone_time)
      break;
    rows_.erase(name);
    --tombstones_;
    forgotten.push_back(name);
  }
  return forgotten;
}

std::vector<std::string> member_table::forget_others(std::string_view name) {
  auto forgotten = std::vector<std::string>{};
  for (auto at = rows_.begin(); at != rows_.end();) {
    const auto state = at->second.of.state;
    if (at->first == name || state == member_state::left) {
      ++at;
      continue;
    }
    tombstones_ -= is_final(state) ? 1 : 0;
    forgotten.push_back(at->first);
    at = rows_.erase(at);
  }
  return forgotten;
}

const member* member_table::find(std::string_view name) const {
  const auto found = rows_.find(name);
  return found == rows_.end() ? nullptr : &found->second.of;
}

std::vector<member> member_table::members() const {
  auto result = std::vector<member>{};
  result.reserve(rows_.size());
  for (const auto& [name, row] : rows_)
    result.push_back(row.of);
  return result;
}

} // namespace troupe::cluster
