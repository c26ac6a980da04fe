// An input is an expression, and on further lines perhaps a zone and an
// instant.
#include "actors/scheduler/cron_schedule.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace troupe;
using namespace troupe::scheduler;
using tests::promise;

namespace {

constexpr auto start = std::string_view{"2026-03-28T12:00:00Z"};

runtime::time_zone zone_of(std::string_view name) {
  const auto found = runtime::time_zone::find(name);
  if (!found)
    promise(!found.error().message.empty(), "a problem has a message");
  return found.value_or(runtime::time_zone{});
}

void walk(const cron_schedule& schedule, instant from) {
  auto before = std::optional<instant>{};
  for (auto i = 0; i < 5; ++i) {
    const auto due = schedule.next(from);
    if (!due)
      return;
    promise(*due > from, "the next due time is later");
    if (before)
      promise(schedule.previous(*due) == before,
              "the way back has the same due times");
    before = from = *due;
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = tests::text_of(data, size);
  const auto read = parse_cron(tests::take_until(text, '\n'));
  if (!read) {
    promise(!read.error().message.empty(), "a problem has a message");
    return 0;
  }
  const auto again = parse_cron(to_string(*read));
  promise(again.has_value(), "the canonical text is an expression");
  promise(*again == *read, "the canonical text is the same expression");
  const auto zone = tests::take_until(text, '\n');
  const auto from = parse_instant(tests::take_until(text, '\n'));
  walk({*read, zone_of(zone)}, from.value_or(parse_instant(start).value()));
  return 0;
}
