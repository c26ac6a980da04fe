#include "tools/cli/bench_w1.hpp"

#include "tools/cli/bench_jobs.hpp"
#include "tools/cli/bench_run.hpp"
#include "tools/cli/bench_server.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::tools {

using namespace std::chrono_literals;
using engine::engine_client;
using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto concurrency = std::size_t{10};
constexpr auto warm_up = std::size_t{500};
constexpr auto patience = std::chrono::milliseconds{60s};

outcome<std::unique_ptr<bench_server>> start(const std::string& folder,
                                             const char* workflow) {
  auto server = bench_server::start(folder, concurrency);
  if (!server)
    return server;
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(workflow);
  if (auto applied = (*server)->client().apply(apply); !applied)
    return fail(applied.error());
  return server;
}

template <class Submit>
outcome<bench_figures> throughput(const bench_w1_options& options,
                                  const std::string& name, Submit submit) {
  auto server = start(options.folder, bench_job);
  if (!server)
    return fail(server.error());
  auto& client = (*server)->client();
  auto done = submit_each(client, warm_up, options.outstanding);
  if (done)
    done = (*server)->drain();
  if (!done)
    return fail(done.error());
  const auto used = (*server)->cpu_seconds();
  const auto begin = seconds_now();
  done = submit(client);
  const auto enqueued = seconds_now();
  const auto pss = (*server)->pss_mib();
  if (done)
    done = (*server)->drain();
  const auto end = seconds_now();
  if (!done)
    return fail(done.error());
  auto figures = json{};
  const auto jobs = static_cast<double>(options.jobs);
  figures["jobs_per_s_" + name] = jobs / (end - begin);
  figures["enqueue_per_s_" + name] = jobs / (enqueued - begin);
  constexpr auto micro = 1e6;
  figures["server_cpu_us_" + name]
    = ((*server)->cpu_seconds() - used) * micro / jobs;
  figures["peak_pss_mib_" + name] = std::max(pss, (*server)->pss_mib());
  return figures;
}

double percentile(std::vector<double>& values, double share) {
  const auto at = static_cast<std::size_t>(
    std::floor(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(),
                   values.begin() + static_cast<std::ptrdiff_t>(at),
                   values.end());
  return values[at];
}

/// Open loop: job i is due at begin + i x 5 ms, whatever became of the others.
outcome<bench_figures> latency(const bench_w1_options& options) {
  auto server = start(options.folder, bench_job);
  if (!server)
    return fail(server.error());
  auto& client = (*server)->client();
  auto done = submit_each(client, warm_up, options.outstanding);
  if (done)
    done = (*server)->drain();
  if (!done)
    return fail(done.error());
  constexpr auto per_second = std::size_t{200};
  const auto jobs = options.latency_seconds * per_second;
  auto due_of = std::unordered_map<std::uint64_t, double>{};
  auto latencies = std::vector<double>{};
  const auto begin = seconds_now() + 0.1;
  auto sent = std::size_t{0};
  while (latencies.size() < jobs) {
    const auto due
      = begin + static_cast<double>(sent) / static_cast<double>(per_second);
    const auto rest = due - seconds_now();
    if (sent < jobs && rest <= 0) {
      auto call = messages::EngineCall{};
      *call.mutable_submit() = bench_run_of(sent++);
      due_of[client.ask(std::move(call))] = due;
      if (auto flushed = client.flush(); !flushed)
        return fail(flushed.error());
      continue;
    }
    const auto wait
      = sent < jobs ? std::chrono::milliseconds{static_cast<int>(rest * 1e3)}
                    : patience;
    auto answer = client.receive(wait);
    if (!answer && answer.error().kind == problem_kind::timeout && sent < jobs)
      continue;
    if (!answer)
      return fail(answer.error());
    const auto known = due_of.extract(answer->id());
    if (answer->has_accepted()) {
      auto call = messages::EngineCall{};
      call.mutable_await()->set_run_id(answer->accepted().run_id());
      due_of[client.ask(std::move(call))] = known.mapped();
      if (auto flushed = client.flush(); !flushed)
        return fail(flushed.error());
    } else if (answer->has_result()) {
      latencies.push_back((seconds_now() - known.mapped()) * 1e3);
    } else {
      return fail(problem_kind::failed, answer->problem().message());
    }
  }
  auto figures = json{};
  figures["latency_p50_ms"] = percentile(latencies, 0.50);
  figures["latency_p99_ms"] = percentile(latencies, 0.99);
  figures["peak_pss_mib"] = (*server)->pss_mib();
  return figures;
}

/// Ten layers of a hundred steps that do nothing.
std::string layered_workflow() {
  constexpr auto layers = 10;
  constexpr auto width = 100;
  auto steps = json::array();
  for (auto layer = 0; layer < layers; ++layer)
    for (auto i = 0; i < width; ++i) {
      auto step = json{{"id", "s" + std::to_string(layer * width + i)},
                       {"activity", "noop"}};
      if (layer > 0)
        for (auto need = 0; need < width; ++need)
          step["needs"].push_back("s"
                                  + std::to_string((layer - 1) * width + need));
      steps.push_back(std::move(step));
    }
  return json{{"apiVersion", "troupe/v1"},
              {"kind", "Workflow"},
              {"id", "layers"},
              {"steps", std::move(steps)}}
    .dump();
}

outcome<bench_figures> layers(const bench_w2_options& options) {
  auto server = start(options.folder, layered_workflow().c_str());
  if (!server)
    return fail(server.error());
  auto figures = json{};
  // The first one is the warm-up.
  for (auto i = 0; i < 2; ++i) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_id("layers");
    const auto begin = seconds_now();
    const auto accepted = (*server)->client().submit(wanted);
    if (!accepted)
      return fail(accepted.error());
    const auto ended = (*server)->client().await(accepted->run_id(), patience);
    if (!ended)
      return fail(ended.error());
    if (ended->status() != "completed")
      return fail(problem_kind::failed, ended->reason());
    figures["total_ms"] = (seconds_now() - begin) * 1e3;
  }
  figures["peak_pss_mib"] = (*server)->pss_mib();
  return figures;
}

} // namespace

outcome<json> bench_w1(const bench_w1_options& options) {
  auto settings = bench_settings{};
  settings.workload = "w1";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["jobs"] = options.jobs;
  settings.settings["outstanding"] = options.outstanding;
  settings.settings["concurrency"] = concurrency;
  auto parts = std::vector<bench_part>{
    [&] {
      return throughput(options, "single", [&](engine_client& client) {
        return submit_each(client, options.jobs, options.outstanding);
      });
    },
    [&] {
      return throughput(options, "bulk", [&](engine_client& client) {
        return submit_in_bulk(client, options.jobs);
      });
    }};
  if (options.latency_seconds > 0)
    parts.emplace_back([&] { return latency(options); });
  return measure(settings, parts);
}

outcome<json> bench_w2(const bench_w2_options& options) {
  auto settings = bench_settings{};
  settings.workload = "w2";
  settings.mode = "durable";
  settings.runs = options.runs;
  settings.settings["concurrency"] = concurrency;
  return measure(settings, {[&] { return layers(options); }});
}

} // namespace troupe::tools
