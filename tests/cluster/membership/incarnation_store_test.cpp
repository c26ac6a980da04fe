#include "cluster/membership/incarnation_store.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

TEST_CASE_METHOD(live_fixture,
                 "an incarnation is kept on a thread of its own") {
  auto kept = std::atomic<std::uint64_t>{0};
  auto writer = std::atomic<std::thread::id>{};
  const auto store = spawn_incarnation_store(
    system, [&](std::uint64_t incarnation) -> runtime::outcome<void> {
      if (incarnation < kept)
        return runtime::fail(runtime::problem_kind::conflict, "no");
      kept = incarnation;
      writer = std::this_thread::get_id();
      return {};
    });
  reply_of(request(store, store_incarnation{3}), system);
  CHECK(kept == 3);
  CHECK(writer.load() != std::this_thread::get_id());
  const auto refused = request(store, store_incarnation{2});
  REQUIRE(std::holds_alternative<caf::error>(refused));
  CHECK(runtime::to_problem(std::get<caf::error>(refused)).kind
        == runtime::problem_kind::conflict);
}
