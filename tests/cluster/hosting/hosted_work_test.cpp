#include "cluster/hosting/hosted_work.hpp"
#include "tests/cluster/hosting/hosting_samples.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// A node with a host, and a leader that says what the test wants.
struct hosted_fixture {
  hosted_work work;
  std::uint64_t ordered = 0;
  std::uint64_t told = 0;

  explicit hosted_fixture(std::uint32_t places = 2, std::size_t taken_max = 100)
    : work{{}, taken_max} {
    work.welcome_host(offer_of(places));
    work.open();
    work.confirm_open();
  }

  void open() {
    work.end_session();
    work.open();
    work.confirm_open();
    ordered = 0;
  }

  hosted_work::taken give(const messages::HostingOrder& order) {
    auto orders = messages::HostingOrders{};
    orders.set_session(work.opening().session());
    orders.set_sequence(++ordered);
    *orders.add_orders() = order;
    return work.take(orders);
  }

  const messages::HostingReports* ask() {
    return work.question(hosted_work::asking::when_needed);
  }

  /// What there is to report, which the leader then has.
  messages::ActivityReports tell() {
    const auto* question = ask();
    if (question == nullptr)
      return {};
    told = question->sequence();
    const auto reports = question->reports();
    work.confirm(told);
    return reports;
  }

  /// The same, and it is stored.
  messages::ActivityReports report() {
    const auto reports = tell();
    work.store(told);
    return reports;
  }

  [[nodiscard]] const messages::GetActivities& pull() const {
    return work.opening().pull();
  }
};

} // namespace

TEST_CASE("a session begins with what is free, and what runs") {
  auto node = hosted_fixture{};
  CHECK(node.work.opening().session() == 1);
  CHECK(node.pull().credit() == 2);
  CHECK(node.pull().activities(0) == "echo");
  CHECK(node.pull().running_size() == 0);
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(run_order(ref_to("b"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("b"))));
  node.open();
  CHECK(node.work.opening().session() == 2);
  // The end of b comes with its credit.
  CHECK(node.pull().credit() == 0);
  CHECK(node.pull().running_size() == 2);
  CHECK(node.give(keep_order(ref_to("b"), 1)).orders.size() == 1);
  const auto reports = node.report();
  CHECK(reports.reports_size() == 1);
  CHECK(reports.credit() == 1);
  CHECK(node.work.size() == 1);
}

TEST_CASE("orders are taken once, and runs that come together stay together") {
  auto node = hosted_fixture{};
  auto orders = messages::HostingOrders{};
  orders.set_session(1);
  orders.set_sequence(1);
  *orders.add_orders() = run_order(ref_to("a"));
  *orders.add_orders() = run_order(ref_to("b"));
  *orders.add_orders() = cancel_order(ref_to("a"));
  const auto taken = node.work.take(orders);
  CHECK(taken.what == arrival::fresh);
  REQUIRE(taken.orders.size() == 2);
  CHECK(taken.orders[0].run().activities_size() == 2);
  CHECK(taken.orders[1].has_cancel());
  const auto again = node.work.take(orders);
  CHECK(again.what == arrival::repeated);
  CHECK(again.orders.empty());
  orders.set_session(2);
  CHECK(node.work.take(orders).what == arrival::unknown);
}

TEST_CASE("what runs and what has ended is counted, however it ended") {
  auto node = hosted_fixture{3};
  for (const auto* step : {"a", "b", "c"})
    CHECK(node.give(run_order(ref_to(step))).orders.size() == 1);
  CHECK(node.work.running() == 3);
  CHECK(node.work.ended() == 0);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  node.work.hear(reports_of(success_of(ref_to("a"))));
  CHECK(node.work.running() == 2);
  CHECK(node.work.ended() == 1);
  CHECK(node.report().reports_size() == 1); // Stored, it is forgotten.
  CHECK(node.work.size() == 2);
  CHECK(node.work.ended() == 1);
  // A leader that does not keep b drops it.
  node.open();
  node.give(cancel_order(ref_to("b")));
  CHECK(node.work.running() == 2);
  node.work.hear(reports_of(success_of(ref_to("b"))));
  CHECK(node.work.running() == 1);
  node.work.lose_host("it crashed");
  CHECK(node.work.running() == 0);
  CHECK(node.work.ended() == 3);
}

TEST_CASE("orders tell that a session is open") {
  auto work = hosted_work{};
  CHECK_FALSE(work.has_host());
  work.welcome_host(offer_of(1));
  CHECK_FALSE(work.has_session());
  work.open();
  CHECK_FALSE(work.is_open());
  CHECK(work.question(hosted_work::asking::in_any_case) == nullptr);
  auto orders = messages::HostingOrders{};
  orders.set_session(1);
  orders.set_sequence(1);
  CHECK(work.take(orders).what == arrival::fresh);
  CHECK(work.is_open());
  work.end_session();
  work.confirm_open();
  CHECK_FALSE(work.is_open());
}

TEST_CASE("the end of an activity is asked again until it is confirmed") {
  auto node = hosted_fixture{};
  CHECK(node.ask() == nullptr);
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  REQUIRE(node.ask() != nullptr);
  CHECK(node.ask()->sequence() == 1);
  CHECK(node.ask()->reports().reports_size() == 1);
  CHECK(node.ask()->reports().credit() == 1);
  node.work.confirm(7);
  CHECK(node.work.size() == 1);
  node.work.confirm(1);
  CHECK(node.ask() == nullptr);
  node.work.store(1);
  CHECK(node.work.size() == 0);
  const auto* probe = node.work.question(hosted_work::asking::in_any_case);
  REQUIRE(probe != nullptr);
  CHECK(probe->sequence() == 2);
  CHECK(probe->reports().reports_size() == 0);
}

TEST_CASE("an end that is not stored is told to the next leader") {
  auto node = hosted_fixture{1};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  // Its place is free again, whatever becomes of it.
  CHECK(node.tell().credit() == 1);
  CHECK(node.ask() == nullptr);
  node.open();
  REQUIRE(node.pull().running_size() == 1);
  CHECK(node.pull().running(0).step() == "a");
  CHECK(node.give(keep_order(ref_to("a"), 2)).orders.size() == 1);
  const auto again = node.tell();
  REQUIRE(again.reports_size() == 1);
  CHECK(again.reports(0).succeeded().ref().epoch() == 2);
  // Of a question that is later than any.
  node.work.store(node.told - 1);
  CHECK(node.work.size() == 1);
  auto orders = messages::HostingOrders{};
  orders.set_session(node.work.opening().session());
  orders.set_sequence(++node.ordered);
  orders.set_stored(node.told);
  CHECK(node.work.take(orders).what == arrival::fresh);
  CHECK(node.work.size() == 0);
}

TEST_CASE("a leader that stores nothing fills no more places") {
  auto node = hosted_fixture{1, 2};
  for (const auto* step : {"a", "b"}) {
    CHECK(node.give(run_order(ref_to(step))).orders.size() == 1);
    node.work.hear(reports_of(success_of(ref_to(step))));
    CHECK(node.tell().credit() == 1);
  }
  CHECK(node.give(run_order(ref_to("c"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("c"))));
  CHECK(node.tell().credit() == 0);
  CHECK(node.ask() == nullptr);
  node.work.store(node.told);
  CHECK(node.tell().credit() == 1);
}

TEST_CASE("only the newest progress waits, before the end") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  for (const auto* each : {"1", "2", "3"})
    node.work.hear(reports_of(progress_of(ref_to("a"), each), 0));
  CHECK(node.work.waiting_reports() == 1);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  node.work.hear(reports_of(success_of(ref_to("a")), 0));
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 2);
  CHECK(reports.reports(0).progress().progress_json() == "3");
  CHECK(reports.reports(1).has_succeeded());
  CHECK(node.work.waiting_reports() == 0);
}

TEST_CASE("progress that was under way in an earlier session is replaced") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.work.hear(reports_of(progress_of(ref_to("a"), "1"), 0));
  REQUIRE(node.ask() != nullptr);
  node.open();
  CHECK(node.give(keep_order(ref_to("a"), 1)).orders.size() == 1);
  node.work.hear(reports_of(progress_of(ref_to("a"), "2"), 0));
  CHECK(node.work.waiting_reports() == 1);
  CHECK(node.report().reports(0).progress().progress_json() == "2");
}

TEST_CASE("an engine may count its epochs as it likes") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a", 7))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("a", 7))));
  CHECK(node.report().reports_size() == 1);
  // It was started again under the same leader.
  CHECK(node.give(run_order(ref_to("b", 8))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("b", 8))));
  CHECK(node.report().reports_size() == 1);
  CHECK(node.work.size() == 0);
}

TEST_CASE("reports of an earlier session wait for the leader's word") {
  auto node = hosted_fixture{3};
  for (const auto* step : {"kept", "dropped", "unsaid"}) {
    CHECK(node.give(run_order(ref_to(step))).orders.size() == 1);
    node.work.hear(reports_of(success_of(ref_to(step))));
  }
  node.open();
  CHECK(node.pull().running_size() == 3);
  CHECK(node.ask() == nullptr);
  CHECK(node.give(keep_order(ref_to("kept"), 2)).orders.size() == 1);
  CHECK(node.give(cancel_order(ref_to("dropped"))).orders.size() == 1);
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 1);
  CHECK(reports.reports(0).succeeded().ref().step() == "kept");
  CHECK(reports.reports(0).succeeded().ref().epoch() == 2);
  // One place is still held by what nobody has decided.
  CHECK(reports.credit() == 2);
  CHECK(node.work.size() == 1);
}

TEST_CASE("a kept activity reports under the new epoch, whichever its host "
          "knows") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(run_order(ref_to("b"))).orders.size() == 1);
  node.open();
  CHECK(node.give(keep_order(ref_to("a"), 2)).orders.size() == 1);
  CHECK(node.give(keep_order(ref_to("b"), 2)).orders.size() == 1);
  node.work.hear(reports_of(progress_of(ref_to("a", 1), "1"), 0));
  node.work.hear(reports_of(success_of(ref_to("a", 1))));
  node.work.hear(reports_of(success_of(ref_to("b", 2))));
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 3);
  for (const auto& each : reports.reports())
    CHECK(ref_of(each).epoch() == 2);
  CHECK(node.work.size() == 0);
}

TEST_CASE("nobody hears of what a leader dropped") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.work.hear(reports_of(progress_of(ref_to("a"), "1"), 0));
  node.open();
  CHECK(node.give(cancel_order(ref_to("a"))).orders.size() == 1);
  node.work.hear(reports_of(progress_of(ref_to("a"), "2"), 0));
  CHECK(node.work.waiting_reports() == 0);
  // Nor is it named again while it stops.
  node.open();
  CHECK(node.pull().running_size() == 0);
  CHECK(node.pull().credit() == 1);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  const auto reports = node.report();
  CHECK(reports.reports_size() == 0);
  CHECK(reports.credit() == 1);
  CHECK(node.work.size() == 0);
}

TEST_CASE("what is cancelled under the leader's epoch is reported") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(run_order(ref_to("b"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("a"))));
  CHECK(node.give(cancel_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(cancel_order(ref_to("b"))).orders.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("b"))));
  CHECK(node.report().reports_size() == 2);
}

TEST_CASE("more than was asked for is refused by the node") {
  auto node = hosted_fixture{1};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(run_order(ref_to("b"))).orders.empty());
  auto free = run_order(ref_to("c"));
  free.mutable_run()->mutable_activities(0)->set_takes_no_credit(true);
  CHECK(node.give(free).orders.size() == 1);
  auto reports = node.report();
  REQUIRE(reports.reports_size() == 1);
  CHECK(reports.reports(0).failed().kind() == "overloaded");
  CHECK(reports.credit() == 0);
  node.work.hear(reports_of(success_of(ref_to("c")), 0));
  reports = node.report();
  CHECK(reports.reports_size() == 1);
  CHECK(reports.credit() == 0);
}

TEST_CASE("the same order in a later session starts nothing") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.open();
  CHECK(node.pull().credit() == 1);
  CHECK(node.give(run_order(ref_to("a"))).orders.empty());
  // The credit that was spent on it comes back.
  CHECK(node.report().credit() == 1);
}

TEST_CASE("a later claim of the same work takes over") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a", 1, 1))).orders.size() == 1);
  node.open();
  CHECK(node.give(run_order(ref_to("a", 2, 1))).orders.size() == 1);
  CHECK(node.work.size() == 1);
  node.work.hear(reports_of(success_of(ref_to("a", 1, 1))));
  CHECK(node.report().reports_size() == 0);
  node.work.hear(reports_of(success_of(ref_to("a", 2, 1))));
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 1);
  CHECK(reports.reports(0).succeeded().ref().epoch() == 2);
}

TEST_CASE("what a lost host ran has failed, and its places are gone") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  node.work.lose_host("its host ended");
  CHECK_FALSE(node.work.has_host());
  CHECK_FALSE(node.work.has_session());
  node.work.welcome_host(offer_of(2));
  node.open();
  CHECK(node.pull().running_size() == 1);
  CHECK(node.pull().credit() == 1);
  CHECK(node.ask() == nullptr);
  CHECK(node.give(keep_order(ref_to("a"), 1)).orders.size() == 1);
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 1);
  CHECK(reports.reports(0).failed().kind() == "crashed");
  CHECK(reports.reports(0).failed().retryable());
  CHECK(reports.credit() == 1);
}

TEST_CASE("what a host that begins anew does not name has failed") {
  auto node = hosted_fixture{};
  CHECK(node.give(run_order(ref_to("a"))).orders.size() == 1);
  CHECK(node.give(run_order(ref_to("b"))).orders.size() == 1);
  auto offer = offer_of(1);
  *offer.add_running() = ref_to("b");
  node.work.welcome_host(offer);
  CHECK_FALSE(node.work.has_session());
  node.open();
  CHECK(node.pull().running_size() == 2);
  CHECK(node.pull().credit() == 0);
  CHECK(node.give(keep_order(ref_to("a"), 1)).orders.size() == 1);
  const auto reports = node.report();
  REQUIRE(reports.reports_size() == 1);
  CHECK(reports.reports(0).failed().kind() == "crashed");
  CHECK(reports.reports(0).failed().ref().step() == "a");
  CHECK(reports.credit() == 1);
}

TEST_CASE("credit waits until the ends before it are said") {
  auto limits = batch_limits{};
  limits.items_max = 1;
  auto work = hosted_work{limits};
  work.welcome_host(offer_of(2));
  work.open();
  auto orders = messages::HostingOrders{};
  orders.set_session(1);
  orders.set_sequence(1);
  *orders.add_orders() = run_order(ref_to("a"));
  *orders.add_orders() = run_order(ref_to("b"));
  CHECK(work.take(orders).what == arrival::fresh);
  work.hear(reports_of(success_of(ref_to("a"))));
  work.hear(reports_of(success_of(ref_to("b"))));
  const auto* first = work.question(hosted_work::asking::when_needed);
  REQUIRE(first != nullptr);
  CHECK(first->reports().credit() == 1);
  // Too long for a link: nobody has its credit.
  work.shorten();
  first = work.question(hosted_work::asking::when_needed);
  REQUIRE(first != nullptr);
  CHECK(first->sequence() == 1);
  CHECK(first->reports().credit() == 1);
  CHECK(first->reports().reports(0).failed().kind() == "output_too_large");
  work.confirm(1);
  CHECK(work.question(hosted_work::asking::when_needed)->reports().credit()
        == 1);
}
