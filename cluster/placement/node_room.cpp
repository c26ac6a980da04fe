#include "cluster/placement/node_room.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

constexpr auto whole = std::uint64_t{1'000'000};

std::uint64_t amount_of(const node_room& of, const std::string& name) {
  const auto found = of.named.find(name);
  return found == of.named.end() ? 0 : found->second;
}

/// Of amounts that are so large that millionths of them overflow, both are made
/// smaller alike.
std::uint64_t millionths(std::uint64_t part, std::uint64_t of) {
  constexpr auto part_max = ~std::uint64_t{0} / whole;
  while (part > part_max) {
    part >>= 1U;
    of >>= 1U;
  }
  return of == 0 ? (part == 0 ? 0 : whole) : part * whole / of;
}

/// Calls it with the needed, free and whole amount of everything needed.
template <class Visitor>
void for_each_need(const node_room& needed, const node_room& room,
                   const node_room& capacity, Visitor&& visit) {
  if (needed.cpu_thousandths != 0)
    visit(needed.cpu_thousandths, room.cpu_thousandths,
          capacity.cpu_thousandths);
  if (needed.memory_bytes != 0)
    visit(needed.memory_bytes, room.memory_bytes, capacity.memory_bytes);
  for (const auto& [name, amount] : needed.named)
    if (amount != 0)
      visit(amount, amount_of(room, name), amount_of(capacity, name));
}

void take_amount(std::uint64_t& from, std::uint64_t what) {
  from -= std::min(from, what);
}

} // namespace

std::string lacking(const node_room& needed, const node_room& room) {
  if (needed.cpu_thousandths > room.cpu_thousandths)
    return "cpu";
  if (needed.memory_bytes > room.memory_bytes)
    return "memory";
  for (const auto& [name, amount] : needed.named)
    if (amount > amount_of(room, name))
      return name;
  return {};
}

bool fits(const node_room& needed, const node_room& room) {
  return lacking(needed, room).empty();
}

void take(node_room& from, const node_room& what) {
  take_amount(from.cpu_thousandths, what.cpu_thousandths);
  take_amount(from.memory_bytes, what.memory_bytes);
  for (const auto& [name, amount] : what.named)
    if (const auto found = from.named.find(name); found != from.named.end())
      take_amount(found->second, amount);
}

void add(node_room& to, const node_room& what) {
  to.cpu_thousandths += what.cpu_thousandths;
  to.memory_bytes += what.memory_bytes;
  for (const auto& [name, amount] : what.named)
    to.named[name] += amount;
}

std::uint64_t shortage(const node_room& needed, const node_room& room,
                       const node_room& capacity) {
  auto sum = std::uint64_t{0};
  for_each_need(
    needed, room, capacity, [&sum](auto amount, auto free, auto all) {
      if (amount > free)
        sum += std::max(millionths(amount - free, all), std::uint64_t{1});
    });
  return sum;
}

std::uint64_t fullness(const node_room& needed, const node_room& room,
                       const node_room& capacity) {
  auto most = std::uint64_t{0};
  for_each_need(needed, room, capacity,
                [&most](auto amount, auto free, auto all) {
                  const auto left = free - std::min(amount, free);
                  const auto used = all - std::min(left, all);
                  most = std::max(most, millionths(used, all));
                });
  return most;
}

} // namespace troupe::cluster
