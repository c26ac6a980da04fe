#include "runtime/store_host.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/query/postgres_address.hpp"

#include <caf/scoped_actor.hpp>

#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace troupe::runtime {

using namespace std::chrono_literals;

namespace {

/// A store that is open already, and opened anew whenever its actor dies.
child_spec store_child(store_actor opened, store_options options,
                       migration_list schema) {
  auto spec = child_spec{};
  spec.id = "store";
  // It commits what it has accepted before it ends.
  spec.shutdown = 30s;
  spec.start = [opened = std::move(opened), options = std::move(options),
                schema = std::move(schema)](caf::actor_system& system) mutable {
    if (opened)
      return caf::actor_cast<caf::actor>(std::exchange(opened, nullptr));
    auto again = spawn_store(system, options, schema);
    if (!again)
      throw std::runtime_error{render(again.error())};
    return caf::actor_cast<caf::actor>(std::move(*again));
  };
  return spec;
}

/// The folder of the store has to exist before the store does.
outcome<void> make_folder(const std::string& store) {
  if (is_postgres_address(store))
    return {};
  const auto folder = std::filesystem::path{store}.parent_path();
  if (folder.empty())
    return {};
  auto error = std::error_code{};
  std::filesystem::create_directories(folder, error);
  if (!error)
    return {};
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.message = "cannot make the store's folder: " + error.message();
  reason.file = folder.string();
  reason.hint = "choose another store with --store, or --no-store";
  return fail(std::move(reason));
}

} // namespace

std::size_t worker_count(std::size_t asked) noexcept {
  if (asked != 0)
    return asked;
  const auto processors = std::thread::hardware_concurrency();
  return processors == 0 ? 1 : processors;
}

struct store_host::state {
  store_host_options options;
  std::unique_ptr<local_system> own; ///< Absent: another's is used.
  caf::actor_system* system = nullptr;
  store_actor given; ///< Another's store.
  supervisor_actor root; ///< Only where there is a store of its own.

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  ~state() {
    root = nullptr;
    if (own)
      own->shutdown(options.shutdown_timeout);
  }
};

store_host::store_host(std::unique_ptr<state> made) : state_{std::move(made)} {}

store_host::store_host(store_host&&) noexcept = default;

store_host& store_host::operator=(store_host&&) noexcept = default;

store_host::~store_host() = default;

outcome<store_host> store_host::create(store_host_options options) {
  auto made = std::make_unique<state>();
  made->options = std::move(options);
  auto from = local_system_options{};
  from.threads = made->options.threads;
  made->own = std::make_unique<local_system>(from);
  made->system = &**made->own;
  auto host = store_host{std::move(made)};
  auto ignored = std::error_code{};
  if (is_postgres_address(host.path())
      || std::filesystem::exists(host.path(), ignored))
    if (auto opened = host.open(); !opened)
      return fail(opened.error());
  return host;
}

store_host store_host::attach(caf::actor_system& system, store_actor store,
                              std::string path) {
  auto made = std::make_unique<state>();
  made->options.store.path = std::move(path);
  made->system = &system;
  made->given = std::move(store);
  return store_host{std::move(made)};
}

caf::actor_system& store_host::system() const noexcept {
  return *state_->system;
}

const std::string& store_host::path() const noexcept {
  return state_->options.store.path;
}

outcome<void> store_host::open() {
  auto& of = *state_;
  if (path().empty() || of.root || of.given)
    return {};
  if (auto made = make_folder(path()); !made)
    return made;
  auto opened = spawn_store(*of.system, of.options.store, of.options.schema);
  if (!opened)
    return fail(opened.error());
  auto supervisor = supervisor_options{};
  supervisor.name = "troupe";
  of.root = spawn_supervisor(
    *of.system, supervisor,
    {store_child(std::move(*opened), of.options.store, of.options.schema)});
  of.own->set_root(caf::actor_cast<stoppable_actor>(of.root));
  return {};
}

outcome<store_actor> store_host::store() const {
  if (!state_->root)
    return state_->given;
  auto wanted = messages::GetChild{};
  wanted.set_id("store");
  auto found = outcome<store_actor>{};
  caf::scoped_actor {
    *state_->system
    } -> request(state_->root, 10s, wanted)
      .receive(
        [&](const caf::actor& child) {
          found = child_handle<store_actor>(child);
        },
        [&](const caf::error& error) {
          found = fail(to_problem(error, *state_->system));
        });
  return found;
}

outcome<void> store_host::commit(messages::CommitTransaction transaction,
                                 messages::column_block rows) const {
  const auto to = store();
  if (!to)
    return fail(to.error());
  auto self = caf::scoped_actor{*state_->system};
  auto result = outcome<void>{};
  self->request(*to, 600s, std::move(transaction), std::move(rows))
    .receive([](const messages::TransactionCommitted&) {},
             [&](const caf::error& error) {
               result = fail(to_problem(error, *state_->system));
             });
  return result;
}

} // namespace troupe::runtime
