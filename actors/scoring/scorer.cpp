#include "actors/scoring/scorer.hpp"

#include "actors/scoring/real_time_run.hpp"
#include "actors/scoring/result_files.hpp"
#include "actors/scoring/stored_result.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/ids.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/query/postgres_address.hpp"
#include "runtime/store_host.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;

struct scorer::state {
  scorer_options options;
  std::size_t workers = 1;
  runtime::real_clock time;
  runtime::uuid_generator ids{time};
  runtime::store_host host;

  state(scorer_options from, runtime::store_host with)
    : options{std::move(from)}, workers{runtime::worker_count(options.workers)},
      host{std::move(with)} {}

  outcome<scoring_result> score_in_real_time(prepared_scoring prepared,
                                             std::stop_token stop) {
    prepared.header.run = to_string(ids.next());
    prepared.header.started_at = time.now();
    auto surroundings = real_time_surroundings{};
    surroundings.commit = [this](store_request request) {
      return host.commit(std::move(request.transaction),
                         std::move(request.rows));
    };
    surroundings.now = [this] { return time.now(); };
    surroundings.stop = std::move(stop);
    return run_in_real_time(std::move(prepared), surroundings);
  }

  scoring_coordinator_actor start(prepared_scoring prepared,
                                  runtime::store_actor store,
                                  std::shared_ptr<scoring_progress> progress) {
    auto to = scoring_coordinator_options{};
    to.run = std::move(prepared.run);
    to.header = std::move(prepared.header);
    to.header.run = to_string(ids.next());
    to.header.started_at = time.now();
    to.header.runs_kept = options.runs_kept;
    to.worker.before_task = options.before_task;
    to.more_workers = options.more_workers;
    to.store = std::move(store);
    to.progress = std::move(progress);
    to.now = [] { return runtime::real_clock{}.now(); };
    if (prepared.source)
      to.source = spawn_chunk_source(host.system(), std::move(*prepared.source),
                                     prepared.source_bytes,
                                     std::move(prepared.source_ranges));
    to.writes_summary = prepared.outputs.contains("summary.json");
    if (!prepared.outputs.empty())
      to.writer = runtime::spawn_output_writer(host.system(),
                                               std::move(prepared.outputs));
    return spawn_scoring_coordinator(host.system(), std::move(to));
  }
};

scorer::scorer(std::unique_ptr<state> made) : state_{std::move(made)} {}

scorer::scorer(scorer&&) noexcept = default;

scorer& scorer::operator=(scorer&&) noexcept = default;

scorer::~scorer() = default;

outcome<scorer> scorer::create(scorer_options options) {
  auto from = runtime::store_host_options{};
  // One thread beside the workers, so that the coordinator answers while all
  // of them calculate.
  from.threads = runtime::worker_count(options.workers) + 1;
  from.store.path = options.store;
  from.store.queue_max = options.store_queue_max;
  from.store.cache_bytes = options.store_cache_bytes;
  from.schema = scoring_schema();
  from.shutdown_timeout = options.shutdown_timeout;
  auto host = runtime::store_host::create(std::move(from));
  if (!host)
    return fail(host.error());
  return scorer{std::make_unique<state>(std::move(options), std::move(*host))};
}

scorer scorer::attach(caf::actor_system& system, runtime::store_actor store,
                      scorer_options options) {
  auto host
    = runtime::store_host::attach(system, std::move(store), options.store);
  return scorer{std::make_unique<state>(std::move(options), std::move(host))};
}

outcome<std::optional<scoring_result>>
scorer::recall(const scoring_request& request) const {
  auto found = std::optional<scoring_result>{};
  auto ignored = std::error_code{};
  const auto& store = state_->options.store;
  // A server's store is there since the host was made.
  const auto is_there = runtime::is_postgres_address(store)
                        || std::filesystem::exists(store, ignored);
  if (request.idempotency_key.empty() || store.empty() || !is_there)
    return found;
  auto loaded = load_result(store, request.idempotency_key);
  if (!loaded || !*loaded)
    return loaded;
  auto files = create_outputs(request);
  if (!files)
    return fail(files.error());
  if (auto published = publish(*files, **loaded, request.decimals); !published)
    return fail(published.error());
  runtime::log_info("scoring", "run was stored before",
                    {{"run", (*loaded)->run},
                     {"key", request.idempotency_key},
                     {"files", files->size()}});
  return loaded;
}

outcome<scoring_result>
scorer::score(scoring_request request,
              std::shared_ptr<scoring_progress> progress,
              std::stop_token stop) {
  auto again = scoring_request{};
  again.idempotency_key = request.idempotency_key;
  again.mode = request.mode;
  again.out = request.out;
  again.scores = request.scores;
  again.decimals = request.decimals;
  auto result
    = score_anew(std::move(request), std::move(progress), std::move(stop));
  if (result || result.error().kind != runtime::problem_kind::conflict)
    return result;
  // Somebody else may have been faster with the same key.
  auto stored = recall(again);
  if (!stored)
    return fail(stored.error());
  if (!*stored)
    return result;
  return std::move(**stored);
}

outcome<scoring_result>
scorer::score_anew(scoring_request request,
                   std::shared_ptr<scoring_progress> progress,
                   std::stop_token stop) {
  auto preparation = preparation_options{};
  preparation.workers = state_->workers;
  preparation.store = state_->options.store;
  // However the run ends, nobody is left behind who waits for a pipe.
  auto end = std::stop_source{};
  preparation.stop = end.get_token();
  const auto cancel_reading
    = std::stop_callback{stop, [&] { end.request_stop(); }};
  auto prepared = prepare(std::move(request), preparation);
  if (!prepared)
    return fail(prepared.error());
  // Not before: what is refused leaves no store behind.
  if (auto opened = state_->host.open(); !opened)
    return fail(opened.error());
  if (prepared->basis)
    return state_->score_in_real_time(std::move(*prepared), std::move(stop));
  auto result = scoring_result{};
  result.plan = prepared->run.plan;
  auto store = state_->host.store();
  if (!store)
    return fail(store.error());
  auto self = caf::scoped_actor{state_->host.system()};
  const auto coordinator = state_->start(
    std::move(*prepared), std::move(*store), std::move(progress));
  const auto cancel = std::stop_callback{
    stop, [&] { caf::anon_send(coordinator, messages::CancelScoring{}); }};
  auto reason = std::optional<runtime::problem>{};
  // No timeout: every wait within the run has its own.
  self->request(coordinator, caf::infinite, messages::RunScoring{})
    .receive(
      [&](messages::ScoringSummary& summary,
          const messages::column_block& block) {
        result.run = summary.run();
        result.items = summary.items();
        result.rescored = summary.rescored();
        result.reason = summary.reason();
        result.scales = from_message(summary.scales());
        result.batches = unpack_result(block).value();
        result.problems.assign(summary.problems().begin(),
                               summary.problems().end());
        result.warnings.assign(summary.warnings().begin(),
                               summary.warnings().end());
        result.summary_json = summary.summary_json();
        result.retries = summary.retries();
      },
      [&](const caf::error& error) {
        reason = runtime::to_problem(error, state_->host.system());
      });
  end.request_stop();
  if (reason)
    return fail(std::move(*reason));
  return result;
}

} // namespace troupe::scoring
