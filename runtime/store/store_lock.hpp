#pragma once

#include "runtime/problem.hpp"

#include <string>

namespace troupe::runtime {

/// The right to write to a store, held by one process at a time. The system
/// frees it when the process ends in any way.
class store_lock {
public:
  /// Locks the store at `path` by `PATH.lock`, which tells who holds it and is
  /// left behind. Errors: `unavailable`, naming the owner, when somebody (this
  /// process included) holds it, or when the folder is read-only or full.
  [[nodiscard]] static outcome<store_lock> acquire(const std::string& path);

  /// Whether some process holds the store at `path` now.
  [[nodiscard]] static bool is_held(const std::string& path);

  store_lock(store_lock&& other) noexcept;
  store_lock& operator=(store_lock&& other) noexcept;
  store_lock(const store_lock&) = delete;
  store_lock& operator=(const store_lock&) = delete;
  ~store_lock();

private:
  explicit store_lock(int descriptor) noexcept : descriptor_{descriptor} {}

  void release() noexcept;

  int descriptor_ = -1;
};

} // namespace troupe::runtime
