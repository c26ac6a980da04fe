#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// Counts the leaders of a lease; each has a higher one than all before. 0 is
/// nobody's.
using lease_epoch = std::uint64_t;

/// A row of the table `leases`. The row is never deleted, so that the epoch
/// cannot begin anew.
struct lease_row {
  std::string name;
  /// Node and incarnation: another process under the same name is another
  /// holder. Stays after the lease has ended.
  std::string holder;
  /// 0: nobody has held it yet.
  lease_epoch epoch = 0;
  /// By the database's clock.
  runtime::clock::wall_time expires_at{};

  friend bool operator==(const lease_row&, const lease_row&) = default;
};

/// What the database says to acquire, renew, release and watch.
struct lease_answer {
  /// Whether it did what was asked; a watch asks for nothing.
  bool is_granted = false;
  /// Of the row as it is now.
  std::string holder;
  lease_epoch epoch = 0;
  /// By the database's clock; zero: it is free.
  std::chrono::microseconds left{0};

  friend bool operator==(const lease_answer&, const lease_answer&) = default;
};

// What the statements of lease_statements.hpp do, in the order in which the
// database does them. `now` is the database's clock at that moment.

/// Gives a free lease to `holder`, under the next epoch. Who holds it already
/// is refused as well: its request may be an old one.
lease_answer try_acquire(lease_row& row, std::string_view holder,
                         runtime::clock::wall_time now,
                         std::chrono::microseconds length);

/// Lets whoever holds the lease under this epoch hold it for `length` from now.
/// A lease that has ended is not renewed: its holder has given up by then, and
/// would only keep others waiting.
lease_answer renew(lease_row& row, std::string_view holder, lease_epoch epoch,
                   runtime::clock::wall_time now,
                   std::chrono::microseconds length);

/// Ends the lease now, if it is held under this epoch. The epoch stays.
lease_answer release(lease_row& row, std::string_view holder, lease_epoch epoch,
                     runtime::clock::wall_time now);

/// The row as it is.
[[nodiscard]] lease_answer watch(const lease_row& row,
                                 runtime::clock::wall_time now);

/// Fencing: whether what a leader writes under this epoch counts. Does not look
/// at the time: as long as nobody else was given the lease, there is nobody
/// whom the write could contradict.
[[nodiscard]] bool accepts(const lease_row& row, lease_epoch epoch) noexcept;

} // namespace troupe::cluster
