#pragma once

#include "cluster/membership/member.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

struct member_table_options {
  /// Members that are neither dead nor left; more are refused.
  std::size_t members_max = 64;
  /// Dead and left ones that are remembered; beyond, the oldest are forgotten.
  std::size_t tombstones_max = 256;
  /// How long they are remembered.
  std::chrono::microseconds tombstone_time{std::chrono::hours{1}};

  friend bool operator==(const member_table_options&,
                         const member_table_options&)
    = default;
};

/// The members by name, each as the greatest record that was ever merged:
/// merging is commutative, associative and idempotent as long as nobody is
/// refused or forgotten. Time comes in as an argument.
class member_table {
public:
  using time_point = runtime::clock::steady_time;
  using duration = std::chrono::microseconds;

  enum class merge_outcome : std::uint8_t {
    unchanged,
    changed,
    refused, ///< The table is full.
    outdated, ///< Of somebody unknown who ended too long ago to matter.
  };

  struct merge_result {
    merge_outcome outcome = merge_outcome::unchanged;
    std::optional<member> before; ///< Only when changed.
  };

  struct row {
    member of;
    time_point ended_at; ///< When it became dead or left, as far as is known.
  };

  explicit member_table(const member_table_options& options = {})
    : options_{options} {}

  /// Takes the greater of what is known and `record`. `ended_at` counts for
  /// dead and left ones only; of several, the earliest is kept. A tombstone of
  /// somebody unknown is not taken in the second half of its time, or those
  /// that forget at different moments would remind each other for ever.
  merge_result merge(const member& record, time_point now, time_point ended_at);

  merge_result merge(const member& record, time_point now) {
    return merge(record, now, now);
  }

  /// Forgets the dead and left whose time is over, and the oldest of too many.
  /// Their names.
  std::vector<std::string> purge(time_point now);

  /// Forgets everybody but `name` and who left. The names of those.
  std::vector<std::string> forget_others(std::string_view name);

  [[nodiscard]] const member* find(std::string_view name) const;

  /// By name, in ascending order.
  [[nodiscard]] const std::map<std::string, row, std::less<>>&
  rows() const noexcept {
    return rows_;
  }

  /// The records alone, by name.
  [[nodiscard]] std::vector<member> members() const;

  /// Neither dead nor left.
  [[nodiscard]] std::size_t living() const noexcept {
    return rows_.size() - tombstones_;
  }

  [[nodiscard]] std::size_t tombstones() const noexcept {
    return tombstones_;
  }

private:
  member_table_options options_;
  std::map<std::string, row, std::less<>> rows_;
  std::size_t tombstones_ = 0;
};

} // namespace troupe::cluster
