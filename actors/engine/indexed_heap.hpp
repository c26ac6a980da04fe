#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::engine {

/// A binary heap of 32-bit slots that know their place in it, so that any of
/// them can be taken out or moved in O(log n). Four bytes per slot.
///
/// `Rules`, given with each call, knows the slots:
///
///     bool comes_before(std::uint32_t, std::uint32_t);  // a total order
///     std::uint32_t& place(std::uint32_t);              // kept by the heap
class indexed_heap {
public:
  using slot = std::uint32_t;

  [[nodiscard]] bool is_empty() const noexcept {
    return slots_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return slots_.size();
  }

  /// The first; there must be one.
  [[nodiscard]] slot top() const noexcept {
    return slots_.front();
  }

  /// All of them, in no particular order.
  [[nodiscard]] const std::vector<slot>& slots() const noexcept {
    return slots_;
  }

  /// Visits the first, then those right behind a visited one as long as `visit`
  /// says true of it. Each comes before all behind it.
  template <class Visit>
  void walk(const Visit& visit, std::size_t place = 0) const {
    if (place >= slots_.size() || !visit(slots_[place]))
      return;
    walk(visit, place * 2 + 1);
    walk(visit, place * 2 + 2);
  }

  template <class Rules>
  void push(slot added, const Rules& rules) {
    slots_.push_back(added);
    rise(slots_.size() - 1, rules);
  }

  /// The slot must be in the heap, here and below. Its rank may have changed.
  template <class Rules>
  void erase(slot erased, const Rules& rules) {
    const auto place = std::size_t{rules.place(erased)};
    const auto last = slots_.back();
    slots_.pop_back();
    if (last != erased) {
      slots_[place] = last;
      settle(place, rules);
    }
    if (slots_.empty())
      slots_.shrink_to_fit();
  }

  /// To be called after the rank of a slot has changed, before any other's.
  template <class Rules>
  void update(slot changed, const Rules& rules) {
    settle(rules.place(changed), rules);
  }

private:
  template <class Rules>
  void settle(std::size_t place, const Rules& rules) {
    if (rise(place, rules) == place)
      sink(place, rules);
  }

  template <class Rules>
  std::size_t rise(std::size_t place, const Rules& rules) {
    const auto moved = slots_[place];
    while (place > 0) {
      const auto parent = (place - 1) / 2;
      if (!rules.comes_before(moved, slots_[parent]))
        break;
      put(slots_[parent], place, rules);
      place = parent;
    }
    put(moved, place, rules);
    return place;
  }

  template <class Rules>
  void sink(std::size_t place, const Rules& rules) {
    const auto moved = slots_[place];
    for (;;) {
      auto child = place * 2 + 1;
      if (child >= slots_.size())
        break;
      if (child + 1 < slots_.size()
          && rules.comes_before(slots_[child + 1], slots_[child]))
        ++child;
      if (!rules.comes_before(slots_[child], moved))
        break;
      put(slots_[child], place, rules);
      place = child;
    }
    put(moved, place, rules);
  }

  template <class Rules>
  void put(slot moved, std::size_t place, const Rules& rules) {
    slots_[place] = moved;
    rules.place(moved) = static_cast<std::uint32_t>(place);
  }

  std::vector<slot> slots_;
};

} // namespace troupe::engine
