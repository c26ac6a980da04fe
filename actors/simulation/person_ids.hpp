#pragma once

#include "runtime/tabular/csv_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Ids by key: those of the people of the start, as they were given, and those
/// of hires, made of their keys: NH_2025_000001. As fields of CSV, so with
/// quotes where they need some. Copies share what they hold.
class person_ids {
public:
  person_ids() = default;

  /// `keys` ascend; `ids` has as many entries.
  person_ids(std::vector<std::uint64_t> keys, const runtime::text_column& ids);

  /// Of fields that somebody else owns: field i is characters[offsets[i],
  /// offsets[i + 1]), so that there is one offset more than keys.
  person_ids(std::span<const std::uint64_t> keys,
             std::span<const std::uint32_t> offsets,
             std::string_view characters, std::shared_ptr<const void> owner);

  /// Those of the keys from the first to the last, both included.
  [[nodiscard]] person_ids between(std::uint64_t first,
                                   std::uint64_t last) const;

  [[nodiscard]] std::span<const std::uint64_t> keys() const noexcept {
    return keys_;
  }

  /// One more than keys; they are positions in `characters`.
  [[nodiscard]] std::span<const std::uint32_t> offsets() const noexcept {
    return offsets_;
  }

  [[nodiscard]] std::string_view characters() const noexcept {
    return characters_;
  }

  /// Keeps the spans alive.
  [[nodiscard]] const std::shared_ptr<const void>& owner() const noexcept {
    return owner_;
  }

  /// Bytes of the longest.
  [[nodiscard]] std::size_t bytes_max() const noexcept {
    return bytes_max_;
  }

  /// Writes ids of ascending keys one after the other.
  class cursor {
  public:
    explicit cursor(const person_ids& ids) noexcept : ids_{&ids} {}

    /// Writes to `target`, which has room for bytes_max, and returns the end.
    [[nodiscard]] char* write(char* target, std::uint64_t key);

  private:
    const person_ids* ids_;
    std::size_t at_ = 0;
  };

private:
  [[nodiscard]] std::string_view field(std::size_t at) const {
    return characters_.substr(offsets_[at], offsets_[at + 1] - offsets_[at]);
  }

  std::span<const std::uint64_t> keys_;
  std::span<const std::uint32_t> offsets_;
  std::string_view characters_;
  std::shared_ptr<const void> owner_;
  std::size_t bytes_max_ = 32; ///< Enough for every hire.
};

} // namespace troupe::simulation
