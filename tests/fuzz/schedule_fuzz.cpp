#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_recurrence.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace troupe;
using namespace troupe::scheduler;
using tests::promise;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = parse_schedule(tests::text_of(data, size), "fuzz");
  if (!read) {
    tests::promise_reasons(read.error());
    return 0;
  }
  const auto due_times = schedule_recurrence{*read};
  auto from = parse_instant("2026-03-28T12:00:00Z").value();
  auto before = std::optional<instant>{};
  for (auto i = 0; i < 5; ++i) {
    const auto due = due_times.next(from);
    if (!due)
      break;
    promise(*due > from, "the next due time is later");
    promise(due_times.start_of(*due) >= *due,
            "nothing starts before it is due");
    if (before) {
      promise(due_times.start_of(*before) < *due,
              "starts keep the order of due times");
      promise(due_times.previous(*due) == before,
              "the way back has the same due times");
    }
    before = from = *due;
  }
  return 0;
}
