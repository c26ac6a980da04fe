#pragma once

#include "actors/engine/lease.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The rules of `lease_table` with lists only: what is free is counted anew
/// each time. Knows limits that are set, not keys that come and go.
class naive_lease_table {
public:
  std::map<std::string, std::uint64_t> limits;
  std::vector<troupe::engine::lease_row> rows;
  std::chrono::microseconds class_step{0};

  [[nodiscard]] std::uint64_t held(const std::string& resource) const;

  /// Whether it was granted, or had been.
  bool acquire(const troupe::engine::lease_request& request,
               troupe::engine::instant now);
  bool renew(const troupe::engine::lease_owner& owner,
             troupe::engine::instant now, std::chrono::microseconds ttl);
  bool release(const troupe::engine::lease_owner& owner);
  void release_all_of(const troupe::runtime::uuid& run);
  /// How many rows.
  std::size_t expire(troupe::engine::instant now);
  bool stop_waiting(const troupe::engine::lease_holder& holder);
  [[nodiscard]] std::vector<troupe::engine::lease_waiter>
  line_of(const std::string& resource) const;
  [[nodiscard]] std::vector<troupe::engine::lease_row> sorted_rows() const;

private:
  struct waiter {
    troupe::engine::lease_waiter entry;
    troupe::engine::instant rank;
    std::uint64_t arrival = 0;
  };

  [[nodiscard]] std::vector<waiter> sorted_line() const;
  [[nodiscard]] bool has_room(const troupe::engine::lease_need& need,
                              const waiter& who) const;

  std::vector<waiter> waiters_;
  std::uint64_t arrivals_ = 0;
};
