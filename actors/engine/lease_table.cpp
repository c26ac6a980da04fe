#include "actors/engine/lease_table.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>

namespace troupe::engine {

namespace {

constexpr auto holders_shown = std::size_t{8};

/// By resource, amounts of the same one added up. Empty if one is zero, or a
/// sum leaves the range.
std::vector<lease_need> merged(std::vector<lease_need> needs) {
  std::sort(needs.begin(), needs.end());
  auto result = std::vector<lease_need>{};
  for (auto& need : needs) {
    if (need.amount == 0)
      return {};
    if (result.empty() || result.back().resource != need.resource) {
      result.push_back(std::move(need));
      continue;
    }
    auto& sum = result.back();
    if (need.amount > std::numeric_limits<std::uint64_t>::max() - sum.amount)
      return {};
    sum.amount += need.amount;
    if (need.limit)
      sum.limit = need.limit;
  }
  return result;
}

/// Where a holder is in a list by holder, or belongs.
template <class Holdings>
auto find_holding(Holdings& holdings, const lease_holder& holder) {
  return std::lower_bound(holdings.begin(), holdings.end(), holder,
                          [](const auto& left, const lease_holder& right) {
                            return left.holder < right;
                          });
}

} // namespace

std::uint64_t lease_table::held(const resource_record& of) noexcept {
  auto sum = std::uint64_t{0};
  for (const auto& each : of.holdings)
    sum += each.amount;
  return sum;
}

std::uint64_t lease_table::room(const resource_record& of) noexcept {
  return of.limit - std::min(of.limit, held(of));
}

std::uint64_t lease_table::free(std::string_view resource) const {
  const auto found = resources_.find(resource);
  return found == resources_.end() ? 0 : room(found->second);
}

// -- limits -------------------------------------------------------------------

void lease_table::change_limit(resource_record& of, std::uint64_t limit) {
  of.limit = limit;
  const auto taken = held(of);
  of.excused = taken > limit ? taken : 0;
}

void lease_table::set_limit(std::string_view resource, std::uint64_t limit) {
  auto& changed = resources_[std::string{resource}];
  changed.is_temporary = false;
  change_limit(changed, limit);
}

bool lease_table::remove_limit(std::string_view resource) {
  const auto found = resources_.find(resource);
  if (found == resources_.end() || !found->second.holdings.empty()
      || !found->second.line.empty())
    return false;
  resources_.erase(found);
  return true;
}

void lease_table::apply_limits(const std::vector<lease_need>& needs) {
  for (const auto& need : needs) {
    if (!need.limit)
      continue;
    const auto [found, is_new] = resources_.try_emplace(need.resource);
    if (is_new)
      found->second.is_temporary = true;
    if (is_new || found->second.limit != *need.limit)
      change_limit(found->second, *need.limit);
  }
}

void lease_table::drop_unused(const std::string& resource) {
  const auto found = resources_.find(resource);
  if (found != resources_.end() && found->second.is_temporary
      && found->second.holdings.empty() && found->second.line.empty())
    resources_.erase(found);
}

// -- asking -------------------------------------------------------------------

lease_table::line_place lease_table::place_of(const lease_request& request,
                                              instant now) const {
  // Whoever is in line already keeps its turn.
  const auto waits = waiters_.find(request.owner.holder);
  const auto is_in_line = waits != waiters_.end();
  const auto since = is_in_line ? waits->second.entry.since
                                : request.waiting_since.value_or(now);
  return {since
            + static_cast<std::int64_t>(request.priority) * options_.class_step,
          is_in_line ? waits->second.place.second : arrivals_};
}

std::optional<lease_refusal>
lease_table::refuse_owner(const lease_owner& owner,
                          const std::vector<lease_need>& needs) const {
  using why = lease_refusal::why;
  if (needs.empty())
    return refusal(why::nothing_asked, {});
  const auto found = leases_.find(owner.holder);
  if (found == leases_.end()) {
    const auto waits = waiters_.find(owner.holder);
    if (waits != waiters_.end()
        && owner.epoch < waits->second.entry.owner.epoch)
      return refusal(why::old_epoch, {});
    return std::nullopt;
  }
  const auto& current = found->second.owner;
  auto reason = why::already_held;
  if (owner.epoch != current.epoch)
    reason
      = owner.epoch < current.epoch ? why::old_epoch : why::earlier_attempt;
  auto refused = refusal(reason, {});
  refused.holders = rows_of(owner.holder);
  refused.holder_count = 1;
  return refused;
}

std::optional<lease_refusal>
lease_table::refuse_need(const lease_need& need, const lease_holder& holder,
                         const line_place& place) const {
  using why = lease_refusal::why;
  const auto found = resources_.find(need.resource);
  if (found == resources_.end())
    return refusal(why::unknown_resource, need);
  const auto& of = found->second;
  if (need.amount > of.limit)
    return refusal(why::beyond_limit, need);
  const auto available = room(of);
  auto left = available;
  auto ahead = std::size_t{0};
  for (const auto& [other, waiting] : of.line) {
    if (other >= place)
      break;
    const auto amount = waiters_.at(waiting).entry.amount;
    // Nobody waits behind somebody who can never be served.
    if (waiting == holder || amount > of.limit)
      continue;
    ++ahead;
    left -= std::min(left, amount);
  }
  if (need.amount <= left)
    return std::nullopt;
  auto refused
    = refusal(need.amount > available ? why::no_room : why::others_wait, need);
  refused.ahead = ahead;
  return refused;
}

lease_refusal lease_table::refusal(lease_refusal::why reason,
                                   const lease_need& need) const {
  auto refused = lease_refusal{};
  refused.reason = reason;
  refused.resource = need.resource;
  refused.needed = need.amount;
  const auto found = resources_.find(need.resource);
  if (found == resources_.end())
    return refused;
  refused.limit = found->second.limit;
  refused.held = held(found->second);
  refused.holder_count = found->second.holdings.size();
  auto leases = std::vector<const lease_record*>{};
  for (const auto& each : found->second.holdings)
    leases.push_back(&leases_.at(each.holder));
  const auto shown = std::min(leases.size(), holders_shown);
  std::partial_sort(leases.begin(),
                    leases.begin() + static_cast<std::ptrdiff_t>(shown),
                    leases.end(), [](const auto* left, const auto* right) {
                      return std::tie(left->since, left->owner)
                             < std::tie(right->since, right->owner);
                    });
  leases.resize(shown);
  for (const auto* each : leases)
    for (const auto& part : each->needs)
      if (part.resource == need.resource)
        refused.holders.push_back(row_of(*each, part));
  return refused;
}

tl::expected<lease_grant, lease_refusal>
lease_table::acquire(const lease_request& request, instant now) {
  const auto needs = merged(request.needs);
  auto wanted = lease_record{request.owner, now, {}, needs};
  for (auto& need : wanted.needs)
    need.limit.reset();
  const auto had = leases_.find(request.owner.holder);
  if (had != leases_.end() && had->second.owner == request.owner
      && had->second.needs == wanted.needs)
    return lease_grant{had->second.expires_at, true};
  if (auto refused = refuse_owner(request.owner, needs))
    return tl::unexpected{std::move(*refused)};
  apply_limits(needs);
  const auto place = place_of(request, now);
  for (const auto& need : needs) {
    auto refused = refuse_need(need, request.owner.holder, place);
    if (!refused)
      continue;
    const auto may_wait = refused->reason == lease_refusal::why::no_room
                          || refused->reason == lease_refusal::why::others_wait;
    stop_waiting(request.owner.holder);
    if (request.otherwise == if_refused::wait && may_wait)
      enter_line(request, need, place);
    for (const auto& other : needs)
      drop_unused(other.resource);
    return tl::unexpected{std::move(*refused)};
  }
  if (request.time_to_live)
    wanted.expires_at = now + *request.time_to_live;
  const auto granted = lease_grant{wanted.expires_at, false};
  grant(std::move(wanted));
  stop_waiting(request.owner.holder);
  return granted;
}

void lease_table::grant(lease_record granted) {
  const auto holder = granted.owner.holder;
  for (const auto& need : granted.needs) {
    auto& holdings = resources_.find(need.resource)->second.holdings;
    holdings.insert(find_holding(holdings, holder), {holder, need.amount});
  }
  if (granted.expires_at)
    expiries_.emplace(*granted.expires_at, holder);
  leases_.emplace(holder, std::move(granted));
}

// -- holding ------------------------------------------------------------------

std::optional<lease_fault>
lease_table::find_fault(const lease_owner& owner) const {
  using why = lease_fault::why;
  const auto found = leases_.find(owner.holder);
  if (found == leases_.end())
    return lease_fault{why::unknown, {}};
  const auto& current = found->second.owner;
  if (owner == current)
    return std::nullopt;
  return lease_fault{
    owner.epoch < current.epoch ? why::old_epoch : why::unknown_epoch, current};
}

tl::expected<instant, lease_fault>
lease_table::renew(const lease_owner& owner, instant now,
                   std::chrono::microseconds time_to_live) {
  if (const auto fault = find_fault(owner))
    return tl::unexpected{*fault};
  auto& renewed = leases_.at(owner.holder);
  if (renewed.expires_at && *renewed.expires_at <= now)
    return tl::unexpected{
      lease_fault{lease_fault::why::expired, renewed.owner}};
  if (renewed.expires_at)
    expiries_.erase({*renewed.expires_at, owner.holder});
  renewed.expires_at = now + time_to_live;
  expiries_.emplace(*renewed.expires_at, owner.holder);
  return *renewed.expires_at;
}

tl::expected<std::vector<lease_row>, lease_fault>
lease_table::release(const lease_owner& owner) {
  if (const auto fault = find_fault(owner))
    return tl::unexpected{*fault};
  return take_back(owner.holder);
}

std::vector<lease_row> lease_table::take_back(const lease_holder& holder) {
  const auto found = leases_.find(holder);
  auto taken = rows_of(holder);
  for (const auto& need : found->second.needs) {
    auto& of = resources_.find(need.resource)->second;
    of.holdings.erase(find_holding(of.holdings, holder));
    const auto remaining = held(of);
    of.excused = remaining > of.limit ? std::min(of.excused, remaining) : 0;
    drop_unused(need.resource);
  }
  if (found->second.expires_at)
    expiries_.erase({*found->second.expires_at, holder});
  leases_.erase(found);
  return taken;
}

std::vector<lease_row> lease_table::release_all_of(const runtime::uuid& run) {
  auto taken = std::vector<lease_row>{};
  const auto first = lease_holder{run, {}, 0, false};
  for (auto next = leases_.lower_bound(first);
       next != leases_.end() && next->first.run == run;
       next = leases_.lower_bound(first))
    for (auto& row : take_back(lease_holder{next->first}))
      taken.push_back(std::move(row));
  for (auto next = waiters_.lower_bound(first);
       next != waiters_.end() && next->first.run == run;
       next = waiters_.lower_bound(first))
    stop_waiting(lease_holder{next->first});
  return taken;
}

std::vector<lease_row> lease_table::expire(instant now) {
  auto expired = std::vector<lease_row>{};
  while (!expiries_.empty() && expiries_.begin()->first <= now)
    for (auto& row : take_back(lease_holder{expiries_.begin()->second}))
      expired.push_back(std::move(row));
  return expired;
}

std::optional<instant> lease_table::next_expiry() const {
  if (expiries_.empty())
    return std::nullopt;
  return expiries_.begin()->first;
}

// -- waiting ------------------------------------------------------------------

void lease_table::enter_line(const lease_request& request,
                             const lease_need& need, const line_place& place) {
  const auto step
    = static_cast<std::int64_t>(request.priority) * options_.class_step;
  const auto entry
    = lease_waiter{request.owner, request.priority, need.resource, need.amount,
                   place.first - step};
  waiters_.emplace(request.owner.holder, waiter_record{entry, place});
  resources_.find(need.resource)
    ->second.line.emplace(place, request.owner.holder);
  awaited_.insert(need.resource);
  ++arrivals_;
}

bool lease_table::stop_waiting(const lease_holder& holder) {
  const auto found = waiters_.find(holder);
  if (found == waiters_.end())
    return false;
  const auto name = found->second.entry.resource;
  auto& line = resources_.find(name)->second.line;
  line.erase(found->second.place);
  waiters_.erase(found);
  if (line.empty()) {
    awaited_.erase(name);
    drop_unused(name);
  }
  return true;
}

std::vector<lease_waiter> lease_table::wakeable() const {
  auto found = std::map<line_place, lease_waiter>{};
  for (const auto& name : awaited_) {
    const auto& of = resources_.find(name)->second;
    auto left = room(of);
    for (const auto& [place, holder] : of.line) {
      const auto& entry = waiters_.at(holder).entry;
      if (entry.amount > of.limit)
        continue;
      if (entry.amount > left)
        break;
      left -= entry.amount;
      found.emplace(place, entry);
    }
  }
  auto result = std::vector<lease_waiter>{};
  result.reserve(found.size());
  for (auto& [place, entry] : found)
    result.push_back(std::move(entry));
  return result;
}

} // namespace troupe::engine
