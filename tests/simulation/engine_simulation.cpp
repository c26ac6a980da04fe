#include "tests/simulation/engine_simulation.hpp"

#include "actors/engine/engine_activities.hpp"
#include "actors/engine/run_validator.hpp"
#include "tests/simulation/change_events.hpp"
#include "tests/simulation/random_workflow.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;
using messages::RunEvent;

namespace {

constexpr auto steps_max = std::size_t{200'000};

} // namespace

engine_simulation::engine_simulation(std::uint64_t seed,
                                     const simulated_faults& faults)
  : random_{seed}, faults_{faults}, now_{instant{1'700'000'000s}} {
  auto places = std::mt19937_64{seed};
  for (auto i = 0; i < 4; ++i) {
    // The first one starts no others, so that there is an end to it.
    auto of = random_workflow(
      random_, {i != 1, i < 2 ? "" : "w0", {"few", "slow", "fragile"}});
    place_steps(of, places);
    of.id = "w" + std::to_string(i);
    if (i == 2 && random_() % 2 == 0)
      of.on_failure = {failure_policy::action::start_workflow, "w0"};
    if (i == 3) {
      of.concurrency.emplace();
      of.concurrency->key = text_template::parse("one", {}).value();
      of.concurrency->limit = 1 + static_cast<std::uint32_t>(random_() % 2);
    }
    workflows_.push_back(make_version(std::move(of)));
  }
  running_max_ = random_() % 2 == 0 ? 3 : 0;
  rebind_window_ = std::chrono::seconds{random_() % 4};
  start_engine();
}

bool engine_simulation::happens(unsigned percent) {
  return random_() % 100 < percent;
}

void engine_simulation::note(std::uint64_t what) {
  trace_ = (trace_ ^ what) * 0x100000001b3;
}

void engine_simulation::object(std::string what) {
  if (objections_.size() < 20)
    objections_.push_back(std::move(what));
}

/// The normal start: also the first one.
void engine_simulation::start_engine() {
  auto from = run_ledger::sources{};
  from.epoch = ++epoch_;
  from.draw = [this] { return random_(); };
  from.new_id = [this] { return "r" + std::to_string(++ids_); };
  from.definition = [this](const std::string&) { return workflows_.front(); };
  auto options = run_ledger_options{};
  options.snapshot_events_per_task = 1;
  options.guards = some_guards();
  options.running_max = running_max_;
  options.rebind_window = rebind_window_;
  ledger_ = std::make_unique<run_ledger>(options, std::move(from));
  ledger_->set_time(now_);
  for (const auto& [name, record] : guard_store_)
    ledger_->restore(named_guard_record{name, record});
  for (const auto& [number, stored] : store_) {
    if (!stored.is_over && !restore(number, stored))
      return;
  }
  ledger_->finish_recovery(store_.empty() ? 0 : store_.rbegin()->first);
  for (const auto& each : ledger_->guards())
    adopted_[each.guard] = each.inside.running;
}

bool engine_simulation::restore(run_number number, const stored_run& stored) {
  auto run = std::make_unique<run_state>(stored.of.definition);
  for (const auto& event : stored.history)
    if (auto applied = run->apply(event); !applied) {
      object("a stored history is broken: " + applied.error().message);
      return false;
    }
  ledger_->restore(number, std::move(run));
  return true;
}

std::vector<std::string> engine_simulation::run(std::size_t runs) {
  wanted_ = runs;
  auto submitted = std::size_t{0};
  for (auto i = std::size_t{0}; i < steps_max; ++i) {
    if (submitted < runs && random_() % 8 == 0) {
      submit();
      ++submitted;
    }
    step();
    if (auto wrong = ledger_->check(); !wrong.empty())
      object(wrong.front());
    check_limits();
    check_guards();
    if (submitted == runs && i > runs * 100)
      give_up_faults();
    if (is_kind_)
      answer_all();
    if (submitted == runs && ledger_->size() == 0 && !is_committing_)
      break;
    if (!objections_.empty())
      break;
  }
  for (const auto& [number, stored] : store_)
    if (const auto* run = ledger_->find(number)) {
      const auto reason = run->waiting_on();
      object("run " + std::to_string(number) + " never ended: it is "
             + std::string{to_string(run->status())} + " and waits for "
             + (reason ? reason->detail : "nothing"));
    }
  for (const auto& [number, stored] : store_)
    check_stored(number, stored);
  check_effects();
  return objections_;
}

/// From some point on the world is kind, so that everything can end.
void engine_simulation::give_up_faults() {
  faults_ = {0, 0, 0, 0, 0};
  is_kind_ = true;
  for (const auto& [number, stored] : store_) {
    const auto* run = ledger_->find(number);
    if (run != nullptr && run->is_paused())
      static_cast<void>(
        ledger_->decide(run->submission().run_id(),
                        [](run_decision& it) { return it.resume("the end"); }));
  }
}

void engine_simulation::step() {
  const auto choice = random_() % 100;
  note(choice);
  judge();
  if (happens(faults_.crashes))
    return crash();
  if (happens(faults_.lost_workers))
    return lose_worker();
  if (happens(faults_.commands))
    return command();
  if (choice < 30)
    pull();
  else if (choice < 65)
    report();
  else if (choice < 75)
    begin_commit();
  else if (choice < 85)
    end_commit();
  else
    pass_time();
}

void engine_simulation::submit() {
  auto request = run_request{};
  request.of = workflows_[random_() % workflows_.size()];
  if (random_() % 4 == 0) {
    request.not_before = now_ + std::chrono::milliseconds{random_() % 4'000};
    request.idempotency_key = "k" + std::to_string(ids_);
  }
  const auto done = ledger_->submit(request);
  if (!done)
    return object("refused: " + done.error().message);
  unacknowledged_.push_back(done->run_id);
}

bool engine_simulation::is_stored(const std::string& run_id) const {
  return std::ranges::any_of(store_, [&](const auto& each) {
    return each.second.history.front().submitted().run_id() == run_id;
  });
}

void engine_simulation::command() {
  auto ids = std::vector<std::string>{};
  for (const auto& [number, stored] : store_)
    if (const auto* run = ledger_->find(number))
      ids.push_back(run->submission().run_id());
  if (ids.empty())
    return;
  const auto& id = ids[random_() % ids.size()];
  const auto what = random_() % 10;
  if (what == 5)
    return retry();
  if (what == 9)
    return derive();
  if (what == 2)
    return withdraw();
  if (what > 5)
    return signal(id, what == 6 ? "go" : "s" + std::to_string(random_() % 12),
                  random_() % 4 != 0);
  static_cast<void>(ledger_->decide(id, [&](run_decision& it) {
    if (what == 0)
      return it.pause("somebody");
    if (what == 1)
      return it.resume("somebody");
    auto request = messages::RunCancelRequested{};
    request.set_terminate(what == 4);
    request.set_stop_at((now_ + 5s).time_since_epoch().count());
    return it.cancel(request);
  }));
}

/// A failed run goes on, also one that nobody thought of any more.
void engine_simulation::retry() {
  auto failed = std::vector<run_number>{};
  for (const auto& [number, stored] : store_)
    if (stored.is_over)
      failed.push_back(number);
  if (failed.empty())
    return;
  const auto number = failed[random_() % failed.size()];
  const auto& stored = store_.at(number);
  if (ledger_->find(number) == nullptr && !restore(number, stored))
    return;
  const auto id = stored.history.front().submitted().run_id();
  for (auto step = step_index{0}; step < stored.of.definition->steps.size();
       ++step)
    if (ledger_->decide(id, [&](run_decision& it) {
          return it.retry(step, "somebody");
        }))
      ++retries_;
  ledger_->forget(number);
}

/// Some run goes on in another one, from a step or from an event.
void engine_simulation::derive() {
  auto chosen = store_.begin();
  std::advance(chosen, random_() % store_.size());
  const auto& [number, stored] = *chosen;
  if (ledger_->find(number) == nullptr
      && (!stored.is_over || !restore(number, stored)))
    return;
  auto history = stored.history;
  for (auto& event : events_in(ledger_->unstored(number)))
    if (event.sequence() > history.size())
      history.push_back(std::move(event));
  auto wanted = derived_run_request{};
  wanted.run_id = history.front().submitted().run_id();
  wanted.cancels = random_() % 2 == 0;
  auto at = std::unique_ptr<run_state>{};
  if (random_() % 2 == 0) {
    wanted.from_step
      = static_cast<step_index>(random_() % stored.of.definition->steps.size());
  } else if (auto folded = fold_until(stored.of.definition, history,
                                      1 + random_() % history.size())) {
    at = std::move(*folded);
    wanted.at = at.get();
  } else {
    return object("a history is broken: " + folded.error().message);
  }
  if (const auto done = ledger_->derive(wanted)) {
    unacknowledged_.push_back(done->run_id);
    ++derived_;
  } else if (done.error().kind != runtime::problem_kind::conflict) {
    object("refused: " + done.error().message);
  }
  ledger_->forget(number);
}

void engine_simulation::signal(const std::string& run_id,
                               const std::string& name, bool approves) {
  auto received = messages::SignalReceived{};
  received.set_name(name);
  received.set_payload(approves ? "true" : "false");
  received.set_id("signal-" + std::to_string(random_() % 50));
  received.add_roles(random_() % 8 == 0 ? "guest" : "operator");
  static_cast<void>(ledger_->decide(run_id, [&](run_decision& it) {
    return it.signal(std::move(received));
  }));
}

/// Whoever waits for a person is heard.
void engine_simulation::answer_all() {
  auto wanted = std::vector<std::pair<std::string, std::string>>{};
  for (const auto& [number, stored] : store_)
    if (const auto* run = ledger_->find(number))
      for_each_work(
        *run, [](work_status status) { return status == work_status::waiting; },
        [&, run = run](const task_key& key) {
          if (waits_for_signal(*run->find(key)))
            wanted.emplace_back(run->submission().run_id(),
                                run->find(key)->what);
        });
  for (const auto& [run_id, name] : wanted)
    signal(run_id, name, true);
}

void engine_simulation::pass_time() {
  now_ += std::chrono::milliseconds{random_() % 1'500};
  ledger_->set_time(now_);
  ledger_->check_time();
}

/// One commit at a time; meanwhile life goes on.
void engine_simulation::begin_commit() {
  if (std::exchange(is_committing_, true))
    return;
  in_flight_ = ledger_->take_changes();
  in_flight_guards_ = ledger_->take_guard_records();
  in_flight_runs_ = std::exchange(unacknowledged_, {});
  in_flight_work_ = std::exchange(undelivered_, {});
}

void engine_simulation::store(const run_change& change) {
  auto& stored = store_[change.number];
  for (const auto& event : events_in(*change.events)) {
    note(std::hash<std::string>{}(event.SerializeAsString()));
    stored.history.push_back(event);
  }
  const auto& id = stored.history.front().submitted().workflow_id();
  if (!stored.of.definition)
    stored.of = *std::ranges::find_if(workflows_, [&](const auto& one) {
      return one.definition->id == id;
    });
  auto run = run_state{stored.of.definition};
  for (const auto& event : stored.history)
    if (auto applied = run.apply(event); !applied)
      return object("a stored history is broken: " + applied.error().message);
  stored.is_over = is_over(run.status());
}

/// It is on disk: then, and only then, others are told.
void engine_simulation::end_commit() {
  if (!std::exchange(is_committing_, false))
    return;
  ledger_->mark_stored();
  for (const auto& change : std::exchange(in_flight_, {}))
    store(change);
  store_guards();
  for (auto& id : std::exchange(in_flight_runs_, {}))
    acknowledged_.insert(std::move(id));
  for (auto& work : std::exchange(in_flight_work_, {}))
    held_.push_back(std::move(work));
  // Workers may or may not heed it; here they work on.
  static_cast<void>(ledger_->take_called_off());
  for (const auto number : ledger_->take_ended())
    ledger_->forget(number);
}

/// The validator takes its time.
void engine_simulation::judge() {
  for (const auto number : ledger_->take_finished())
    unjudged_.push_back(number);
  if (unjudged_.empty() || (!is_kind_ && random_() % 2 == 0))
    return;
  const auto number = unjudged_.front();
  unjudged_.erase(unjudged_.begin());
  const auto* run = ledger_->find(number);
  if (run == nullptr)
    return;
  if (!is_kind_ && random_() % 8 == 0) {
    ledger_->stop_waiting(number);
    unjudged_.push_back(number);
    return;
  }
  const auto stored = store_.find(number);
  auto history
    = stored == store_.end() ? std::vector<RunEvent>{} : stored->second.history;
  const auto unstored = events_in(ledger_->unstored(number));
  history.insert(history.end(), unstored.begin(), unstored.end());
  const auto is_at_end = run->is_finished() && !is_over(run->status())
                         && !run->is_cancelling() && !run->is_paused();
  const auto objections = find_objections(run->definition(), history);
  if (is_at_end && !objections.empty())
    object("the validator objects: " + objections.front());
  static_cast<void>(
    ledger_->decide(run->submission().run_id(),
                    [](run_decision& it) { return it.conclude(""); }));
}

void engine_simulation::crash() {
  ++crashes_;
  // What was on its way may have arrived, though nobody heard of it.
  if (random_() % 2 == 0) {
    for (const auto& change : in_flight_)
      store(change);
    store_guards();
  }
  in_flight_guards_.clear();
  is_committing_ = false;
  unjudged_.clear();
  in_flight_.clear();
  in_flight_runs_.clear();
  in_flight_work_.clear();
  unacknowledged_.clear();
  undelivered_.clear();
  leave_workers();
  start_engine();
}

void engine_simulation::check_stored(run_number number,
                                     const stored_run& stored) {
  auto run = run_state{stored.of.definition};
  const auto name = "run " + std::to_string(number) + ": ";
  for (const auto& event : stored.history)
    if (auto applied = run.apply(event); !applied)
      return object(name + applied.error().message);
  if (!is_over(run.status()))
    return object(name + "is not over in the store");
  check_undo_order(name, stored);
  check_signals(name, stored);
  count_speculation(stored);
  check_lineage(name, stored);
  check_failure_run(name, stored);
  ++ends_[run.status()];
  acknowledged_.erase(run.submission().run_id());
  for (auto step = step_index{0}; step < run.steps().size(); ++step)
    for (const auto& task : run.steps()[step].tasks)
      if (task.status == work_status::succeeded
          && stored.of.definition->steps[step].call.activity == "noop") {
        const auto item = &task - run.steps()[step].tasks.data();
        const auto effect
          = origin_of(stored, step, static_cast<std::uint32_t>(item)) + "/"
            + stored.of.definition->steps[step].id + "/" + std::to_string(item);
        if (!effects_.contains(effect))
          object(name + "counts as done what nobody did: " + effect);
      }
}

void engine_simulation::check_effects() {
  if (!acknowledged_.empty())
    object("acknowledged, but not stored: " + *acknowledged_.begin());
}

} // namespace troupe::tests
