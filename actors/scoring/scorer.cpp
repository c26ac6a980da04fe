#include "actors/scoring/scorer.hpp"

#include "actors/scoring/real_time_run.hpp"
#include "actors/scoring/result_files.hpp"
#include "actors/scoring/stored_result.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/ids.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace troupe::scoring {

using namespace std::chrono_literals;

using runtime::fail;
using runtime::outcome;

namespace {

/// A store that is open already, and opened anew whenever its actor dies.
runtime::child_spec store_child(runtime::store_actor opened,
                                runtime::store_options options) {
  auto spec = runtime::child_spec{};
  spec.id = "store";
  // It commits what it has accepted before it ends.
  spec.shutdown = 30s;
  spec.start = [opened = std::move(opened), options = std::move(options)](
                 caf::actor_system& system) mutable {
    if (opened)
      return caf::actor_cast<caf::actor>(std::exchange(opened, nullptr));
    auto again = runtime::spawn_store(system, options, scoring_schema());
    if (!again)
      throw std::runtime_error{runtime::render(again.error())};
    return caf::actor_cast<caf::actor>(std::move(*again));
  };
  return spec;
}

} // namespace

struct scorer::state {
  scorer_options options;
  std::size_t workers = 1;
  runtime::real_clock time;
  runtime::uuid_generator ids{time};
  std::unique_ptr<runtime::local_system> own; ///< Absent: another's is used.
  caf::actor_system* system = nullptr;
  runtime::store_actor given; ///< Another's store.
  runtime::supervisor_actor root; ///< Only where there is a store of its own.

  explicit state(scorer_options from)
    : options{std::move(from)}, workers{worker_count(options.workers)} {}

  void start_system() {
    // One thread beside the workers, so that the coordinator answers while all
    // of them calculate.
    auto from = runtime::local_system_options{};
    from.threads = workers + 1;
    own = std::make_unique<runtime::local_system>(from);
    system = &**own;
  }

  ~state() {
    root = nullptr;
    if (own)
      own->shutdown(options.shutdown_timeout);
  }

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  static std::size_t worker_count(std::size_t asked) {
    if (asked != 0)
      return asked;
    const auto processors = std::thread::hardware_concurrency();
    return processors == 0 ? 1 : processors;
  }

  /// A store that is there already shows at once whether it is one.
  outcome<void> open_existing_store() {
    auto ignored = std::error_code{};
    if (!std::filesystem::exists(options.store, ignored))
      return {};
    return open_store();
  }

  /// The folder of the store has to exist before the store does.
  [[nodiscard]] outcome<void> make_folder() const {
    const auto folder = std::filesystem::path{options.store}.parent_path();
    if (folder.empty())
      return {};
    auto error = std::error_code{};
    std::filesystem::create_directories(folder, error);
    if (!error)
      return {};
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::unavailable;
    reason.message = "cannot make the store's folder: " + error.message();
    reason.file = folder.string();
    reason.hint = "choose another store with --store, or --no-store";
    return fail(std::move(reason));
  }

  outcome<void> open_store() {
    if (options.store.empty() || root || given)
      return {};
    if (auto made = make_folder(); !made)
      return made;
    auto from = runtime::store_options{};
    from.path = options.store;
    from.queue_max = options.store_queue_max;
    from.cache_bytes = options.store_cache_bytes;
    auto opened = runtime::spawn_store(*system, from, scoring_schema());
    if (!opened)
      return fail(opened.error());
    auto supervisor = runtime::supervisor_options{};
    supervisor.name = "troupe";
    root = runtime::spawn_supervisor(*system, supervisor,
                                     {store_child(std::move(*opened), from)});
    own->set_root(caf::actor_cast<runtime::stoppable_actor>(root));
    return {};
  }

  /// The store as it runs now; nothing where there is none.
  outcome<runtime::store_actor> store() {
    if (!root)
      return given;
    auto wanted = messages::GetChild{};
    wanted.set_id("store");
    auto found = outcome<runtime::store_actor>{};
    caf::scoped_actor {
      *system
      } -> request(root, 10s, wanted)
        .receive(
          [&](const caf::actor& child) {
            found = runtime::child_handle<runtime::store_actor>(child);
          },
          [&](const caf::error& error) {
            found = fail(runtime::to_problem(error, *system));
          });
    return found;
  }

  outcome<void> commit(store_request request) {
    const auto to = store();
    if (!to)
      return fail(to.error());
    auto self = caf::scoped_actor{*system};
    auto result = outcome<void>{};
    self
      ->request(*to, 600s, std::move(request.transaction),
                std::move(request.rows))
      .receive([](const messages::TransactionCommitted&) {},
               [&](const caf::error& error) {
                 result = fail(runtime::to_problem(error, *system));
               });
    return result;
  }

  outcome<scoring_result> score_in_real_time(prepared_scoring prepared,
                                             std::stop_token stop) {
    prepared.header.run = to_string(ids.next());
    prepared.header.started_at = time.now();
    auto surroundings = real_time_surroundings{};
    surroundings.commit
      = [this](store_request request) { return commit(std::move(request)); };
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
    to.store = std::move(store);
    to.progress = std::move(progress);
    to.now = [] { return runtime::real_clock{}.now(); };
    if (prepared.source)
      to.source = spawn_chunk_source(*system, std::move(*prepared.source),
                                     prepared.source_bytes);
    to.writes_summary = prepared.outputs.contains("summary.json");
    if (!prepared.outputs.empty())
      to.writer
        = runtime::spawn_output_writer(*system, std::move(prepared.outputs));
    return spawn_scoring_coordinator(*system, std::move(to));
  }
};

scorer::scorer(std::unique_ptr<state> made) : state_{std::move(made)} {}

scorer::scorer(scorer&&) noexcept = default;

scorer& scorer::operator=(scorer&&) noexcept = default;

scorer::~scorer() = default;

outcome<scorer> scorer::create(scorer_options options) {
  auto made = std::make_unique<state>(std::move(options));
  made->start_system();
  if (auto opened = made->open_existing_store(); !opened)
    return fail(opened.error());
  return scorer{std::move(made)};
}

scorer scorer::attach(caf::actor_system& system, runtime::store_actor store,
                      scorer_options options) {
  auto made = std::make_unique<state>(std::move(options));
  made->system = &system;
  made->given = std::move(store);
  return scorer{std::move(made)};
}

outcome<std::optional<scoring_result>>
scorer::recall(const scoring_request& request) const {
  auto found = std::optional<scoring_result>{};
  auto ignored = std::error_code{};
  const auto& store = state_->options.store;
  if (request.idempotency_key.empty() || store.empty()
      || !std::filesystem::exists(store, ignored))
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
  if (auto opened = state_->open_store(); !opened)
    return fail(opened.error());
  if (prepared->basis)
    return state_->score_in_real_time(std::move(*prepared), std::move(stop));
  auto result = scoring_result{};
  result.plan = prepared->run.plan;
  auto store = state_->store();
  if (!store)
    return fail(store.error());
  auto self = caf::scoped_actor{*state_->system};
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
        reason = runtime::to_problem(error, *state_->system);
      });
  end.request_stop();
  if (reason)
    return fail(std::move(*reason));
  return result;
}

} // namespace troupe::scoring
