#pragma once

#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/store_writer.hpp"
#include "runtime/store/transactions.hpp"
#include "tests/support/places.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tests {

/// One table of numbers, each at most once and none negative.
[[nodiscard]] runtime::migration_list number_schema();

/// Inserts these numbers, all or none.
[[nodiscard]] messages::CommitTransaction
insert_numbers(const std::vector<std::int64_t>& numbers);

[[nodiscard]] runtime::write_request
number_request(const std::vector<std::int64_t>& numbers);

/// Opens a writer with `number_schema`; fails the test if that fails.
[[nodiscard]] runtime::store_writer open_writer(const std::string& path);

/// All numbers in the store, ascending; fails the test if it cannot be read.
[[nodiscard]] std::vector<std::int64_t> read_numbers(const std::string& path);

/// Does this to a store behind its owner's back; fails the test if it cannot.
void change_store(const std::string& path, const std::string& sql);

/// The one number that a query gives; fails the test if it cannot be read.
[[nodiscard]] std::int64_t number_in(const std::string& path,
                                     const std::string& query);

/// A small file system of its own that can be filled up; needs privileges.
class small_disk {
public:
  explicit small_disk(const std::string& folder,
                      const std::string& size = "1m");
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  ~small_disk();

  [[nodiscard]] bool is_mounted() const noexcept {
    return is_mounted_;
  }

  /// Uses up all space, and gives it back.
  void fill();
  void empty();

  /// Whether the system obeyed.
  [[nodiscard]] bool make_read_only();

private:
  std::string folder_;
  bool is_mounted_ = false;
};

} // namespace troupe::tests
