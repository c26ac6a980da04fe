#include "cluster/membership/beat_message.hpp"
#include "messages/membership.pb.h"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <random>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using source = std::mt19937_64;

std::string draw_name(source& random) {
  auto name = std::string{"n"};
  while (random() % 4 != 0 && name.size() < 62)
    name += static_cast<char>('a' + random() % 26);
  return name;
}

runtime::uuid draw_id(source& random) {
  auto bytes = std::array<std::uint8_t, 16>{};
  for (auto& byte : bytes)
    byte = static_cast<std::uint8_t>(random());
  return runtime::uuid{bytes};
}

/// Small ones more often than others.
std::uint64_t draw_number(source& random) {
  return 1 + (random() >> (2 + random() % 62));
}

std::chrono::microseconds draw_age(source& random) {
  return std::chrono::microseconds{static_cast<std::int64_t>(
    random() % static_cast<std::uint64_t>(beat_age_max.count() + 1))};
}

digest_entry draw_entry(source& random) {
  return {.of = {.name = draw_name(random),
                 .id = draw_id(random),
                 .incarnation = draw_number(random),
                 .version = draw_number(random),
                 .state = static_cast<member_state>(random() % 6),
                 .roles = {.is_coordinator = random() % 2 == 0,
                           .is_worker = random() % 2 == 0}},
          .heard_sequence = random(),
          .age = draw_age(random),
          .is_contradicted = random() % 2 == 0};
}

beat draw_beat(source& random) {
  auto result = beat{.from = draw_name(random),
                     .id = draw_id(random),
                     .incarnation = draw_number(random),
                     .sequence = random(),
                     .lateness = draw_age(random),
                     .digest = {}};
  for (auto left = random() % 100; left > 0; --left)
    result.digest.push_back(draw_entry(random));
  return result;
}

/// Any beat, spoiled in one way.
bool is_refused(const std::function<void(messages::MembershipBeat&)>& spoil) {
  auto random = source{3};
  auto sent = draw_beat(random);
  sent.digest.push_back(draw_entry(random));
  auto message = messages::MembershipBeat{};
  REQUIRE(message.ParseFromString(write_beat(sent)));
  spoil(message);
  const auto read = read_beat(message.SerializeAsString());
  return !read && read.error().kind == runtime::problem_kind::invalid_input;
}

} // namespace

TEST_CASE("a beat arrives as it was sent") {
  auto random = source{1};
  for (auto i = 0U; i < effort(300); ++i) {
    const auto sent = draw_beat(random);
    const auto read = read_beat(write_beat(sent));
    REQUIRE(read);
    REQUIRE(*read == sent);
  }
}

TEST_CASE("the largest cluster's beat fits the urgent lane") {
  auto random = source{2};
  auto sent = draw_beat(random);
  sent.digest.clear();
  for (auto i = 0; i < 64 + 32; ++i) {
    auto entry = draw_entry(random);
    entry.of.name.assign(63, 'x');
    sent.digest.push_back(entry);
  }
  CHECK(write_beat(sent).size() < beat_bytes_max / 2);
  CHECK(read_beat(write_beat(sent)) == sent);
}

TEST_CASE("a time beyond reason is told as the longest there is") {
  auto random = source{4};
  auto sent = draw_beat(random);
  sent.lateness = beat_age_max + 1h;
  sent.digest = {draw_entry(random)};
  sent.digest.front().age = -1us;
  const auto read = read_beat(write_beat(sent));
  REQUIRE(read);
  CHECK(read->lateness == beat_age_max);
  CHECK(read->digest.front().age == 0us);
}

TEST_CASE("a beat that can be none is refused") {
  using message = messages::MembershipBeat;
  CHECK(is_refused([](message& of) { of.clear_from(); }));
  CHECK(is_refused([](message& of) { of.set_from("Not a name\n"); }));
  CHECK(is_refused([](message& of) { of.set_id("short"); }));
  CHECK(is_refused([](message& of) { of.set_incarnation(0); }));
  CHECK(is_refused([](message& of) { of.set_lateness_us(~0ULL); }));
  const auto first = [](message& of) { return of.mutable_members(0); };
  CHECK(is_refused([&](message& of) { first(of)->clear_name(); }));
  CHECK(is_refused(
    [&](message& of) { first(of)->set_name(std::string(64, 'x')); }));
  CHECK(is_refused([&](message& of) { first(of)->set_id(""); }));
  CHECK(is_refused([&](message& of) { first(of)->clear_state(); }));
  CHECK(is_refused([&](message& of) {
    first(of)->set_state(static_cast<messages::MemberRecord::State>(7));
  }));
  CHECK(is_refused([&](message& of) {
    first(of)->set_state(static_cast<messages::MemberRecord::State>(-1));
  }));
  CHECK(is_refused([&](message& of) { first(of)->set_age_us(~0ULL); }));
  CHECK(is_refused([&](message& of) {
    const auto one = of.members(0);
    while (of.members_size() <= static_cast<int>(beat_members_max))
      *of.add_members() = one;
  }));
  CHECK_FALSE(read_beat(std::string(beat_bytes_max + 1, '\0')));
}

TEST_CASE("a record that claims too much does not silence who tells of it") {
  auto random = source{6};
  auto sent = draw_beat(random);
  sent.digest = {draw_entry(random)};
  sent.digest.front().of.version = ~0ULL;
  CHECK(read_beat(write_beat(sent)) == sent);
}

TEST_CASE("whatever becomes of its bytes, a beat is read as one or refused") {
  auto random = source{5};
  for (auto i = 0U; i < effort(2'000); ++i) {
    auto bytes = write_beat(draw_beat(random));
    for (auto changes = 1 + random() % 8; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % (bytes.size() / 2));
    if (const auto read = read_beat(bytes)) {
      REQUIRE(read->digest.size() <= beat_members_max);
      REQUIRE(read_beat(write_beat(*read)) == *read);
    }
  }
}
