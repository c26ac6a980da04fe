#include "cluster/node/node_leaver.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// What the leaver asked, and what the membership is to answer.
struct leaver_record {
  std::vector<std::string> asked;
  bool refuses_drain = false;
  std::optional<caf::typed_response_promise<hosting_closed>> closing;
};

using shared_record = std::shared_ptr<leaver_record>;

/// The membership and the port of a node.
caf::behavior asked_part(caf::event_based_actor* self,
                         const shared_record& record) {
  return {
    [=](const drain_node& what) -> caf::result<membership_done> {
      record->asked.push_back((what.is_on ? "drain" : "undrain") + what.name);
      if (record->refuses_drain)
        return caf::make_error(runtime::problem_kind::unavailable, "not now");
      return membership_done{};
    },
    [=](close_when_idle) {
      record->asked.emplace_back("close");
      record->closing = self->make_response_promise<hosting_closed>();
      return *record->closing;
    },
    // The test's word that all has ended: promises are kept by their actor.
    [=](hosting_closed done) { record->closing->deliver(done); },
  };
}

struct leaver_fixture : actor_fixture {
  shared_record record = std::make_shared<leaver_record>();
  caf::actor part = system.spawn(asked_part, record);
  std::stop_source done;

  leaver_fixture() {
    own(part);
  }

  void end_all() {
    REQUIRE(record->closing);
    caf::anon_send(part, hosting_closed{});
    run();
  }

  void leave(std::chrono::milliseconds grace, bool is_worker = true) {
    auto with = node_leaver_options{};
    with.membership = caf::actor_cast<membership_actor>(part);
    if (is_worker)
      with.port = caf::actor_cast<hosted_port_actor>(part);
    with.grace = grace;
    const auto leaver = spawn_node_leaver(system, std::move(with));
    own(leaver);
    caf::anon_send(leaver, leave_when_idle{done});
    run();
  }
};

} // namespace

TEST_CASE_METHOD(leaver_fixture,
                 "a worker drains, and leaves once it is idle") {
  leave(10s);
  CHECK(record->asked == std::vector<std::string>{"drain", "close"});
  advance(9s);
  CHECK_FALSE(done.stop_requested());
  end_all();
  CHECK(done.stop_requested());
}

TEST_CASE_METHOD(leaver_fixture,
                 "a worker that stays busy leaves all the same") {
  leave(10s);
  advance(9'999ms);
  CHECK_FALSE(done.stop_requested());
  advance(1ms);
  CHECK(done.stop_requested());
  end_all();
}

TEST_CASE_METHOD(leaver_fixture, "a worker that cannot drain waits all the "
                                 "same") {
  record->refuses_drain = true;
  leave(10s);
  CHECK(record->asked == std::vector<std::string>{"drain", "close"});
  CHECK_FALSE(done.stop_requested());
  end_all();
  CHECK(done.stop_requested());
}

TEST_CASE_METHOD(leaver_fixture, "a worker without grace leaves at once") {
  leave(0s);
  CHECK(done.stop_requested());
  CHECK(record->asked.empty());
}

TEST_CASE_METHOD(leaver_fixture, "a node that is no worker leaves at once") {
  leave(10s, false);
  CHECK(done.stop_requested());
  CHECK(record->asked.empty());
}
