#include "actors/simulation/people_keeper.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/simulation_messages.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::simulation {

using messages::column;
using messages::column_block;

namespace {

template <class Value>
std::vector<Value> own_values(std::span<const Value> values) {
  return {values.begin(), values.end()};
}

people copy_of(const people_view& from) {
  auto to = people{};
  to.key = own_values(from.key);
  to.birth_date = own_values(from.birth_date);
  to.hire_date = own_values(from.hire_date);
  to.pay = own_values(from.pay);
  to.deferral = own_values(from.deferral);
  to.level = own_values(from.level);
  to.plan.reserve(from.size());
  for (const auto plan : from.plan)
    to.plan.push_back(static_cast<enrollment>(plan));
  return to;
}

/// With memory of their own, not a byte too much: what is shared would stay as
/// long as anybody shares it.
column_block own_copy(const column_block& from) {
  return to_block(copy_of(read_people(from).value()));
}

column own_keys(const column& keys) {
  return column{own_values(keys.integers())};
}

/// What was packed here a moment ago.
people unpacked(const std::string& bytes) {
  return std::move(unpack_people(bytes).value());
}

constexpr auto key_bytes = std::uint64_t{sizeof(std::uint64_t)};

} // namespace

// -- one block ---------------------------------------------------------------

/// From now on it takes so many bytes.
void people_keeper::take(kept_block& block, std::uint64_t bytes) {
  bytes_ -= block.bytes;
  bytes_ += bytes;
  block.bytes = bytes;
}

void people_keeper::keep(kept_block& block, column_block people) {
  const auto view = read_people(people).value();
  block.at = place::there;
  block.people = view.size();
  if (view.size() != 0) {
    block.first_key = view.key.front();
    block.last_key = view.key.back();
  }
  block.columns = std::move(people);
  block.keys = {};
  block.packed = {};
  take(block, raw_bytes(view));
}

/// Its keys remain known.
void people_keeper::drop(kept_block& block) {
  block.at = place::nowhere;
  block.columns = {};
  block.keys = {};
  block.packed = {};
  take(block, 0);
}

void people_keeper::put_away(kept_block& block) {
  block.keys = own_keys(block.columns[0]);
  block.columns = {};
  block.at = place::away;
  take(block, block.people * key_bytes);
  ++spilled_;
}

void people_keeper::pack(kept_block& block) {
  auto bytes = std::string{};
  pack_people(read_people(block.columns).value(), bytes);
  // Of a few people, the columns are less.
  if (bytes.size() >= block.bytes)
    return;
  bytes.shrink_to_fit();
  block.packed = std::move(bytes);
  block.columns = {};
  block.at = place::packed;
  take(block, block.packed.size());
  ++spilled_;
}

// -- the blocks of the year --------------------------------------------------

void people_keeper::add(const column_block& people) {
  now_there_.insert(now_.size());
  keep(now_.emplace_back(), limit_.bytes == 0 ? people : own_copy(people));
}

std::size_t people_keeper::people() const noexcept {
  auto all = std::size_t{0};
  for (const auto& each : now_)
    all += each.people;
  return all;
}

std::size_t people_keeper::block_people_max() const noexcept {
  auto most = std::size_t{0};
  for (const auto& each : now_)
    most = std::max(most, each.people);
  return most;
}

column people_keeper::keys(std::size_t block) const {
  const auto& from = now_.at(block);
  if (from.at == place::away)
    return from.keys;
  if (from.at == place::packed)
    return to_block(unpacked(from.packed))[0];
  return from.columns[0];
}

void people_keeper::hold(std::size_t block) {
  auto& each = now_.at(block);
  now_there_.erase(block);
  if (each.at == place::packed)
    keep(each, to_block(unpacked(each.packed)));
}

const column_block& people_keeper::held(std::size_t block) const {
  return now_.at(block).columns;
}

bool people_keeper::load(std::size_t block, const column_block& people) {
  auto& each = now_.at(block);
  const auto view = read_people(people);
  if (each.at != place::away || !view
      || !std::ranges::equal(people[0].integers(), each.keys.integers()))
    return false;
  keep(each, people);
  return true;
}

// -- the next year -----------------------------------------------------------

void people_keeper::replace(std::size_t block, const column_block& people) {
  if (block < now_.size()) {
    now_there_.erase(block);
    drop(now_[block]);
  }
  if (block >= next_.size())
    next_.resize(block + 1);
  keep(next_[block], limit_.bytes == 0 ? people : own_copy(people));
  next_there_.insert(block);
}

std::vector<std::size_t> people_keeper::begin_next_year() {
  now_.clear();
  now_there_.clear();
  auto which = std::vector<std::size_t>{};
  for (auto at = std::size_t{0}; at < next_.size(); ++at) {
    // Nobody is in an empty one.
    if (next_[at].people == 0)
      continue;
    if (next_there_.contains(at))
      now_there_.insert(now_.size());
    which.push_back(at);
    now_.push_back(std::move(next_[at]));
  }
  next_.clear();
  next_there_.clear();
  return which;
}

// -- the limit ---------------------------------------------------------------

void people_keeper::put_last_away(blocks& of, std::set<std::size_t>& there) {
  const auto last = std::prev(there.end());
  auto& block = of[*last];
  there.erase(last);
  if (limit_.can_load)
    put_away(block);
  else
    pack(block);
}

bool people_keeper::make_room(std::uint64_t others) {
  if (limit_.bytes == 0)
    return true;
  while (bytes_ + others > limit_.bytes) {
    if (!next_there_.empty())
      put_last_away(next_, next_there_);
    else if (!now_there_.empty())
      put_last_away(now_, now_there_);
    else
      return false;
  }
  return true;
}

} // namespace troupe::simulation
