#include "runtime/actor_system.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch.hpp>

#include <future>
#include <memory>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::runtime;

namespace {

child_spec
make_child(const std::string& id,
           std::function<caf::behavior(caf::event_based_actor*)> run) {
  auto spec = child_spec{};
  spec.id = id;
  spec.start = [run = std::move(run)](caf::actor_system& system) {
    return caf::actor{system.spawn(run)};
  };
  return spec;
}

child_spec obedient_child(const std::string& id) {
  return make_child(id, [](caf::event_based_actor*) {
    return caf::behavior{[](int value) { return value + 1; }};
  });
}

supervisor_options options() {
  auto result = supervisor_options{};
  result.name = "root";
  return result;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a system runs actors and ends with nobody late") {
  auto system = local_system{{2}};
  system.set_root(spawn_supervisor(*system, options(),
                                   {obedient_child("a"), obedient_child("b")}));
  {
    auto self = caf::scoped_actor{*system};
    auto query = messages::GetChild{};
    query.set_id("b");
    auto answer = 0;
    const auto fail = [](const caf::error&) { FAIL(); };
    const auto root
      = spawn_supervisor(*system, options(), {obedient_child("b")});
    self->request(root, 20s, query)
      .receive(
        [&](const caf::actor& child) {
          self->request(child, 20s, 41)
            .receive([&](int x) { answer = x; }, fail);
        },
        fail);
    CHECK(answer == 42);
    self->send_exit(root, caf::exit_reason::user_shutdown);
  }
  CHECK(system.shutdown(20s).empty());
  CHECK(system.shutdown(20s).empty());
}

TEST_CASE("a system names the child that had to be killed") {
  auto system = local_system{{2}};
  auto stubborn = make_child("stubborn", [](caf::event_based_actor* self) {
    self->set_exit_handler([](const caf::exit_msg&) {});
    return caf::behavior{[](int) {}};
  });
  stubborn.shutdown = 1ms;
  system.set_root(
    spawn_supervisor(*system, options(), {obedient_child("a"), stubborn}));
  CHECK(system.shutdown(20s) == names{"stubborn"});
}

TEST_CASE("a system does not wait for an actor that nobody stops") {
  auto forgotten = caf::actor{};
  auto late = names{};
  {
    auto system = local_system{{1}};
    forgotten = system->spawn(
      [](caf::event_based_actor*) { return caf::behavior{[](int) {}}; });
    late = system.shutdown(10ms);
  }
  CHECK(late == names{"1 actors outside the tree"});
  caf::anon_send_exit(forgotten, caf::exit_reason::kill);
}

TEST_CASE("a system whose root has ended already ends as well") {
  auto system = local_system{{1}};
  const auto root = spawn_supervisor(*system, options(), {});
  system.set_root(root);
  caf::anon_send_exit(root, caf::exit_reason::kill);
  CHECK(system.shutdown(20s).empty());
}

TEST_CASE("a system ends by itself") {
  auto system = local_system{{1}};
  system.set_root(spawn_supervisor(*system, options(), {obedient_child("a")}));
}
