#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Records that are known by a small number instead of a pointer. The number of
/// an erased record is used again; references to others stay valid. Gives its
/// memory back once it is empty.
template <class T>
class slab {
public:
  [[nodiscard]] std::uint32_t add(T record) {
    ++size_;
    if (free_.empty()) {
      records_.push_back(std::move(record));
      return static_cast<std::uint32_t>(records_.size() - 1);
    }
    const auto slot = free_.back();
    free_.pop_back();
    records_[slot] = std::move(record);
    return slot;
  }

  void erase(std::uint32_t slot) {
    if (--size_ == 0) {
      records_ = {};
      free_ = {};
      return;
    }
    records_[slot] = T{};
    free_.push_back(slot);
  }

  [[nodiscard]] T& operator[](std::uint32_t slot) {
    return records_[slot];
  }

  [[nodiscard]] const T& operator[](std::uint32_t slot) const {
    return records_[slot];
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return size_;
  }

private:
  std::deque<T> records_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

} // namespace troupe::engine
