#include "tests/support/actor_fixture.hpp"

#include <caf/actor_registry.hpp>

#include <cstdio>
#include <cstdlib>

namespace troupe::tests {

namespace {

constexpr std::size_t messages_max = 1'000'000;
constexpr std::size_t timeouts_max = 1'000;

void stop_all(const std::vector<caf::actor_addr>& actors) {
  for (const auto& address : actors)
    if (const auto handle = caf::actor_cast<caf::actor>(address))
      caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
}

runtime::actor_configuration&
with_manual_scheduler(runtime::actor_configuration& configuration) {
  configuration.set("scheduler.policy", caf::atom("testing"));
  return configuration;
}

} // namespace

namespace detail {

void deadline_guard::start(const char* what) {
  thread_ = std::thread{[this, what] {
    auto lock = std::unique_lock{mutex_};
    if (changed_.wait_for(lock, limit_, [this] { return is_done_; }))
      return;
    std::fprintf(stderr, "%s: an actor is still alive; who holds it?\n", what);
    std::_Exit(70);
  }};
}

deadline_guard::~deadline_guard() {
  {
    const auto guard = std::lock_guard{mutex_};
    is_done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

} // namespace detail

actor_fixture::actor_fixture()
  : system{with_manual_scheduler(configuration)},
    scheduler{
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())},
    client{system, true} {}

actor_fixture::~actor_fixture() {
  guard_.start("actor_fixture");
  stop_all(owned_);
  // Pending timeouts keep their receivers alive; a dead actor sets no new ones.
  for (std::size_t i = 0; i < timeouts_max; ++i) {
    scheduler.run(messages_max);
    if (!scheduler.trigger_timeout())
      break;
  }
}

void actor_fixture::run() {
  if (scheduler.run(messages_max) == messages_max)
    throw std::runtime_error{"actors keep each other busy"};
}

bool actor_fixture::run_once() {
  return scheduler.try_run_once();
}

void actor_fixture::advance(caf::timespan elapsed) {
  auto& clock = scheduler.clock();
  const auto end = clock.now() + elapsed;
  run();
  while (clock.has_pending_timeout()) {
    const auto due = clock.schedule().begin()->first;
    if (due > end)
      break;
    clock.advance_time(due > clock.now() ? due - clock.now()
                                         : caf::timespan{0});
    run();
  }
  clock.advance_time(end - clock.now());
  run();
}

caf::actor_clock::time_point actor_fixture::now() {
  return scheduler.clock().now();
}

live_fixture::live_fixture() = default;

live_fixture::~live_fixture() {
  guard_.start("live_fixture");
  stop_all(owned_);
}

} // namespace troupe::tests
