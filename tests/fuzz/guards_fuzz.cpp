#include "runtime/guard/guard.hpp"
#include "runtime/guard/guard_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace troupe;
using namespace troupe::runtime;
using std::chrono::nanoseconds;
using tests::promise;

namespace {

/// A few calls of which the most fail, with time between them.
void use(const guard_options& options) {
  auto now = guard_time{clock::steady_time{std::chrono::hours{1}},
                        clock::wall_time{std::chrono::years{56}}};
  auto of = guard{options, now};
  for (auto id = std::uint64_t{1}; id <= 8; ++id) {
    const auto draw = id * 0x9E3779B97F4A7C15;
    const auto decided = of.admit({id}, now, draw);
    if (const auto* const permit = std::get_if<guard_permit>(&decided)) {
      auto report = attempt_report{};
      report.outcome
        = id % 4 == 0 ? call_outcome::success : call_outcome::failure;
      report.error_kind = "timeout";
      static_cast<void>(of.finished(id, permit->attempt, report, now, draw));
    }
    if (const auto due = of.next_check()) {
      const auto step = std::max(nanoseconds{1'000'000}, *due - now.steady);
      now.steady += std::min<nanoseconds>(step, std::chrono::hours{24 * 366});
      now.wall += std::chrono::milliseconds{1};
      of.tick(now, draw);
    }
  }
  const auto status = of.status(now);
  promise(status.running + status.waiting + status.backing_off <= 8,
          "a guard knows no more calls than there were");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document
    = yaml_document::parse(tests::text_of(data, size), "fuzz");
  if (!document) {
    promise(!document.error().message.empty(), "a problem has a message");
    return 0;
  }
  const auto guards = parse_guards(document->root());
  if (!guards) {
    tests::promise_reasons(guards.error());
    return 0;
  }
  auto left = 20;
  for (const auto& [name, options] : *guards)
    if (left-- > 0)
      use(options);
  return 0;
}
