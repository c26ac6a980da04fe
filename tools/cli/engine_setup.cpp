#include "tools/cli/engine_setup.hpp"

#include "actors/engine/command_runner.hpp"
#include "actors/engine/http_runner.hpp"
#include "runtime/http/http_host.hpp"
#include "runtime/process/process_host.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

namespace troupe::tools {

scoring::scorer_options scorer_settings(const runtime::settings& settings) {
  auto options = scoring::scorer_options{};
  options.workers = static_cast<std::size_t>(settings.workers);
  options.store_queue_max = static_cast<std::size_t>(settings.store_queue_max);
  options.store_cache_bytes = settings.store_cache_bytes;
  options.shutdown_timeout = settings.shutdown_timeout;
  return options;
}

std::size_t batch_size_of(const runtime::settings& settings) {
  const auto is_default = settings.origins.at("scoring.batch_items").source
                          == runtime::setting_source::fallback;
  return is_default ? 0
                    : static_cast<std::size_t>(settings.scoring_batch_items);
}

namespace {

/// One thread beside those that calculate, so that everybody else answers.
std::size_t threads_of(const runtime::settings& settings) {
  const auto workers = settings.workers == 0
                         ? std::max(1U, std::thread::hardware_concurrency())
                         : static_cast<std::size_t>(settings.workers);
  return workers + 1;
}

score_activity_options scoring_setup(const invocation& with,
                                     score_observer observer) {
  static const auto time = runtime::real_clock{};
  auto options = score_activity_options{};
  options.scorer = scorer_settings(with.settings);
  options.scorer.store = with.settings.store_path;
  options.environment = with.environment;
  options.time = &time;
  options.batch_size = batch_size_of(with.settings);
  options.observer = std::move(observer);
  return options;
}

} // namespace

runtime::outcome<engine::local_engine> start_engine(const invocation& with,
                                                    std::size_t activities_max,
                                                    std::size_t pending_max,
                                                    score_observer on_scoring) {
  auto processes = runtime::process_host::start();
  if (!processes)
    return runtime::fail(processes.error());
  auto options = engine::local_engine_options{};
  options.store = with.settings.store_path;
  options.store_queue_max
    = static_cast<std::size_t>(with.settings.store_queue_max);
  options.store_cache_bytes = with.settings.store_cache_bytes;
  options.schemas = {scoring::scoring_schema()};
  options.threads = threads_of(with.settings);
  options.activities_max = activities_max;
  options.ledger.queue.pending_max = pending_max;
  options.shutdown_timeout = with.settings.shutdown_timeout;
  options.add_activities =
    [host = std::shared_ptr<runtime::process_runner>(std::move(*processes)),
     requests = std::make_shared<runtime::http_host>(),
     environment = with.environment,
     scoring = scoring_setup(with, std::move(on_scoring))](
      engine::activity_registry& registry, const runtime::store_actor& store) {
      engine::add_command_activity(registry, {host, environment});
      auto http = engine::http_runner_options{};
      http.requests = requests;
      http.environment = environment;
      engine::add_http_activity(registry, std::move(http));
      add_score_activity(registry, store, scoring);
    };
  return engine::local_engine::start(std::move(options));
}

std::string user_of(const invocation& with) {
  const auto found = with.environment.find("USER");
  return found == with.environment.end() ? std::string{} : found->second;
}

} // namespace troupe::tools
