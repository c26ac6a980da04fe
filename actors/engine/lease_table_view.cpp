#include "actors/engine/lease_table.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using runtime::problem_kind;

lease_row lease_table::row_of(const lease_record& of, const lease_need& need) {
  return {need.resource, need.amount, of.owner, of.since, of.expires_at};
}

std::vector<lease_row> lease_table::rows() const {
  auto result = std::vector<lease_row>{};
  for (const auto& [name, of] : resources_)
    for (const auto& each : of.holdings)
      result.push_back(
        row_of(leases_.at(each.holder), {name, each.amount, {}}));
  return result;
}

std::vector<lease_row> lease_table::rows_of(const lease_holder& holder) const {
  auto result = std::vector<lease_row>{};
  const auto found = leases_.find(holder);
  if (found != leases_.end())
    for (const auto& need : found->second.needs)
      result.push_back(row_of(found->second, need));
  return result;
}

std::vector<resource_limit> lease_table::limits() const {
  auto result = std::vector<resource_limit>{};
  for (const auto& [name, of] : resources_)
    result.push_back({name, of.limit, of.is_temporary});
  return result;
}

std::optional<resource_status>
lease_table::status(std::string_view resource) const {
  const auto found = resources_.find(resource);
  if (found == resources_.end())
    return std::nullopt;
  const auto& [name, of] = *found;
  return resource_status{{name, of.limit, of.is_temporary},
                         held(of),
                         of.holdings.size(),
                         of.line.size()};
}

std::optional<lease_waiter>
lease_table::waiting(const lease_holder& holder) const {
  const auto found = waiters_.find(holder);
  if (found == waiters_.end())
    return std::nullopt;
  return found->second.entry;
}

std::optional<lease_refusal>
lease_table::why_waiting(const lease_holder& holder) const {
  const auto found = waiters_.find(holder);
  if (found == waiters_.end())
    return std::nullopt;
  const auto& [entry, place] = found->second;
  const auto need = lease_need{entry.resource, entry.amount, {}};
  if (auto refused = refuse_need(need, holder, place))
    return refused;
  // There is room by now; it has not asked again yet.
  auto refused = refusal(lease_refusal::why::others_wait, need);
  const auto& line = resources_.find(entry.resource)->second.line;
  refused.ahead
    = static_cast<std::size_t>(std::distance(line.begin(), line.find(place)));
  return refused;
}

std::vector<lease_waiter>
lease_table::line_of(std::string_view resource) const {
  auto result = std::vector<lease_waiter>{};
  const auto found = resources_.find(resource);
  if (found != resources_.end())
    for (const auto& [place, holder] : found->second.line)
      result.push_back(waiters_.at(holder).entry);
  return result;
}

// -- from the store -----------------------------------------------------------

runtime::outcome<lease_table>
lease_table::rebuild(const std::vector<lease_row>& rows,
                     const std::vector<resource_limit>& limits,
                     const options& given) {
  auto table = lease_table{given};
  for (const auto& each : limits) {
    auto& of = table.resources_[each.resource];
    of.limit = each.limit;
    of.is_temporary = each.is_temporary;
  }
  auto leases = std::map<lease_holder, lease_record>{};
  for (const auto& row : rows) {
    const auto who = to_string(row.owner.holder);
    if (!table.resources_.contains(row.resource))
      return runtime::fail(problem_kind::failed, "the lease of " + who
                                                   + " on \"" + row.resource
                                                   + "\" has no limit");
    auto& of
      = leases
          .try_emplace(row.owner.holder,
                       lease_record{row.owner, row.since, row.expires_at, {}})
          .first->second;
    if (of.owner != row.owner || of.since != row.since
        || of.expires_at != row.expires_at)
      return runtime::fail(problem_kind::failed,
                           who + " has leases of two epochs or times");
    of.needs.push_back({row.resource, row.amount, {}});
  }
  for (auto& [holder, of] : leases) {
    std::sort(of.needs.begin(), of.needs.end());
    for (std::size_t index = 1; index < of.needs.size(); ++index)
      if (of.needs[index].resource == of.needs[index - 1].resource)
        return runtime::fail(problem_kind::failed,
                             to_string(holder) + " has two leases on \""
                               + of.needs[index].resource + '"');
    table.grant(std::move(of));
  }
  for (auto& [name, of] : table.resources_)
    table.change_limit(of, of.limit);
  return table;
}

// -- examination --------------------------------------------------------------

std::vector<std::string> lease_table::check(
  const std::function<bool(const lease_owner&)>& is_live) const {
  auto found = std::vector<std::string>{};
  check_leases(is_live, found);
  check_resources(found);
  return found;
}

void lease_table::check_leases(
  const std::function<bool(const lease_owner&)>& is_live,
  std::vector<std::string>& found) const {
  auto expiring = std::size_t{0};
  auto holdings = std::size_t{0};
  for (const auto& [holder, of] : leases_) {
    const auto who = to_string(holder);
    if (!is_live(of.owner))
      found.push_back(who + " holds leases and does not live");
    if (of.needs.empty())
      found.push_back(who + " has a lease on nothing");
    holdings += of.needs.size();
    if (of.expires_at) {
      ++expiring;
      if (!expiries_.contains({*of.expires_at, holder}))
        found.push_back("the lease of " + who + " would never expire");
    }
  }
  if (expiring != expiries_.size())
    found.emplace_back("an expiry belongs to no lease");
  for (const auto& [name, of] : resources_)
    holdings -= std::min(holdings, of.holdings.size());
  if (holdings != 0)
    found.emplace_back("an owner has a lease that its resource does not know");
}

void lease_table::check_resources(std::vector<std::string>& found) const {
  auto waiting = std::size_t{0};
  for (const auto& [name, of] : resources_) {
    for (const auto& each : of.holdings) {
      const auto known = rows_of(each.holder);
      if (std::none_of(known.begin(), known.end(), [&](const auto& row) {
            return row.resource == name && row.amount == each.amount;
          }))
        found.push_back('"' + name + "\" is held by " + to_string(each.holder)
                        + " without a lease");
    }
    if (held(of) > std::max(of.limit, of.excused))
      found.push_back('"' + name + "\" has a limit of "
                      + std::to_string(of.limit) + ", and "
                      + std::to_string(held(of)) + " are held");
    check_line(name, of, found);
    waiting += of.line.size();
  }
  if (waiting != waiters_.size())
    found.emplace_back("somebody waits in no line, or in two");
}

void lease_table::check_line(const std::string& name, const resource_record& of,
                             std::vector<std::string>& found) const {
  if (of.line.empty() == awaited_.contains(name))
    found.push_back("whether somebody waits for \"" + name + "\" is not known");
  for (const auto& [place, holder] : of.line) {
    const auto known = waiters_.find(holder);
    if (known == waiters_.end() || known->second.entry.resource != name
        || known->second.place != place)
      found.push_back(to_string(holder) + " is in line for \"" + name
                      + "\" and does not know it");
  }
}

} // namespace troupe::engine
