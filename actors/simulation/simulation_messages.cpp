#include "actors/simulation/simulation_messages.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using kind = messages::column::kind;

namespace {

using owner_pointer = std::shared_ptr<const void>;

// A signed and an unsigned integer of one size may share memory, and anything
// may be read as bytes.

column share(std::span<const std::int64_t> values, const owner_pointer& owner) {
  return column::borrow(values, owner);
}

column share(std::span<const std::uint64_t> values,
             const owner_pointer& owner) {
  return column::borrow(
    std::span{reinterpret_cast<const std::int64_t*>(values.data()),
              values.size()},
    owner);
}

column share(std::span<const std::int32_t> values, const owner_pointer& owner) {
  return column::borrow(
    std::span{reinterpret_cast<const std::uint32_t*>(values.data()),
              values.size()},
    owner);
}

/// Of bytes and of enumerations as large as one.
template <class Byte>
requires(sizeof(Byte) == 1) column
  share(std::span<const Byte> values, const owner_pointer& owner) {
  return column::borrow(
    std::span{reinterpret_cast<const std::uint8_t*>(values.data()),
              values.size()},
    owner);
}

/// Days of a year have two bytes, for which there is no kind of column.
column widen(std::span<const std::uint16_t> values) {
  return column{std::vector<std::uint32_t>(values.begin(), values.end())};
}

template <class Value>
std::span<const Value> first_of(const std::vector<Value>& values,
                                std::size_t count) {
  return std::span<const Value>{values}.first(count);
}

std::span<const std::uint64_t> keys_of(const column& from) {
  const auto values = from.integers();
  return {reinterpret_cast<const std::uint64_t*>(values.data()), values.size()};
}

std::span<const std::int32_t> numbers_of(const column& from) {
  const auto values = from.counts();
  return {reinterpret_cast<const std::int32_t*>(values.data()), values.size()};
}

} // namespace

void append_people(column_list& to, const people_view& of,
                   const owner_pointer& owner) {
  to.push_back(share(of.key, owner));
  to.push_back(share(of.birth_date, owner));
  to.push_back(share(of.hire_date, owner));
  to.push_back(share(of.pay, owner));
  to.push_back(share(of.deferral, owner));
  to.push_back(share(of.level, owner));
  to.push_back(share(of.plan, owner));
}

void append_ids(column_list& to, const person_ids& ids) {
  to.push_back(share(ids.keys(), ids.owner()));
  if (ids.keys().empty())
    to.emplace_back(std::vector<std::uint32_t>{0}, std::string{});
  else
    to.push_back(column::borrow(ids.offsets(), ids.characters(), ids.owner()));
}

void append_events(column_list& to, const event_columns& of,
                   const owner_pointer& owner) {
  const auto count = of.count;
  to.push_back(share(first_of(of.key, count), owner));
  to.push_back(share(first_of(of.amount, count), owner));
  to.push_back(share(first_of(of.previous, count), owner));
  to.push_back(share(first_of(of.probability, count), owner));
  to.push_back(widen(first_of(of.day, count)));
  to.push_back(share(first_of(of.type, count), owner));
  to.push_back(share(first_of(of.level, count), owner));
  to.push_back(share(first_of(of.age, count), owner));
  to.push_back(share(first_of(of.tenure, count), owner));
}

void append_rows(column_list& to, const year_row_columns& of,
                 const owner_pointer& owner) {
  const auto count = of.count;
  to.push_back(share(first_of(of.key, count), owner));
  to.push_back(share(first_of(of.pay, count), owner));
  to.push_back(share(first_of(of.prorated, count), owner));
  to.push_back(share(first_of(of.birth_date, count), owner));
  to.push_back(share(first_of(of.hire_date, count), owner));
  to.push_back(share(first_of(of.termination_date, count), owner));
  to.push_back(share(first_of(of.deferral, count), owner));
  to.push_back(share(first_of(of.status, count), owner));
  to.push_back(share(first_of(of.level, count), owner));
  to.push_back(share(first_of(of.age, count), owner));
  to.push_back(share(first_of(of.tenure, count), owner));
  to.push_back(share(first_of(of.plan, count), owner));
}

column_block to_block(people staff) {
  const auto owner = std::make_shared<const people>(std::move(staff));
  auto columns = column_list{};
  append_people(columns, *owner, owner);
  return column_block{std::move(columns)};
}

column_block people_of(const column_block& block) {
  auto columns = column_list{};
  const auto count = std::min(people_column_count, block.size());
  for (auto at = std::size_t{0}; at < count; ++at)
    columns.push_back(block[at]);
  return column_block{std::move(columns)};
}

std::optional<people_view> read_people(const column_block& block) {
  using enum column::kind;
  constexpr auto kinds
    = std::array{integers, counts, counts, integers, counts, bytes, bytes};
  if (block.size() < kinds.size())
    return std::nullopt;
  for (auto at = std::size_t{0}; at < kinds.size(); ++at)
    if (block[at].type() != kinds[at] || block[at].size() != block[0].size())
      return std::nullopt;
  auto view = people_view{};
  view.key = keys_of(block[0]);
  view.birth_date = numbers_of(block[1]);
  view.hire_date = numbers_of(block[2]);
  view.pay = block[3].integers();
  view.deferral = numbers_of(block[4]);
  view.level = block[5].bytes();
  view.plan = block[6].bytes();
  return view;
}

std::optional<std::span<const std::uint64_t>>
read_keys(const column_block& block) {
  if (block.empty() || block[0].type() != kind::integers)
    return std::nullopt;
  return keys_of(block[0]);
}

std::optional<person_ids> read_ids(const column_block& block,
                                   std::size_t first) {
  if (block.size() < first + id_column_count
      || block[first].type() != kind::integers
      || block[first + 1].type() != kind::texts
      || block[first].size() != block[first + 1].size())
    return std::nullopt;
  // The columns keep what they share alive.
  const auto owner = std::make_shared<const column_block>(block);
  return person_ids{keys_of((*owner)[first]),
                    (*owner)[first + 1].text_offsets(),
                    (*owner)[first + 1].text_characters(), owner};
}

column_block to_block(std::span<const draw_histogram> groups) {
  auto columns = column_list{};
  for (const auto& draws : groups) {
    auto counts = std::vector<std::uint32_t>{};
    counts.reserve(draw_histogram::bucket_count);
    for (const auto count : draws.counts())
      counts.push_back(static_cast<std::uint32_t>(count));
    columns.emplace_back(std::move(counts));
  }
  return column_block{std::move(columns)};
}

std::optional<std::vector<draw_histogram>>
read_histograms(const column_block& block) {
  auto groups = std::vector<draw_histogram>{};
  for (auto at = std::size_t{0}; at < block.size(); ++at) {
    if (block[at].type() != kind::counts
        || block[at].size() != draw_histogram::bucket_count)
      return std::nullopt;
    groups.emplace_back(
      block[at].counts().first<draw_histogram::bucket_count>());
  }
  return groups;
}

column_block to_block(std::span<const std::vector<keyed_draw>> groups) {
  auto columns = column_list{};
  for (const auto& draws : groups) {
    auto values = std::vector<std::int64_t>{};
    auto keys = std::vector<std::int64_t>{};
    for (const auto& each : draws) {
      values.push_back(static_cast<std::int64_t>(each.draw));
      keys.push_back(static_cast<std::int64_t>(each.key));
    }
    columns.emplace_back(std::move(values));
    columns.emplace_back(std::move(keys));
  }
  return column_block{std::move(columns)};
}

bool read_draws(const column_block& block,
                std::span<std::vector<keyed_draw>> groups) {
  if (block.size() != 2 * groups.size())
    return false;
  for (auto at = std::size_t{0}; at < block.size(); ++at)
    if (block[at].type() != kind::integers
        || block[at].size() != block[at - at % 2].size())
      return false;
  for (auto group = std::size_t{0}; group < groups.size(); ++group) {
    const auto values = keys_of(block[2 * group]);
    const auto keys = keys_of(block[2 * group + 1]);
    for (auto at = std::size_t{0}; at < values.size(); ++at)
      groups[group].push_back({values[at], keys[at]});
  }
  return true;
}

messages::RuleViolation to_message(const rule_violation& of) {
  auto message = messages::RuleViolation{};
  message.set_rule(of.rule);
  message.set_year(of.year);
  for (const auto key : of.keys)
    message.add_keys(key);
  message.set_people(of.people);
  message.set_detail(of.detail);
  return message;
}

rule_violation from_message(const messages::RuleViolation& of) {
  return {.rule = of.rule(),
          .year = of.year(),
          .keys = {of.keys().begin(), of.keys().end()},
          .people = of.people(),
          .detail = of.detail()};
}

} // namespace troupe::simulation
