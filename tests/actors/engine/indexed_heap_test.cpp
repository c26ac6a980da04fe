#include "actors/engine/indexed_heap.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using troupe::engine::indexed_heap;

namespace {

struct by_value {
  std::vector<std::uint32_t>* values;
  std::vector<std::uint32_t>* places;

  bool comes_before(std::uint32_t left, std::uint32_t right) const {
    return std::pair{(*values)[left], left}
           < std::pair{(*values)[right], right};
  }

  std::uint32_t& place(std::uint32_t slot) const {
    return (*places)[slot];
  }
};

} // namespace

TEST_CASE("the top of a heap is the first, whatever comes, goes and changes") {
  auto random = std::mt19937_64{3};
  auto values = std::vector<std::uint32_t>(60);
  auto places = std::vector<std::uint32_t>(60);
  const auto rules = by_value{&values, &places};
  auto heap = indexed_heap{};
  auto present = std::vector<std::uint32_t>{};
  for (auto step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % 60);
    const auto found = std::find(present.begin(), present.end(), slot);
    if (found == present.end()) {
      values[slot] = static_cast<std::uint32_t>(random() % 40);
      heap.push(slot, rules);
      present.push_back(slot);
    } else if (random() % 2 == 0) {
      heap.erase(slot, rules);
      present.erase(found);
    } else {
      values[slot] = static_cast<std::uint32_t>(random() % 40);
      heap.update(slot, rules);
    }
    REQUIRE(heap.size() == present.size());
    if (present.empty())
      continue;
    REQUIRE(heap.top()
            == *std::min_element(present.begin(), present.end(),
                                 [&](auto left, auto right) {
                                   return rules.comes_before(left, right);
                                 }));
  }
}
