#pragma once

#include "messages/store.pb.h"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/group_writer.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/store_options.hpp"
#include "runtime/store/write_request.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::runtime {

/// The writing side of a store, without actors, whichever database it is in;
/// counts what becomes of transactions. Not thread-safe.
class store_writer {
public:
  /// As `spawn_store`. `now` is noted beside the migrations applied.
  [[nodiscard]] static outcome<store_writer> open(const store_options& options,
                                                  const migration_list& schema,
                                                  clock::wall_time now);

  /// Applies each transaction wholly or not at all, in order, then commits all
  /// of them with one sync. Result i belongs to request i. What is wrong with
  /// one transaction fails that one alone; what is wrong with the store (disk
  /// full, say) fails the group, and nothing of it has happened. The next group
  /// starts afresh.
  [[nodiscard]] std::vector<write_result>
  commit(std::span<const write_request> group);

  /// Counts a transaction that was refused before it came here.
  void record_refusal() noexcept;

  [[nodiscard]] const messages::StoreStatus& status() const noexcept {
    return status_;
  }

private:
  store_writer(std::unique_ptr<group_writer> to, const std::string& path);

  std::unique_ptr<group_writer> to_;
  messages::StoreStatus status_;
};

} // namespace troupe::runtime
