#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

using status_actor = caf::typed_actor<
  caf::replies_to<messages::GetStoreStatus>::with<messages::StoreStatus>,
  caf::replies_to<messages::GetTree>::with<messages::Tree,
                                           messages::column_block>,
  caf::reacts_to<messages::GetChild>>;

/// Answers late: after a second on its clock.
status_actor::behavior_type slow_status(status_actor::pointer self) {
  return {
    [self](const messages::GetStoreStatus&) {
      auto reply = self->make_response_promise<messages::StoreStatus>();
      self
        ->request(caf::actor_cast<status_actor>(self->ctrl()), 1s,
                  messages::GetChild{})
        .then([] {},
              [=](caf::error&) mutable {
                reply.deliver(messages::StoreStatus{});
              });
      return reply;
    },
    [](const messages::GetTree&)
      -> caf::result<messages::Tree, messages::column_block> {
      auto tree = messages::Tree{};
      tree.set_id("root");
      return {std::move(tree), messages::column_block{}};
    },
    [self](const messages::GetChild&) -> caf::result<void> {
      return self->make_response_promise<void>(); // Never answers.
    },
  };
}

} // namespace

TEST_CASE_METHOD(actor_fixture, "a reply of several values is a tuple") {
  const auto actor = system.spawn(slow_status);
  const auto [tree, block]
    = reply_of(request(actor, messages::GetTree{}), system);
  CHECK(tree.id() == "root");
  CHECK(block.empty());
}

TEST_CASE_METHOD(actor_fixture, "time passes only by hand") {
  const auto actor = system.spawn(slow_status);
  auto reply = send(actor, messages::GetStoreStatus{});
  advance(999ms);
  CHECK_FALSE(reply.try_take(0ms));
  advance(1ms);
  CHECK(std::holds_alternative<messages::StoreStatus>(take(reply)));
}

TEST_CASE_METHOD(actor_fixture, "silence is a timeout without waiting") {
  const auto actor = system.spawn(slow_status);
  const auto outcome = request(actor, messages::GetStoreStatus{});
  CHECK(std::get<caf::error>(outcome) == caf::sec::request_timeout);
}

TEST_CASE_METHOD(actor_fixture, "a chain of timeouts keeps its own time") {
  auto times = std::vector<caf::timespan>{};
  const auto start = now();
  const auto actor = system.spawn([&](caf::event_based_actor* self) {
    self->delayed_send(self, 100ms, 0);
    return caf::behavior{[&, self](int count) {
      times.push_back(now() - start);
      if (count < 2)
        self->delayed_send(self, 100ms, count + 1);
    }};
  });
  own(actor);
  advance(1s);
  CHECK(times == std::vector<caf::timespan>{100ms, 200ms, 300ms});
  CHECK(now() - start == 1s);
}

TEST_CASE_METHOD(actor_fixture, "an actor with an endless timer ends") {
  const auto actor = system.spawn([](caf::event_based_actor* self) {
    self->delayed_send(self, 1h, 0);
    return caf::behavior{
      [self](int) { self->delayed_send(self, 1h, 0); },
    };
  });
  own(actor);
  advance(1min);
}

TEST_CASE_METHOD(actor_fixture, "the reply of a detached actor is awaited") {
  const auto actor = system.spawn<caf::detached>(slow_status);
  CHECK(request(actor, messages::GetTree{}).index() == 0);
}

TEST_CASE_METHOD(live_fixture, "actors on threads answer") {
  const auto actor = system.spawn(slow_status);
  const auto [tree, block]
    = reply_of(request(actor, messages::GetTree{}), system);
  CHECK(tree.id() == "root");
}
