#pragma once

#include "runtime/actor_system.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/store.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace troupe::runtime {

/// How many work at the same time: so many, or with 0 one per processor.
[[nodiscard]] std::size_t worker_count(std::size_t asked) noexcept;

struct store_host_options {
  /// Threads for actors.
  std::size_t threads = 2;
  /// The store; without a path nothing is stored.
  store_options store;
  migration_list schema;
  /// How long the actors may take to end; then they are left behind.
  std::chrono::milliseconds shutdown_timeout{10'000};
};

/// What a door to actors for programs without any needs: a system of actors,
/// and a store under a supervisor, both of its own or of somebody else. Not
/// thread-safe.
class store_host {
public:
  /// Starts the system, and opens the store if there is one already, so that
  /// it shows at once whether it is one. Problems are those of the store.
  [[nodiscard]] static outcome<store_host> create(store_host_options options);

  /// Uses what runs already and outlives this. `path` is the file of the store.
  [[nodiscard]] static store_host attach(caf::actor_system& system,
                                         store_actor store, std::string path);

  store_host(store_host&&) noexcept;
  store_host& operator=(store_host&&) noexcept;
  ~store_host();

  [[nodiscard]] caf::actor_system& system() const noexcept;

  /// The file of the store; empty: nothing is stored.
  [[nodiscard]] const std::string& path() const noexcept;

  /// Makes the store and its folder, unless it is open.
  [[nodiscard]] outcome<void> open();

  /// The store as it runs now; nothing where none is open.
  [[nodiscard]] outcome<store_actor> store() const;

  /// Blocks until it is stored.
  [[nodiscard]] outcome<void> commit(messages::CommitTransaction transaction,
                                     messages::column_block rows = {}) const;

private:
  struct state;

  explicit store_host(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::runtime
