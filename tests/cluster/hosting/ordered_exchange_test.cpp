#include "cluster/hosting/ordered_exchange.hpp"
#include "cluster/hosting/retry_delay.hpp"
#include "messages/hosting.pb.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace troupe;
using namespace troupe::cluster;

TEST_CASE("an outbox asks the same until it is answered") {
  auto outbox = ordered_outbox<messages::HostingOrders>{};
  CHECK(outbox.outstanding() == nullptr);
  auto first = messages::HostingOrders{};
  first.set_session(7);
  CHECK(outbox.begin(first).sequence() == 1);
  REQUIRE(outbox.outstanding() != nullptr);
  CHECK(outbox.outstanding()->session() == 7);
  CHECK_FALSE(outbox.acknowledge(2));
  CHECK(outbox.acknowledge(1));
  CHECK_FALSE(outbox.acknowledge(1));
  CHECK(outbox.begin({}).sequence() == 2);
}

TEST_CASE("what an outbox withdraws leaves no gap") {
  auto outbox = ordered_outbox<messages::HostingOrders>{};
  outbox.begin({});
  CHECK(outbox.withdraw().sequence() == 1);
  CHECK(outbox.outstanding() == nullptr);
  CHECK(outbox.begin({}).sequence() == 1);
  outbox.reset();
  CHECK(outbox.begin({}).sequence() == 1);
}

TEST_CASE("an inbox tells what is new, repeated and out of place") {
  auto inbox = ordered_inbox{};
  CHECK(inbox.take(0, 1) == arrival::unknown);
  inbox.begin(3);
  CHECK(inbox.take(2, 1) == arrival::unknown);
  CHECK(inbox.take(3, 0) == arrival::unknown);
  CHECK(inbox.take(3, 2) == arrival::unknown);
  CHECK(inbox.take(3, 1) == arrival::fresh);
  CHECK(inbox.take(3, 1) == arrival::repeated);
  CHECK(inbox.take(3, 2) == arrival::fresh);
  CHECK(inbox.take(3, 1) == arrival::repeated);
  inbox.end();
  CHECK(inbox.take(3, 3) == arrival::unknown);
}

TEST_CASE("the delay of a retry doubles up to its bound") {
  auto delay = retry_delay{};
  auto seen = std::vector<std::int64_t>{};
  for (auto i = 0; i < 7; ++i)
    seen.push_back(delay.next().count());
  CHECK(seen == std::vector<std::int64_t>{20, 40, 80, 160, 320, 500, 500});
  delay.reset();
  CHECK(delay.next().count() == 20);
}
