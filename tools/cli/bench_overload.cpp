#include "tools/cli/bench_overload.hpp"

#include "tools/cli/bench_run.hpp"
#include "tools/cli/bench_server.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace troupe::tools {

using namespace std::chrono_literals;
using engine::engine_client;
using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto worker_count = std::size_t{10};
constexpr auto answer_patience = std::chrono::milliseconds{60s};
/// Questions of one producer without an answer.
constexpr auto unanswered_max = std::uint64_t{20'000};

/// What became of what a producer sent.
struct producer_count {
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0; ///< With the time after which to try again.
  std::uint64_t failed = 0; ///< Anything else: there should be none.

  producer_count& operator+=(const producer_count& other) {
    sent += other.sent;
    accepted += other.accepted;
    refused += other.refused;
    failed += other.failed;
    return *this;
  }

  [[nodiscard]] std::uint64_t answered() const noexcept {
    return accepted + refused + failed;
  }
};

std::string workflow_of(const bench_overload_options& options) {
  auto step = json{{"id", "s"}, {"activity", "noop"}};
  if (options.work_ms != 0) {
    constexpr auto per_second = 1e3;
    const auto seconds = static_cast<double>(options.work_ms) / per_second;
    step["activity"] = "command";
    step["with"]["argv"] = {"sleep", std::to_string(seconds)};
  }
  return json{{"apiVersion", "troupe/v1"},
              {"kind", "Workflow"},
              {"id", "job"},
              {"steps", json::array({step})}}
    .dump();
}

messages::EngineCall submission() {
  auto call = messages::EngineCall{};
  call.mutable_submit()->set_workflow_id("job");
  return call;
}

void take(const messages::EngineAnswer& answer, producer_count& count) {
  if (answer.has_accepted())
    ++count.accepted;
  else if (answer.problem().kind()
             == static_cast<int>(problem_kind::unavailable)
           && answer.problem().hint().starts_with("try again in "))
    ++count.refused;
  else
    ++count.failed;
}

/// Open loop: what is due is sent, whatever became of the rest.
producer_count produce(engine_client& client, double per_second,
                       std::size_t seconds) {
  auto count = producer_count{};
  const auto begin = seconds_now();
  for (;;) {
    const auto passed = seconds_now() - begin;
    if (passed >= static_cast<double>(seconds))
      break;
    const auto due = static_cast<std::uint64_t>(passed * per_second);
    for (; count.sent < due && count.sent - count.answered() < unanswered_max;
         ++count.sent)
      client.ask(submission());
    if (!client.flush())
      break;
    while (count.answered() < count.sent)
      if (const auto answer = client.receive(1ms))
        take(*answer, count);
      else
        break;
    if (count.answered() == count.sent)
      std::this_thread::sleep_for(1ms);
  }
  while (count.answered() < count.sent)
    if (const auto answer = client.receive(answer_patience))
      take(*answer, count);
    else
      break;
  count.failed += count.sent - count.answered();
  return count;
}

/// A producer in a process of its own.
struct producer {
  pid_t id = -1;
  int result = -1;

  static producer start(const std::string& store, double per_second,
                        std::size_t seconds) {
    auto channel = std::array<int, 2>{-1, -1};
    if (::pipe(channel.data()) != 0)
      return {};
    auto made = producer{::fork(), channel[0]};
    if (made.id == 0) {
      auto count = producer_count{};
      if (auto client = engine_client::connect(engine::socket_of(store)))
        count = produce(*client, per_second, seconds);
      const auto written = ::write(channel[1], &count, sizeof(count));
      ::_exit(written == sizeof(count) ? 0 : 1);
    }
    ::close(channel[1]);
    return made;
  }

  [[nodiscard]] bool has_ended() const {
    auto info = siginfo_t{};
    return ::waitid(P_PID, static_cast<id_t>(id), &info,
                    WEXITED | WNOHANG | WNOWAIT)
             != 0
           || info.si_pid != 0;
  }

  outcome<producer_count> finish() const {
    auto count = producer_count{};
    const auto got = ::read(result, &count, sizeof(count));
    ::close(result);
    ::waitpid(id, nullptr, 0);
    if (got != sizeof(count) || count.sent == 0)
      return fail(problem_kind::failed, "a producer has failed");
    return count;
  }
};

/// Runs done in a second when there are always some that wait, and never too
/// many.
outcome<double> peak_of(bench_server& server,
                        const bench_overload_options& options) {
  auto submitted = std::uint64_t{0};
  const auto window = options.pending / 2;
  const auto begin = seconds_now();
  while (seconds_now() - begin < static_cast<double>(options.seconds)) {
    const auto status = server.client().status();
    if (!status)
      return fail(status.error());
    auto more = messages::SubmitRuns{};
    for (auto open = status->open_runs(); open < window; ++open)
      more.add_runs()->set_workflow_id("job");
    if (more.runs_size() == 0) {
      std::this_thread::sleep_for(1ms);
      continue;
    }
    const auto answer = server.client().submit(more);
    if (!answer)
      return fail(answer.error());
    for (const auto& each : answer->each())
      submitted += each.has_accepted() ? 1 : 0;
  }
  const auto passed = seconds_now() - begin;
  const auto status = server.client().status();
  if (!status)
    return fail(status.error());
  return static_cast<double>(submitted - status->open_runs()) / passed;
}

struct overload_result {
  producer_count count;
  double seconds = 0;
  std::uint64_t open = 0; ///< Runs that are not over at the end of it.
  std::uint64_t waiting_max = 0; ///< Steps.
  double memory_mib_max = 0;
};

outcome<overload_result> overload(bench_server& server, double per_second,
                                  const bench_overload_options& options) {
  auto result = overload_result{};
  auto producers = std::vector<producer>{};
  const auto begin = seconds_now();
  for (std::size_t i = 0; i < options.producers; ++i)
    producers.push_back(producer::start(
      server.store(), per_second / static_cast<double>(options.producers),
      options.seconds));
  while (std::ranges::none_of(producers, &producer::has_ended)) {
    const auto status = server.client().status();
    if (!status)
      return fail(status.error());
    result.waiting_max = std::max(result.waiting_max, status->ready_tasks());
    result.memory_mib_max = std::max(result.memory_mib_max, server.pss_mib());
    std::this_thread::sleep_for(50ms);
  }
  for (const auto& each : producers) {
    const auto count = each.finish();
    if (!count)
      return fail(count.error());
    result.count += *count;
  }
  const auto status = server.client().status();
  if (!status)
    return fail(status.error());
  result.open = status->open_runs();
  result.seconds = seconds_now() - begin;
  return result;
}

outcome<bench_figures> measure_once(const bench_overload_options& options) {
  auto started
    = bench_server::start(options.folder, worker_count, options.pending);
  if (!started)
    return fail(started.error());
  auto& server = **started;
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(workflow_of(options));
  if (auto applied = server.client().apply(apply); !applied)
    return fail(applied.error());
  const auto peak = peak_of(server, options);
  if (!peak)
    return fail(peak.error());
  if (auto drained = server.drain(); !drained)
    return fail(drained.error());
  const auto before = server.pss_mib();
  const auto done
    = overload(server, *peak * static_cast<double>(options.factor), options);
  if (!done)
    return fail(done.error());
  const auto ended = seconds_now();
  if (auto drained = server.drain(); !drained)
    return fail(drained.error());
  const auto goodput
    = static_cast<double>(done->count.accepted - done->open) / done->seconds;
  auto figures = json{};
  figures["peak_per_s"] = *peak;
  figures["goodput_per_s"] = goodput;
  figures["goodput_share"] = goodput / *peak;
  figures["offered_per_s"]
    = static_cast<double>(done->count.sent) / done->seconds;
  figures["accepted"] = done->count.accepted;
  figures["refused"] = done->count.refused;
  figures["failed"] = done->count.failed;
  figures["waiting_max"] = done->waiting_max;
  figures["pss_mib_before"] = before;
  figures["pss_mib_max"] = done->memory_mib_max;
  figures["recovery_s"] = seconds_now() - ended;
  return figures;
}

} // namespace

outcome<json> bench_overload(const bench_overload_options& options) {
  auto settings = bench_settings{};
  settings.workload = "overload";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["seconds"] = options.seconds;
  settings.settings["factor"] = options.factor;
  settings.settings["producers"] = options.producers;
  settings.settings["work_ms"] = options.work_ms;
  settings.settings["pending"] = options.pending;
  settings.settings["concurrency"] = worker_count;
  return measure(settings, {[&] { return measure_once(options); }});
}

} // namespace troupe::tools
