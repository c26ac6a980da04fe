#include "actors/engine/slot_index.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using troupe::engine::slot_index;

TEST_CASE("an index knows what is in it and nothing else") {
  auto random = std::mt19937_64{5};
  for (const auto range : {30U, 1'000U}) {
    auto keys = std::map<std::uint32_t, std::uint64_t>{};
    auto slots = std::map<std::uint64_t, std::uint32_t>{};
    const auto key_of = [&](std::uint32_t slot) { return keys.at(slot); };
    auto index = slot_index{};
    auto next = std::uint32_t{0};
    for (auto step = 0; step < 20'000; ++step) {
      // Keys that lie close together, and keys far apart.
      const auto draw = random() % range;
      const auto key = draw % 2 == 0 ? draw : draw << 40U;
      const auto found = slots.find(key);
      if (found == slots.end()) {
        REQUIRE_FALSE(index.find(key, key_of));
        keys[next] = key;
        slots[key] = next;
        index.insert(next++, key_of);
      } else {
        REQUIRE(index.find(key, key_of) == found->second);
        if (random() % 2 == 0)
          continue;
        index.erase(found->second, key_of);
        keys.erase(found->second);
        slots.erase(found);
      }
    }
    for (const auto& [key, slot] : slots)
      REQUIRE(index.find(key, key_of) == slot);
  }
}
