#include "actors/scoring/scorer.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/ids.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;

struct scorer::state {
  scorer_options options;
  std::size_t workers = 1;
  runtime::real_clock time;
  runtime::uuid_generator ids{time};
  runtime::local_system system;
  runtime::store_actor store;

  explicit state(scorer_options from)
    : options{std::move(from)}, workers{worker_count(options.workers)},
      // One thread beside the workers, so that the coordinator answers while
      // all of them calculate.
      system{{.threads = workers + 1}} {}

  ~state() {
    if (store) {
      // The store commits what it has accepted before it ends.
      auto self = caf::scoped_actor{*system};
      self->send_exit(store, caf::exit_reason::user_shutdown);
      self->wait_for(std::exchange(store, nullptr));
    }
    system.shutdown(options.shutdown_timeout);
  }

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  static std::size_t worker_count(std::size_t asked) {
    if (asked != 0)
      return asked;
    const auto processors = std::thread::hardware_concurrency();
    return processors == 0 ? 1 : processors;
  }

  scoring_coordinator_actor start(prepared_scoring prepared,
                                  std::shared_ptr<scoring_progress> progress) {
    auto to = scoring_coordinator_options{};
    to.run = std::move(prepared.run);
    to.header = std::move(prepared.header);
    to.header.run = to_string(ids.next());
    to.header.started_at = time.now();
    to.header.runs_kept = options.runs_kept;
    to.worker.before_task = options.before_task;
    to.store = store;
    to.progress = std::move(progress);
    to.now = [] { return runtime::real_clock{}.now(); };
    if (prepared.source)
      to.source = spawn_chunk_source(*system, std::move(*prepared.source),
                                     prepared.source_bytes);
    to.writes_summary = prepared.outputs.contains("summary.json");
    if (!prepared.outputs.empty())
      to.writer = spawn_result_writer(*system, std::move(prepared.outputs));
    return spawn_scoring_coordinator(*system, std::move(to));
  }
};

scorer::scorer(std::unique_ptr<state> made) : state_{std::move(made)} {}

scorer::scorer(scorer&&) noexcept = default;

scorer& scorer::operator=(scorer&&) noexcept = default;

scorer::~scorer() = default;

outcome<scorer> scorer::create(scorer_options options) {
  auto made = std::make_unique<state>(std::move(options));
  if (!made->options.store.empty()) {
    auto store_options = runtime::store_options{};
    store_options.path = made->options.store;
    store_options.queue_max = made->options.store_queue_max;
    store_options.cache_bytes = made->options.store_cache_bytes;
    auto store
      = runtime::spawn_store(*made->system, store_options, scoring_schema());
    if (!store)
      return fail(store.error());
    made->store = std::move(*store);
  }
  return scorer{std::move(made)};
}

outcome<scoring_result>
scorer::score(scoring_request request,
              std::shared_ptr<scoring_progress> progress,
              std::stop_token stop) {
  auto preparation = preparation_options{};
  preparation.workers = state_->workers;
  preparation.store = state_->options.store;
  auto prepared = prepare(std::move(request), preparation);
  if (!prepared)
    return fail(prepared.error());
  auto result = scoring_result{};
  result.plan = prepared->run.plan;
  auto self = caf::scoped_actor{*state_->system};
  const auto coordinator
    = state_->start(std::move(*prepared), std::move(progress));
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
        reason = runtime::to_problem(error, *state_->system);
      });
  if (reason)
    return fail(std::move(*reason));
  return result;
}

} // namespace troupe::scoring
