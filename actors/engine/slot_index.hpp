#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Finds the slot of a 64-bit key; the keys themselves are kept with the slots
/// only, so that it costs 5 to 11 bytes per key. Open addressing with linear
/// probing; an erased place is closed at once, so no search grows with the
/// past.
///
/// `KeyOf`, given with each call, returns the key of a slot.
class slot_index {
public:
  template <class KeyOf>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t key,
                                                  const KeyOf& key_of) const {
    if (size_ == 0)
      return std::nullopt;
    for (auto place = home(key);; place = next(place)) {
      if (places_[place] == nobody)
        return std::nullopt;
      if (key_of(places_[place]) == key)
        return places_[place];
    }
  }

  /// The key of the slot must not be in the index yet.
  template <class KeyOf>
  void insert(std::uint32_t slot, const KeyOf& key_of) {
    if ((size_ + 1) * 4 > places_.size() * 3)
      grow(key_of);
    put(slot, key_of);
    ++size_;
  }

  /// The slot must be in the index.
  template <class KeyOf>
  void erase(std::uint32_t slot, const KeyOf& key_of) {
    auto gap = home(key_of(slot));
    while (places_[gap] != slot)
      gap = next(gap);
    for (auto place = next(gap); places_[place] != nobody;
         place = next(place)) {
      // Who would not be found any more across the gap moves into it.
      if (distance(home(key_of(places_[place])), place) < distance(gap, place))
        continue;
      places_[gap] = places_[place];
      gap = place;
    }
    places_[gap] = nobody;
    if (--size_ == 0)
      places_ = {};
  }

private:
  static constexpr auto nobody = ~std::uint32_t{0};
  static constexpr auto places_min = std::size_t{16};

  /// Fibonacci hashing: the highest bits of a product with 2^64 / golden ratio.
  [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept {
    const auto shift = 64 - std::countr_zero(places_.size());
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> shift);
  }

  [[nodiscard]] std::size_t next(std::size_t place) const noexcept {
    return (place + 1) & (places_.size() - 1);
  }

  [[nodiscard]] std::size_t distance(std::size_t from,
                                     std::size_t to) const noexcept {
    return (to - from) & (places_.size() - 1);
  }

  template <class KeyOf>
  void put(std::uint32_t slot, const KeyOf& key_of) {
    auto place = home(key_of(slot));
    while (places_[place] != nobody)
      place = next(place);
    places_[place] = slot;
  }

  template <class KeyOf>
  void grow(const KeyOf& key_of) {
    const auto places
      = places_.empty() ? places_min : places_.size() * std::size_t{2};
    const auto before
      = std::exchange(places_, std::vector<std::uint32_t>(places, nobody));
    for (const auto slot : before)
      if (slot != nobody)
        put(slot, key_of);
  }

  std::vector<std::uint32_t> places_;
  std::size_t size_ = 0;
};

} // namespace troupe::engine
