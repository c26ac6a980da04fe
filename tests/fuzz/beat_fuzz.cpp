// What another node says of the members of a cluster.
#include "cluster/membership/beat_message.hpp"
#include "cluster/membership/membership.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <variant>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using tests::promise;

namespace {

constexpr auto start = membership::time_point{1000s};

membership make_node(const std::string& name) {
  return membership{{.name = name,
                     .id = runtime::uuid{{static_cast<std::uint8_t>(name[0])}},
                     .incarnation = 3,
                     .roles = {.is_coordinator = true, .is_worker = true}},
                    {"a", "b", "c"},
                    {},
                    start};
}

/// What the node sends has to be what others read.
void deliver(const membership_actions& actions, membership& to,
             membership::time_point now) {
  for (const auto& action : actions) {
    const auto* sent = std::get_if<send_beat>(&action);
    if (sent == nullptr)
      continue;
    const auto read = read_beat(write_beat(sent->what));
    promise(read.has_value(), "what a node sends can be read");
    static_cast<void>(to.receive(*read, now));
  }
}

void promise_bounds(const membership& of) {
  const auto options = membership_options{};
  promise(of.table().living() <= options.table.members_max + 1,
          "a node knows no more than there may be");
  promise(of.table().tombstones() <= options.table.tombstones_max
                                       + options.digest_tombstones_max
                                       + options.table.members_max,
          "a node remembers no more than it may");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = read_beat(tests::text_of(data, size));
  if (!read) {
    promise(!read.error().message.empty(), "a problem has a message");
    return 0;
  }
  promise(read_beat(write_beat(*read)) == *read,
          "what was read is written the same");
  auto a = make_node("a");
  auto b = make_node("b");
  auto now = start;
  deliver(a.tick(now), b, now);
  deliver(b.tick(now), a, now);
  for (auto i = 0; i < 20; ++i) {
    now += 100ms;
    if (i % 4 == 1)
      deliver(a.receive(*read, now), b, now);
    deliver(a.tick(now), b, now);
    deliver(b.tick(now), a, now);
    deliver(a.take_incarnation(a.self().incarnation + 1, now), b, now);
    promise_bounds(a);
    promise_bounds(b);
  }
  return 0;
}
