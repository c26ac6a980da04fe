#include "runtime/ids.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

struct fixture {
  virtual_clock time{clock::wall_time{1'700'000'000s}};
  uuid_generator ids{time, [] { return std::uint64_t{0x0123456789ABCDEF}; }};
};

} // namespace

TEST_CASE_METHOD(fixture, "an id carries the time it was made") {
  const auto text = to_string(ids.next());
  CHECK(text.substr(0, 18) == "018bcfe5-6800-7000");
  CHECK(text[19] >= '8');
}

TEST_CASE_METHOD(fixture,
                 "ids grow while the clock stands still or goes back") {
  auto last = ids.next();
  for (int i = 0; i < 10'000; ++i) {
    if (i == 5'000)
      time.set(time.now() - 1h);
    const auto next = ids.next();
    REQUIRE(last < next);
    last = next;
  }
}

TEST_CASE_METHOD(fixture, "an id reads back from its text") {
  const auto id = ids.next();
  CHECK(uuid::parse(to_string(id)) == id);
}

TEST_CASE("text that is not an id is refused") {
  const auto* text
    = GENERATE("", "018bcfe5", "018bcfe5-6800-7000-adab-89674523010g",
               "018bcfe5x6800-7000-adab-896745230100",
               "018bcfe5-6800-7000-adab-8967452301001");
  CHECK_FALSE(uuid::parse(text));
}

TEST_CASE("the machine's randomness gives distinct ids") {
  const auto time = virtual_clock{};
  auto one = uuid_generator{time};
  auto other = uuid_generator{time};
  CHECK(one.next() != other.next());
}
