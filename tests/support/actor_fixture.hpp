#pragma once

#include "runtime/actor_system.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/response_handle.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::tests {

namespace detail {

template <class... Results>
struct reply_type {
  using type = std::tuple<Results...>;
};

template <class Result>
struct reply_type<Result> {
  using type = Result;
};

} // namespace detail

/// What a request came to: the reply (a tuple if it has several values,
/// std::monostate if it has none), or why there is none.
template <class... Results>
using outcome_of
  = std::variant<typename detail::reply_type<Results...>::type, caf::error>;

/// A request on its way. Its reply can be taken once.
template <class... Results>
class pending_reply {
public:
  using outcome = outcome_of<Results...>;

  pending_reply(caf::blocking_actor& client, caf::message_id id) noexcept
    : client_{&client}, id_{id} {}

  /// The outcome, if it arrives within `patience` of real time.
  std::optional<outcome> try_take(std::chrono::milliseconds patience) {
    auto result = std::optional<outcome>{};
    const auto on_reply = [&](Results&... values) {
      result.emplace(std::in_place_index<0>, std::move(values)...);
    };
    caf::blocking_actor::accept_one_cond once;
    client_->varargs_receive(
      once, id_, on_reply,
      [&](caf::error& reason) {
        result.emplace(std::in_place_index<1>, std::move(reason));
      },
      caf::after(patience) >> [] {});
    return result;
  }

private:
  caf::blocking_actor* client_;
  caf::message_id id_;
};

namespace detail {

template <class Output>
struct pending_type;

template <class... Results>
struct pending_type<caf::detail::type_list<Results...>> {
  using type = pending_reply<Results...>;
};

template <class Output>
typename pending_type<Output>::type
pending(const caf::response_handle<caf::blocking_actor, Output, true>& handle,
        caf::blocking_actor& client) {
  return {client, handle.id()};
}

/// Ends the process, with a message, when it lives too long.
class deadline_guard {
public:
  explicit deadline_guard(std::chrono::seconds limit) noexcept
    : limit_{limit} {}
  deadline_guard(const deadline_guard&) = delete;
  deadline_guard& operator=(const deadline_guard&) = delete;
  ~deadline_guard();

  /// From here on the time counts.
  void start(const char* what);

private:
  std::chrono::seconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_done_ = false;
  std::thread thread_;
};

} // namespace detail

/// Actors that run, and time that passes, only when the test says so. Derive
/// from it (TEST_CASE_METHOD). Members of a derived fixture may hold handles:
/// they are gone when this one ends. It ends all actors that it was asked to
/// send to or that were passed to `own`; whoever is then still alive fails the
/// program within seconds instead of hanging it.
///
/// Detached actors run on threads of their own. `request` waits for them, but
/// they must not send to actors that run here: use `live_fixture` for that.
class actor_fixture {
public:
  actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;
  ~actor_fixture();

  /// Runs actors until none has anything left to do now. Throws if that takes
  /// more than a million messages.
  void run();

  /// Processes one message. Returns whether there was one.
  bool run_once();

  /// Lets time pass: each timeout fires at its own time, and what it causes is
  /// done before the next one.
  void advance(caf::timespan elapsed);

  /// The manual clock of all actors.
  [[nodiscard]] caf::actor_clock::time_point now();

  /// Sends a request and runs nothing. Take the reply with `take`.
  template <class Handle, class... Ts>
  auto send(const Handle& receiver, Ts&&... values) {
    own(receiver);
    return detail::pending(client->request(receiver, caf::infinite,
                                           std::forward<Ts>(values)...),
                           *client);
  }

  /// Runs, then takes the reply. Silence is sec::request_timeout.
  template <class... Results>
  outcome_of<Results...> take(pending_reply<Results...> reply) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      run();
      // Only threads of detached actors work on while this one waits.
      const auto waits = system.detached_actors() != 0;
      if (auto outcome = reply.try_take(std::chrono::milliseconds{waits}))
        return std::move(*outcome);
      if (!waits || std::chrono::steady_clock::now() >= end)
        return caf::make_error(caf::sec::request_timeout, "silence");
    }
  }

  /// `send`, then `take`.
  template <class Handle, class... Ts>
  auto request(const Handle& receiver, Ts&&... values) {
    return take(send(receiver, std::forward<Ts>(values)...));
  }

  /// Makes sure the actor is told to exit when the test ends.
  template <class Handle>
  void own(const Handle& handle) {
    if (handle)
      owned_.push_back(caf::actor_cast<caf::actor_addr>(handle));
  }

  /// Tells the actor to exit, and runs.
  template <class Handle>
  void stop(const Handle& handle,
            caf::exit_reason reason = caf::exit_reason::user_shutdown) {
    caf::anon_send_exit(handle, reason);
    run();
  }

private:
  static constexpr auto patience = std::chrono::seconds{20};

  // Outlives the system, as the system's end is what may hang.
  detail::deadline_guard guard_{patience};

public:
  runtime::actor_configuration configuration{1};
  caf::actor_system system;
  caf::scheduler::test_coordinator& scheduler;
  caf::scoped_actor client;

private:
  std::vector<caf::actor_addr> owned_;
};

/// Actors on real threads, for what needs them: detached actors that talk to
/// others, and races. Replies are awaited for up to 20 seconds.
class live_fixture {
public:
  live_fixture();
  live_fixture(const live_fixture&) = delete;
  live_fixture& operator=(const live_fixture&) = delete;
  ~live_fixture();

  /// The reply; silence is sec::request_timeout.
  template <class Handle, class... Ts>
  auto request(const Handle& receiver, Ts&&... values) {
    own(receiver);
    auto reply = detail::pending(client->request(receiver, caf::infinite,
                                                 std::forward<Ts>(values)...),
                                 *client);
    using outcome = typename decltype(reply)::outcome;
    if (auto result = reply.try_take(patience))
      return std::move(*result);
    return outcome{caf::make_error(caf::sec::request_timeout, "silence")};
  }

  /// Makes sure the actor is told to exit when the test ends.
  template <class Handle>
  void own(const Handle& handle) {
    if (handle)
      owned_.push_back(caf::actor_cast<caf::actor_addr>(handle));
  }

private:
  static constexpr auto patience = std::chrono::seconds{20};

  detail::deadline_guard guard_{patience};

public:
  runtime::actor_configuration configuration{2};
  caf::actor_system system{configuration};
  caf::scoped_actor client{system, true};

private:
  std::vector<caf::actor_addr> owned_;
};

/// The reply in an outcome; fails the test, with the error's text, if there is
/// none.
template <class Reply>
Reply reply_of(std::variant<Reply, caf::error> outcome,
               const caf::actor_system& system) {
  if (auto* reply = std::get_if<0>(&outcome))
    return std::move(*reply);
  throw std::runtime_error{"no reply: " + system.render(std::get<1>(outcome))};
}

/// The bytes of a value as one node sends it to another.
template <class Value>
std::vector<char> to_wire(caf::actor_system& system, Value value) {
  auto bytes = std::vector<char>{};
  auto write = caf::binary_serializer{system, bytes};
  if (auto reason = write(value))
    throw std::runtime_error{"cannot write: " + system.render(reason)};
  return bytes;
}

/// The value that another node makes of the bytes, or why it refuses them.
template <class Value>
std::variant<Value, caf::error> from_wire(caf::actor_system& system,
                                          const std::vector<char>& bytes) {
  using result = std::variant<Value, caf::error>;
  auto value = Value{};
  auto read = caf::binary_deserializer{system, bytes};
  if (auto reason = read(value))
    return result{std::in_place_index<1>, std::move(reason)};
  return result{std::in_place_index<0>, std::move(value)};
}

/// What another node receives when this value is sent to it. Throws if it
/// receives nothing.
template <class Value>
Value wire_round_trip(caf::actor_system& system, const Value& value) {
  auto received = from_wire<Value>(system, to_wire(system, value));
  if (auto* reason = std::get_if<1>(&received))
    throw std::runtime_error{"cannot read: " + system.render(*reason)};
  return std::get<0>(std::move(received));
}

} // namespace troupe::tests
