#include "runtime/worker_thread.hpp"

#include <catch2/catch.hpp>
#include <pthread.h>

#include <csignal>

TEST_CASE("signals do not go to a worker, and still come to others") {
  auto of_worker = sigset_t{};
  auto worker
    = troupe::runtime::start_worker_thread("a name that is too long", [&] {
        ::pthread_sigmask(SIG_BLOCK, nullptr, &of_worker);
      });
  worker.join();
  auto ours = sigset_t{};
  ::pthread_sigmask(SIG_BLOCK, nullptr, &ours);
  for (const auto signal : {SIGTERM, SIGINT, SIGPIPE, SIGCHLD}) {
    CHECK(::sigismember(&of_worker, signal) == 1);
    CHECK(::sigismember(&ours, signal) == 0);
  }
}
