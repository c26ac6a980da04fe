#include "actors/engine/ready_queue_rules.hpp"

#include <algorithm>
#include <utility>

// How work is grouped: entries in lanes, lanes in pools and strands, these in
// families.

namespace troupe::engine {

namespace {

/// Keys that a pool has at most while it is narrow. A worker that has enough of
/// a group looks at so many lanes to pass over it.
constexpr auto narrow_max = std::size_t{4};

/// Takes one out of a list whose elements know their place.
template <class Place>
void take_out(std::vector<std::uint32_t>& from, const Place& place_of,
              std::uint32_t what) {
  const auto place = place_of(what);
  from[place] = from.back();
  place_of(from[place]) = place;
  from.pop_back();
}

} // namespace

// -- entries ------------------------------------------------------------------

void ready_queue::attach(slot_number entry, const pool_key& key,
                         std::uint64_t fairness_key, std::uint32_t weight) {
  const auto pool = open_pool(key);
  const auto flow = open_flow(key.priority, fairness_key, weight);
  const auto lane = open_lane(pool, flow);
  entries_[entry].lane = lane;
  auto& to = pools_[pool];
  to.ages.push(entry, age_rules{this});
  if (!to.is_wide && to.ages.size() == 1)
    families_[to.family].ages.push(pool, oldest_rules{this});
  else if (!to.is_wide && to.ages.top() == entry)
    families_[to.family].ages.update(pool, oldest_rules{this});
  auto& entered = lanes_[lane];
  const auto is_new = entered.entries.is_empty();
  entered.entries.push(entry, lane_rules{this});
  if (is_new)
    join(lane);
  else if (entered.entries.top() == entry)
    reorder(lane);
  ++flows_[flow].pending;
  ++class_of(key.priority).pending;
}

void ready_queue::detach(slot_number entry) {
  const auto lane = std::exchange(entries_[entry].lane, none);
  const auto pool = lanes_[lane].pool;
  const auto flow = lanes_[lane].flow;
  auto& from = pools_[pool];
  const auto was_oldest = from.ages.top() == entry;
  from.ages.erase(entry, age_rules{this});
  if (was_oldest && !from.is_wide && !from.ages.is_empty())
    families_[from.family].ages.update(pool, oldest_rules{this});
  auto& left = lanes_[lane];
  if (left.entries.size() == 1) {
    leave(lane);
    lanes_.erase(lane);
  } else {
    const auto was_first = left.entries.top() == entry;
    left.entries.erase(entry, lane_rules{this});
    if (was_first)
      reorder(lane);
  }
  if (from.ages.is_empty())
    close_pool(pool);
  else if (from.is_wide && from.key.rules != 0
           && from.lanes.size() <= narrow_max / 2)
    narrow(pool);
  leave_flow(flow);
}

// -- lanes --------------------------------------------------------------------

ready_queue::slot_number ready_queue::open_lane(slot_number pool,
                                                slot_number flow) {
  if (pools_[pool].is_wide) {
    for (const auto known : flows_[flow].lanes)
      if (lanes_[known].pool == pool)
        return known;
  } else {
    for (const auto known : pools_[pool].few)
      if (lanes_[known].flow == flow)
        return known;
  }
  auto opened = lane_record{};
  opened.pool = pool;
  opened.flow = flow;
  return lanes_.add(std::move(opened));
}

/// It has its first work.
void ready_queue::join(slot_number lane) {
  const auto pool = lanes_[lane].pool;
  auto& to = pools_[pool];
  if (!to.is_wide && to.few.size() == narrow_max)
    widen(pool);
  if (to.is_wide) {
    flows_[lanes_[lane].flow].lanes.push_back(lane);
    to.lanes.push(lane, pool_rules{this});
  } else {
    to.few.push_back(lane);
    join_strand(lane);
  }
}

/// Its first work is another.
void ready_queue::reorder(slot_number lane) {
  const auto& of = lanes_[lane];
  if (of.strand == none)
    return pools_[of.pool].lanes.update(lane, pool_rules{this});
  strands_[of.strand].lanes.update(lane, strand_rules{this});
  families_[strands_[of.strand].family].strands.update(of.strand,
                                                       family_rules{this});
}

void ready_queue::leave(slot_number lane) {
  auto& from = pools_[lanes_[lane].pool];
  if (from.is_wide) {
    from.lanes.erase(lane, pool_rules{this});
    std::erase(flows_[lanes_[lane].flow].lanes, lane);
  } else {
    std::erase(from.few, lane);
    leave_strand(lane);
  }
}

void ready_queue::join_strand(slot_number lane) {
  const auto family = pools_[lanes_[lane].pool].family;
  const auto flow = lanes_[lane].flow;
  auto& strands = flows_[flow].strands;
  const auto known = std::ranges::find(strands, family, [this](slot_number of) {
    return strands_[of].family;
  });
  auto& to = families_[family].strands;
  if (known != strands.end()) {
    lanes_[lane].strand = *known;
    strands_[*known].lanes.push(lane, strand_rules{this});
    return to.update(*known, family_rules{this});
  }
  auto opened = strand_record{};
  opened.family = family;
  opened.flow = flow;
  const auto strand = strands_.add(std::move(opened));
  strands.push_back(strand);
  lanes_[lane].strand = strand;
  strands_[strand].lanes.push(lane, strand_rules{this});
  to.push(strand, family_rules{this});
}

void ready_queue::leave_strand(slot_number lane) {
  const auto strand = std::exchange(lanes_[lane].strand, none);
  auto& from = strands_[strand];
  auto& strands = families_[from.family].strands;
  from.lanes.erase(lane, strand_rules{this});
  if (!from.lanes.is_empty())
    return strands.update(strand, family_rules{this});
  strands.erase(strand, family_rules{this});
  std::erase(flows_[from.flow].strands, strand);
  strands_.erase(strand);
}

// -- pools --------------------------------------------------------------------

ready_queue::slot_number ready_queue::open_pool(const pool_key& key) {
  const auto found = pool_of_.find(key);
  if (found != pool_of_.end())
    return found->second;
  auto opened = pool_record{};
  opened.key = key;
  opened.family = open_family(key);
  opened.is_wide = key.rules == 0;
  const auto slot = pools_.add(std::move(opened));
  pool_of_.emplace(key, slot);
  if (key.rules == 0)
    enter_wide(slot);
  return slot;
}

ready_queue::slot_number ready_queue::open_family(const pool_key& key) {
  auto opened = family_record{};
  opened.key = key;
  opened.key.placement = 0;
  // Without rules there is nothing that its pools could differ in.
  if (key.rules != 0)
    if (const auto found = family_of_.find(opened.key);
        found != family_of_.end())
      return found->second;
  auto& families = class_of(key.priority).families;
  opened.class_place = static_cast<slot_number>(families.size());
  const auto slot = families_.add(std::move(opened));
  families.push_back(slot);
  if (key.rules != 0)
    family_of_.emplace(families_[slot].key, slot);
  return slot;
}

void ready_queue::enter_wide(slot_number pool) {
  auto& wide = families_[pools_[pool].family].wide;
  pools_[pool].family_place = static_cast<slot_number>(wide.size());
  wide.push_back(pool);
}

void ready_queue::leave_wide(slot_number pool) {
  take_out(
    families_[pools_[pool].family].wide,
    [this](slot_number of) -> slot_number& { return pools_[of].family_place; },
    pool);
}

/// More keys have work in it than are looked at one by one.
void ready_queue::widen(slot_number pool) {
  auto& of = pools_[pool];
  families_[of.family].ages.erase(pool, oldest_rules{this});
  of.is_wide = true;
  enter_wide(pool);
  for (const auto lane : std::exchange(of.few, {})) {
    leave_strand(lane);
    flows_[lanes_[lane].flow].lanes.push_back(lane);
    of.lanes.push(lane, pool_rules{this});
  }
}

void ready_queue::narrow(slot_number pool) {
  auto& of = pools_[pool];
  leave_wide(pool);
  of.is_wide = false;
  families_[of.family].ages.push(pool, oldest_rules{this});
  of.few = std::exchange(of.lanes, {}).slots();
  for (const auto lane : of.few) {
    std::erase(flows_[lanes_[lane].flow].lanes, lane);
    join_strand(lane);
  }
}

/// It has no work any more.
void ready_queue::close_pool(slot_number pool) {
  drop_reservation(pool);
  const auto family = pools_[pool].family;
  if (pools_[pool].is_wide)
    leave_wide(pool);
  else
    families_[family].ages.erase(pool, oldest_rules{this});
  pool_of_.erase(pools_[pool].key);
  pools_.erase(pool);
  if (families_[family].wide.empty() && families_[family].ages.is_empty())
    close_family(family);
}

void ready_queue::close_family(slot_number family) {
  const auto& key = families_[family].key;
  if (key.rules != 0)
    family_of_.erase(key);
  take_out(
    class_of(key.priority).families,
    [this](slot_number of) -> slot_number& {
      return families_[of].class_place;
    },
    family);
  families_.erase(family);
}

} // namespace troupe::engine
