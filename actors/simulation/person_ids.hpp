#pragma once

#include "runtime/tabular/csv_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Ids by key: those of the people of the start, as they were given, and those
/// of hires, made of their keys: NH_2025_000001. As fields of CSV, so with
/// quotes where they need some.
class person_ids {
public:
  person_ids() = default;

  /// `keys` ascend; `ids` has as many entries.
  person_ids(std::vector<std::uint64_t> keys, const runtime::text_column& ids);

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
  std::vector<std::uint64_t> keys_;
  runtime::text_column fields_;
  std::size_t bytes_max_ = 32;
};

} // namespace troupe::simulation
