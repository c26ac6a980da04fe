#include "runtime/store/store.hpp"

#include "runtime/crash_point.hpp"
#include "runtime/store/store_writer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Sent to oneself, behind all that has arrived so far.
struct commit_gathered {};

} // namespace troupe::runtime

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::runtime::commit_gathered)

namespace troupe::runtime {

namespace {

// Bounds of one commit: larger groups gain nothing, but keep callers waiting.
constexpr std::size_t group_transactions_max = 512;
constexpr std::size_t group_bytes_max = 8U << 20;

using writing_actor = store_actor::extend<caf::reacts_to<commit_gathered>>;
using commit_promise
  = caf::typed_response_promise<messages::TransactionCommitted>;

struct store_state {
  static constexpr auto name = "store"; // Shown in logs.

  std::optional<store_writer> writer;
  std::size_t queue_max = 0;
  std::size_t queue_bytes_max = 0;
  // Requests and their promises, in step.
  std::deque<write_request> requests;
  std::deque<commit_promise> promises;
  std::size_t waiting_bytes = 0;
  bool is_commit_due = false;

  // Also runs when the actor is killed: even then everybody gets an answer.
  ~store_state() {
    for (auto& promise : promises)
      promise.deliver(to_error(
        {store_error::closed, "the store was closed before the commit"}));
  }
};

using store_pointer = writing_actor::stateful_pointer<store_state>;

/// Takes the oldest requests, at least one if there is one.
std::vector<write_request> take_group(store_state& state) {
  auto group = std::vector<write_request>{};
  auto bytes = std::size_t{0};
  while (!state.requests.empty() && group.size() < group_transactions_max) {
    const auto size = size_bytes(state.requests.front());
    if (!group.empty() && bytes + size > group_bytes_max)
      break;
    bytes += size;
    group.push_back(std::move(state.requests.front()));
    state.requests.pop_front();
  }
  state.waiting_bytes -= bytes;
  return group;
}

void commit_group(store_state& state) {
  const auto group = take_group(state);
  crash_point("store.gathered");
  auto results = state.writer->commit(group);
  crash_point("store.committed");
  for (auto& result : results) {
    if (result)
      state.promises.front().deliver(std::move(*result));
    else
      state.promises.front().deliver(to_error(result.error()));
    state.promises.pop_front();
  }
  crash_point("store.answered");
}

void schedule_commit(store_pointer self) {
  if (self->state.is_commit_due || self->state.requests.empty())
    return;
  self->state.is_commit_due = true;
  self->send(self, commit_gathered{});
}

commit_promise accept(store_pointer self,
                      messages::CommitTransaction& transaction,
                      messages::column_block& rows) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::TransactionCommitted>();
  auto request = write_request{std::move(transaction), std::move(rows)};
  const auto size = size_bytes(request);
  const auto is_full
    = state.requests.size() >= state.queue_max
      || (!state.requests.empty()
          && state.waiting_bytes + size > state.queue_bytes_max);
  if (is_full) {
    state.writer->record_refusal();
    promise.deliver(
      to_error({store_error::overloaded, std::to_string(state.requests.size())
                                           + " transactions wait already"}));
    return promise;
  }
  state.waiting_bytes += size;
  state.requests.push_back(std::move(request));
  state.promises.push_back(promise);
  schedule_commit(self);
  return promise;
}

/// Commits what is accepted, then closes the file and frees the lock, so that
/// whoever hears of the exit may open the store.
void close(store_state& state) {
  while (!state.requests.empty())
    commit_group(state);
  state.writer.reset();
}

writing_actor::behavior_type store(store_pointer self,
                                   const std::shared_ptr<store_writer>& writer,
                                   const store_options& options) {
  self->state.writer = std::move(*writer);
  self->state.queue_max = options.queue_max;
  self->state.queue_bytes_max = options.queue_bytes_max;
  self->set_exit_handler([=](caf::exit_msg& message) {
    close(self->state);
    self->quit(std::move(message.reason));
  });
  return {
    [=](messages::CommitTransaction& transaction,
        messages::column_block& rows) {
      return accept(self, transaction, rows);
    },
    [=](const messages::GetStoreStatus&) {
      return self->state.writer->status();
    },
    [=](commit_gathered) {
      self->state.is_commit_due = false;
      commit_group(self->state);
      schedule_commit(self);
    },
  };
}

} // namespace

caf::error to_error(const store_failure& failure) {
  return caf::make_error(failure.code, failure.text);
}

outcome<store_actor> spawn_store(caf::actor_system& system,
                                 store_options options,
                                 const migration_list& schema) {
  auto writer = store_writer::open(options, schema, real_clock{}.now());
  if (!writer)
    return fail(std::move(writer.error()));
  // Shared only because actor arguments must be copyable.
  auto shared = std::make_shared<store_writer>(std::move(*writer));
  return store_actor{
    system.spawn<caf::detached>(store, std::move(shared), std::move(options))};
}

} // namespace troupe::runtime
