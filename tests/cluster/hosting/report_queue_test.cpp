#include "cluster/hosting/report_queue.hpp"
#include "tests/cluster/hosting/hosting_samples.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

report_queue::filter of_epoch(std::uint64_t epoch) {
  return [=](const messages::ActivityRef& ref) { return ref.epoch() == epoch; };
}

} // namespace

TEST_CASE("reports go in their order, as many as a question holds") {
  auto queue = report_queue{};
  for (const auto* step : {"a", "b", "c"})
    queue.add(success_of(ref_to(step)));
  const auto first = queue.take(of_epoch(1), {2, 1'000'000});
  REQUIRE(first.reports_size() == 2);
  CHECK(ref_of(first.reports(0)).step() == "a");
  CHECK(ref_of(first.reports(1)).step() == "b");
  const auto ends = queue.confirm(1);
  REQUIRE(ends.size() == 2);
  CHECK(ends[1].step() == "b");
  CHECK(queue.size() == 1);
  // However large it is, the first one goes.
  CHECK(queue.take(of_epoch(1), {2, 1}).reports_size() == 1);
}

TEST_CASE("what was under way goes again after a retraction") {
  auto queue = report_queue{};
  queue.add(success_of(ref_to("a")));
  CHECK(queue.take(of_epoch(1), {}).reports_size() == 1);
  queue.retract();
  CHECK(queue.confirm(1).empty());
  CHECK(queue.take(of_epoch(1), {}).reports_size() == 1);
}

TEST_CASE("ends are kept until they are stored, in their order") {
  auto queue = report_queue{};
  for (const auto* step : {"a", "b", "c"})
    queue.add(success_of(ref_to(step)));
  queue.add(progress_of(ref_to("d"), "1"));
  CHECK(queue.take(of_epoch(1), {1, 1'000'000}).reports_size() == 1);
  CHECK(queue.confirm(1).size() == 1);
  CHECK(queue.take(of_epoch(1), {}).reports_size() == 3);
  CHECK(queue.confirm(2).size() == 2);
  CHECK(queue.size() == 0);
  CHECK(queue.taken() == 3);
  const auto stored = queue.store(1);
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].step() == "a");
  queue.erase(3);
  queue.retract();
  CHECK(queue.taken() == 0);
  CHECK(queue.store(2).empty());
  const auto again = queue.take(of_epoch(1), {});
  REQUIRE(again.reports_size() == 1);
  CHECK(ref_of(again.reports(0)).step() == "b");
}

TEST_CASE("a newer progress takes the place of one that waits") {
  auto queue = report_queue{};
  const auto first = queue.add(progress_of(ref_to("a"), "1"));
  queue.add(success_of(ref_to("b")));
  CHECK(queue.replace(first, progress_of(ref_to("a"), "2")) == first);
  CHECK(queue.replace(0, progress_of(ref_to("c"), "1")) != first);
  const auto batch = queue.take(of_epoch(1), {2, 1'000'000});
  CHECK(batch.reports(0).progress().progress_json() == "2");
  // What is under way stays as it is.
  const auto next = queue.replace(first, progress_of(ref_to("a"), "3"));
  CHECK(next != first);
  CHECK(queue.confirm(1).size() == 1);
  CHECK(queue.take(of_epoch(1), {}).reports_size() == 2);
}

TEST_CASE("reports of another epoch wait until they have this one") {
  auto queue = report_queue{};
  const auto kept = queue.add(success_of(ref_to("a", 1)));
  const auto dropped = queue.add(success_of(ref_to("b", 1)));
  CHECK(queue.take(of_epoch(2), {}).reports_size() == 0);
  queue.set_epoch(kept, 2);
  queue.erase(dropped);
  const auto batch = queue.take(of_epoch(2), {});
  REQUIRE(batch.reports_size() == 1);
  CHECK(ref_of(batch.reports(0)).epoch() == 2);
  CHECK(queue.size() == 1);
}

TEST_CASE("what no link carries is said in short") {
  auto queue = report_queue{};
  queue.add(success_of(ref_to("a")));
  CHECK(queue.take(of_epoch(1), {}).reports_size() == 1);
  queue.shorten();
  const auto batch = queue.take(of_epoch(1), {});
  REQUIRE(batch.reports(0).has_failed());
  CHECK(batch.reports(0).failed().kind() == "output_too_large");
  CHECK(batch.reports(0).failed().ref().step() == "a");

  auto failures = report_queue{};
  auto failure = messages::ActivityReport{};
  *failure.mutable_failed()->mutable_ref() = ref_to("b");
  failure.mutable_failed()->set_kind("exit_nonzero");
  failure.mutable_failed()->set_message(std::string(3'000, 'x'));
  failure.mutable_failed()->set_details_json("{}");
  failures.add(failure);
  CHECK(failures.take(of_epoch(1), {}).reports_size() == 1);
  failures.shorten();
  const auto shorter = failures.take(of_epoch(1), {}).reports(0).failed();
  CHECK(shorter.kind() == "exit_nonzero");
  CHECK(shorter.message().size() < 100);
  CHECK(shorter.details_json().empty());
}
