#include "tests/actors/engine/naive_lease_table.hpp"

#include <algorithm>
#include <tuple>

using namespace troupe::engine;

std::uint64_t naive_lease_table::held(const std::string& resource) const {
  auto sum = std::uint64_t{0};
  for (const auto& row : rows)
    if (row.resource == resource)
      sum += row.amount;
  return sum;
}

std::vector<naive_lease_table::waiter> naive_lease_table::sorted_line() const {
  auto line = waiters_;
  std::sort(line.begin(), line.end(), [](const auto& left, const auto& right) {
    return std::tie(left.rank, left.arrival)
           < std::tie(right.rank, right.arrival);
  });
  return line;
}

bool naive_lease_table::has_room(const lease_need& need,
                                 const waiter& who) const {
  const auto limit = limits.at(need.resource);
  auto taken = held(need.resource);
  for (const auto& other : waiters_)
    if (other.entry.resource == need.resource && other.entry.amount <= limit
        && other.entry.owner.holder != who.entry.owner.holder
        && std::tie(other.rank, other.arrival)
             < std::tie(who.rank, who.arrival))
      taken += other.entry.amount;
  return taken + need.amount <= limit;
}

bool naive_lease_table::acquire(const lease_request& request, instant now) {
  auto amounts = std::map<std::string, std::uint64_t>{};
  for (const auto& need : request.needs)
    amounts[need.resource] += need.amount;
  auto had = std::map<std::string, std::uint64_t>{};
  auto same_owner = true;
  for (const auto& row : rows)
    if (row.owner.holder == request.owner.holder) {
      had[row.resource] = row.amount;
      same_owner = row.owner == request.owner;
    }
  if (!had.empty())
    return same_owner && had == amounts;
  for (const auto& other : waiters_)
    if (other.entry.owner.holder == request.owner.holder
        && other.entry.owner.epoch > request.owner.epoch)
      return false;
  auto who = waiter{{request.owner, request.priority, {}, 0, now}, {}, 0};
  who.arrival = arrivals_;
  for (const auto& other : waiters_)
    if (other.entry.owner.holder == request.owner.holder) {
      who.entry.since = other.entry.since;
      who.arrival = other.arrival;
    }
  who.rank = who.entry.since
             + static_cast<std::int64_t>(request.priority) * class_step;
  for (const auto& [resource, amount] : amounts) {
    if (has_room({resource, amount, {}}, who))
      continue;
    stop_waiting(request.owner.holder);
    if (request.otherwise == if_refused::wait
        && amount <= limits.at(resource)) {
      who.entry.resource = resource;
      who.entry.amount = amount;
      waiters_.push_back(who);
      ++arrivals_;
    }
    return false;
  }
  stop_waiting(request.owner.holder);
  for (const auto& [resource, amount] : amounts) {
    auto row = lease_row{resource, amount, request.owner, now, {}};
    if (request.time_to_live)
      row.expires_at = now + *request.time_to_live;
    rows.push_back(row);
  }
  return true;
}

bool naive_lease_table::renew(const lease_owner& owner, instant now,
                              std::chrono::microseconds ttl) {
  auto renewed = false;
  for (auto& row : rows)
    if (row.owner == owner && (!row.expires_at || *row.expires_at > now)) {
      row.expires_at = now + ttl;
      renewed = true;
    }
  return renewed;
}

bool naive_lease_table::release(const lease_owner& owner) {
  return std::erase_if(rows,
                       [&](const auto& row) { return row.owner == owner; })
         > 0;
}

void naive_lease_table::release_all_of(const troupe::runtime::uuid& run) {
  std::erase_if(rows,
                [&](const auto& row) { return row.owner.holder.run == run; });
  std::erase_if(waiters_, [&](const auto& each) {
    return each.entry.owner.holder.run == run;
  });
}

std::size_t naive_lease_table::expire(instant now) {
  return std::erase_if(rows, [&](const auto& row) {
    return row.expires_at && *row.expires_at <= now;
  });
}

bool naive_lease_table::stop_waiting(const lease_holder& holder) {
  return std::erase_if(waiters_,
                       [&](const auto& each) {
                         return each.entry.owner.holder == holder;
                       })
         > 0;
}

std::vector<lease_waiter>
naive_lease_table::line_of(const std::string& resource) const {
  auto result = std::vector<lease_waiter>{};
  for (const auto& each : sorted_line())
    if (each.entry.resource == resource)
      result.push_back(each.entry);
  return result;
}

std::vector<lease_row> naive_lease_table::sorted_rows() const {
  auto result = rows;
  std::sort(result.begin(), result.end(),
            [](const auto& left, const auto& right) {
              return std::tie(left.resource, left.owner)
                     < std::tie(right.resource, right.owner);
            });
  return result;
}
