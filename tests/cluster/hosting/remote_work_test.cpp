#include "cluster/hosting/remote_work.hpp"
#include "tests/cluster/hosting/hosting_samples.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

messages::HostingReports reports_in(std::uint64_t session,
                                    std::uint64_t sequence,
                                    std::uint32_t credit) {
  auto reports = messages::HostingReports{};
  reports.set_session(session);
  reports.set_sequence(sequence);
  reports.mutable_reports()->set_credit(credit);
  return reports;
}

} // namespace

TEST_CASE("orders gather while a question is under way") {
  auto work = remote_work{5, 3};
  CHECK(work.question() == nullptr);
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  REQUIRE(work.question() != nullptr);
  CHECK(work.question()->session() == 5);
  CHECK(work.question()->sequence() == 1);
  CHECK(work.run(all_of(order_to_run(ref_to("b")))).reports_size() == 0);
  work.cancel(cancel_order(ref_to("a")).cancel());
  work.keep(keep_order(ref_to("z"), 2).keep());
  CHECK(work.question()->orders_size() == 1);
  work.confirm(1);
  const auto* next = work.question();
  REQUIRE(next != nullptr);
  CHECK(next->sequence() == 2);
  REQUIRE(next->orders_size() == 3);
  CHECK(next->orders(0).has_run());
  CHECK(next->orders(1).has_cancel());
  CHECK(next->orders(2).has_keep());
  work.confirm(2);
  CHECK(work.question() == nullptr);
}

TEST_CASE("a question holds no more than its limit") {
  auto options = remote_work_options{};
  options.batch = {2, 1'000'000};
  auto work = remote_work{1, 10, options};
  for (const auto* step : {"a", "b", "c"})
    CHECK(work.run(all_of(order_to_run(ref_to(step)))).reports_size() == 0);
  CHECK(work.question()->orders_size() == 2);
  work.confirm(1);
  CHECK(work.question()->orders_size() == 1);

  options.batch = {100, 1};
  auto narrow = remote_work{1, 10, options};
  for (const auto* step : {"a", "b"})
    CHECK(narrow.run(all_of(order_to_run(ref_to(step)))).reports_size() == 0);
  CHECK(narrow.question()->orders_size() == 1);
}

TEST_CASE("what is beyond the credit of a node is refused") {
  auto work = remote_work{1, 1};
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  const auto refused = work.run(all_of(order_to_run(ref_to("b"))));
  REQUIRE(refused.reports_size() == 1);
  CHECK(refused.reports(0).failed().kind() == "overloaded");
  CHECK(refused.reports(0).failed().retryable());
  CHECK(refused.credit() == 0);
  auto free = order_to_run(ref_to("c"));
  free.set_takes_no_credit(true);
  CHECK(work.run(all_of(free)).reports_size() == 0);
  CHECK(work.waiting() == 2);
  CHECK(work.hear(reports_in(1, 1, 1)) == arrival::fresh);
  CHECK(work.hear(reports_in(1, 1, 1)) == arrival::repeated);
  CHECK(work.hear(reports_in(2, 1, 1)) == arrival::unknown);
  CHECK(work.run(all_of(order_to_run(ref_to("b")))).reports_size() == 0);
  CHECK(work.run(all_of(order_to_run(ref_to("d")))).reports_size() == 1);
}

TEST_CASE("a second cancel of the same replaces one that waits") {
  auto work = remote_work{1, 0};
  auto cancel = cancel_order(ref_to("a")).cancel();
  work.cancel(cancel);
  cancel.set_grace_ms(5);
  work.cancel(cancel);
  CHECK(work.waiting() == 1);
  REQUIRE(work.question()->orders_size() == 1);
  CHECK(work.question()->orders(0).cancel().grace_ms() == 5);
  work.cancel(cancel);
  CHECK(work.waiting() == 1);
}

TEST_CASE("more orders than any node asks for end the session") {
  auto options = remote_work_options{};
  options.orders_max = 1;
  auto work = remote_work{1, 10, options};
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  CHECK(work.run(all_of(order_to_run(ref_to("b")))).reports_size() == 1);
  CHECK_FALSE(work.is_overfull());
  work.cancel(cancel_order(ref_to("a")).cancel());
  CHECK(work.is_overfull());
}

TEST_CASE("an order that no link carries has failed, and leaves no gap") {
  auto work = remote_work{1, 1};
  CHECK(work.refuse_outstanding().reports_size() == 0);
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  CHECK(work.question()->sequence() == 1);
  const auto refused = work.refuse_outstanding();
  REQUIRE(refused.reports_size() == 1);
  CHECK(refused.reports(0).failed().kind() == "input_too_large");
  CHECK_FALSE(refused.reports(0).failed().retryable());
  CHECK(refused.credit() == 1);
  CHECK(work.run(all_of(order_to_run(ref_to("b")))).reports_size() == 0);
  CHECK(work.question()->sequence() == 1);
}

TEST_CASE("orders say what is stored, or a question of its own does") {
  auto work = remote_work{1, 2};
  work.note_stored(3);
  // It may wait for orders.
  CHECK(work.question() == nullptr);
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  REQUIRE(work.question() != nullptr);
  CHECK(work.question()->stored() == 3);
  work.confirm(1);
  work.tell_stored();
  CHECK(work.question() == nullptr);
  work.note_stored(5);
  work.note_stored(4);
  work.tell_stored();
  REQUIRE(work.question() != nullptr);
  CHECK(work.question()->orders_size() == 0);
  CHECK(work.question()->stored() == 5);
  work.confirm(2);
  CHECK(work.question() == nullptr);
}

TEST_CASE("what was said with orders that no link carries is said again") {
  auto work = remote_work{1, 1};
  work.note_stored(3);
  CHECK(work.run(all_of(order_to_run(ref_to("a")))).reports_size() == 0);
  CHECK(work.question()->stored() == 3);
  CHECK(work.refuse_outstanding().reports_size() == 1);
  REQUIRE(work.question() != nullptr);
  CHECK(work.question()->stored() == 3);
}
