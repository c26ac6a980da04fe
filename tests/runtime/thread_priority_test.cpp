#include "runtime/thread_priority.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

namespace {

int own_nice() {
  return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
}

} // namespace

TEST_CASE("a thread that is preferred is so with all that it starts, and no "
          "other one") {
  const auto before = own_nice();
  auto is_preferred = false;
  auto of_thread = before;
  auto of_child = before;
  std::thread{[&] {
    is_preferred = troupe::runtime::prefer_this_thread("test");
    of_thread = own_nice();
    std::thread{[&] { of_child = own_nice(); }}.join();
  }}.join();
  // Who may not is as before, and goes on.
  CHECK((of_thread < before) == is_preferred);
  CHECK(of_child == of_thread);
  CHECK(own_nice() == before);
}
