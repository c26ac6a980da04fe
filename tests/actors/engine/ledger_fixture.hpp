#pragma once

#include "actors/engine/run_ledger.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// A ledger by hand; what it changes is stored at once.
struct ledger_fixture {
  engine::instant now{std::chrono::seconds{1'700'000'000}};
  int ids = 0;
  engine::pinned_workflow child; ///< Of every id that is not in `known`.
  std::map<std::string, engine::pinned_workflow> known;
  std::optional<engine::step_resources> room; ///< Of each worker.
  engine::run_ledger ledger;

  static engine::run_ledger_options options() {
    auto result = engine::run_ledger_options{};
    result.snapshot_events_per_task = 1;
    result.runs_max = 5;
    result.depth_max = 2;
    return result;
  }

  engine::run_ledger::sources sources() {
    auto from = engine::run_ledger::sources{};
    from.draw = [] { return std::uint64_t{0}; };
    from.new_id = [this] { return "r" + std::to_string(++ids); };
    from.definition = [this](const std::string& id) {
      const auto found = known.find(id);
      return found == known.end() ? child : found->second;
    };
    return from;
  }

  explicit ledger_fixture(engine::run_ledger_options with = options())
    : ledger{with, sources()} {
    ledger.set_time(now);
  }

  ~ledger_fixture() {
    CHECK(ledger.check() == std::vector<std::string>{});
  }

  runtime::outcome<engine::submitted_run> submit(engine::workflow of) {
    auto request = engine::run_request{};
    request.of = engine::make_version(std::move(of));
    return ledger.submit(request);
  }

  void advance(std::chrono::milliseconds by) {
    now += by;
    ledger.set_time(now);
    ledger.check_time();
  }

  std::vector<engine::assignment> pull(std::uint32_t credit = 10,
                                       std::uint64_t worker = 1) {
    ledger.welcome({worker, {"noop"}, room});
    return ledger.assign(worker, credit);
  }

  void succeed(const engine::assignment& work) {
    REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                          [&](engine::run_decision& it) {
                            return it.succeed(work.claim.task, work.claim.claim,
                                              nullptr);
                          }));
  }

  void store() {
    for (const auto number : ledger.take_finished())
      REQUIRE(ledger.decide(ledger.find(number)->submission().run_id(),
                            [](engine::run_decision& it) {
                              return it.conclude("");
                            }));
    static_cast<void>(ledger.take_changes());
    ledger.mark_stored();
    for (const auto number : ledger.take_ended())
      ledger.forget(number);
  }

  void cancel(const std::string& run_id, bool terminate) {
    auto request = messages::RunCancelRequested{};
    request.set_terminate(terminate);
    request.set_stop_at(
      runtime::to_microseconds(now + std::chrono::seconds{1}));
    REQUIRE(ledger.decide(run_id, [&](engine::run_decision& it) {
      return it.cancel(request);
    }));
  }

  [[nodiscard]] engine::run_status status_of(const std::string& run_id) const {
    return ledger.find(run_id)->status();
  }
};

} // namespace troupe::tests
