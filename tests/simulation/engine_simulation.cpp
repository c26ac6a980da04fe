#include "tests/simulation/engine_simulation.hpp"

#include "actors/engine/run_validator.hpp"
#include "tests/simulation/random_workflow.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;
using messages::RunEvent;

namespace {

constexpr auto worker_count = std::uint64_t{3};
constexpr auto steps_max = std::size_t{200'000};

std::string effect_of(const assignment& work) {
  return work.run_id + "/" + work.step_id + "/"
         + std::to_string(work.claim.task.item)
         + (work.claim.task.compensation ? "/undo" : "");
}

} // namespace

engine_simulation::engine_simulation(std::uint64_t seed,
                                     const simulated_faults& faults)
  : random_{seed}, faults_{faults}, now_{instant{1'700'000'000s}} {
  for (auto i = 0; i < 4; ++i) {
    auto of = random_workflow(random_);
    of.id = "w" + std::to_string(i);
    if (i == 3) {
      of.concurrency.emplace();
      of.concurrency->key = text_template::parse("one", {}).value();
      of.concurrency->limit = 1 + static_cast<std::uint32_t>(random_() % 2);
    }
    workflows_.push_back(std::make_shared<const workflow>(std::move(of)));
  }
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
  from.draw = [this] { return static_cast<double>(random_() >> 11) * 0x1p-53; };
  from.new_id = [this] { return "r" + std::to_string(++ids_); };
  from.definition = [this](const std::string&) { return workflows_.front(); };
  ledger_ = std::make_unique<run_ledger>(run_ledger_options{}, std::move(from));
  ledger_->set_time(now_);
  for (const auto& [number, stored] : store_) {
    if (stored.is_over)
      continue;
    auto run = std::make_unique<run_state>(stored.definition);
    for (const auto& event : stored.history)
      if (auto applied = run->apply(event); !applied)
        return object("a stored history is broken: " + applied.error().message);
    ledger_->restore(number, std::move(run));
  }
  ledger_->finish_recovery(store_.empty() ? 0 : store_.rbegin()->first);
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
    if (submitted == runs && i > runs * 100)
      give_up_faults();
    if (submitted == runs && ledger_->size() == 0 && undelivered_.empty()
        && ledger_->take_changes().empty())
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
  else if (choice < 85)
    commit();
  else
    pass_time();
}

void engine_simulation::submit() {
  auto request = run_request{};
  request.definition = workflows_[random_() % workflows_.size()];
  const auto done = ledger_->submit(request);
  if (!done)
    return object("refused: " + done.error().message);
  unacknowledged_.push_back(done->run_id);
}

void engine_simulation::pull() {
  const auto worker = random_() % worker_count;
  for (auto& work : ledger_->assign(worker, {"noop"}, 1 + random_() % 2))
    undelivered_.push_back({worker, std::move(work), false});
}

void engine_simulation::report() {
  if (held_.empty())
    return;
  const auto index = random_() % held_.size();
  auto& chosen = held_[index];
  const auto work = chosen.work;
  const auto& claim = work.claim;
  if (random_() % 8 == 0) {
    static_cast<void>(ledger_->decide(work.run_id, [&](run_decision& it) {
      return it.beat(claim.task, claim.claim, {{"at", random_() % 100}});
    }));
    return;
  }
  const auto fails = happens(faults_.failures);
  if (!fails)
    ++effects_[effect_of(work)];
  const auto done = ledger_->report(
    work.run_id, claim.task, claim.claim, [&](run_decision& it) {
      if (!fails)
        return it.succeed(claim.task, claim.claim, claim.attempt);
      auto error = messages::TaskError{};
      error.set_kind("broken");
      return it.fail(claim.task, claim.claim, error);
    });
  if (done && chosen.is_stale)
    object("a report counted twice: " + effect_of(work));
  if (happens(faults_.late_reports))
    chosen.is_stale = true;
  else
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
}

void engine_simulation::command() {
  auto ids = std::vector<std::string>{};
  for (const auto& [number, stored] : store_)
    if (const auto* run = ledger_->find(number))
      ids.push_back(run->submission().run_id());
  if (ids.empty())
    return;
  const auto& id = ids[random_() % ids.size()];
  const auto what = random_() % 5;
  static_cast<void>(ledger_->decide(id, [&](run_decision& it) {
    if (what == 0)
      return it.pause("somebody");
    if (what <= 2)
      return it.resume("somebody");
    auto request = messages::RunCancelRequested{};
    request.set_terminate(what == 4);
    request.set_stop_at((now_ + 5s).time_since_epoch().count());
    return it.cancel(request);
  }));
}

void engine_simulation::lose_worker() {
  const auto worker = random_() % worker_count;
  ledger_->lose_worker(worker, "killed");
  // What it did may still be told by somebody, late.
  for (auto& held : held_)
    held.is_stale |= held.worker == worker;
  std::erase_if(undelivered_,
                [=](const held_work& held) { return held.worker == worker; });
}

void engine_simulation::pass_time() {
  now_ += std::chrono::milliseconds{random_() % 1'500};
  ledger_->set_time(now_);
  ledger_->check_time();
}

/// Stores what there is; then, and only then, others are told.
void engine_simulation::commit() {
  for (auto& change : ledger_->take_changes()) {
    auto& stored = store_[change.number];
    for (const auto& event : change.events.events()) {
      note(std::hash<std::string>{}(event.SerializeAsString()));
      stored.history.push_back(event);
    }
    if (const auto* run = ledger_->find(change.number)) {
      if (!stored.definition)
        for (const auto& known : workflows_)
          if (known->id == run->submission().workflow_id())
            stored.definition = known;
      stored.is_over = is_over(run->status());
    }
  }
  for (auto& id : std::exchange(unacknowledged_, {}))
    acknowledged_.insert(std::move(id));
  for (auto& work : std::exchange(undelivered_, {}))
    held_.push_back(std::move(work));
  // Workers may or may not heed it; here they work on.
  static_cast<void>(ledger_->take_called_off());
  for (const auto number : ledger_->take_finished()) {
    const auto& stored = store_[number];
    const auto objections = find_objections(*stored.definition, stored.history);
    if (!objections.empty())
      object("the validator objects: " + objections.front());
    static_cast<void>(
      ledger_->decide(ledger_->find(number)->submission().run_id(),
                      [&](run_decision& it) { return it.conclude(""); }));
  }
  for (const auto number : ledger_->take_ended())
    ledger_->forget(number);
}

void engine_simulation::crash() {
  ++crashes_;
  unacknowledged_.clear();
  undelivered_.clear();
  for (auto& held : held_)
    held.is_stale = true;
  start_engine();
}

void engine_simulation::check_stored(run_number number,
                                     const stored_run& stored) {
  auto run = run_state{stored.definition};
  const auto name = "run " + std::to_string(number) + ": ";
  for (const auto& event : stored.history)
    if (auto applied = run.apply(event); !applied)
      return object(name + applied.error().message);
  if (!is_over(run.status()))
    return object(name + "is not over in the store");
  ++ends_[run.status()];
  acknowledged_.erase(run.submission().run_id());
  for (auto step = step_index{0}; step < run.steps().size(); ++step)
    for (const auto& task : run.steps()[step].tasks)
      if (task.status == work_status::succeeded
          && stored.definition->steps[step].call.activity == "noop") {
        const auto item = &task - run.steps()[step].tasks.data();
        const auto effect = run.submission().run_id() + "/"
                            + stored.definition->steps[step].id + "/"
                            + std::to_string(item);
        if (!effects_.contains(effect))
          object(name + "counts as done what nobody did: " + effect);
      }
}

void engine_simulation::check_effects() {
  if (!acknowledged_.empty())
    object("acknowledged, but not stored: " + *acknowledged_.begin());
}

} // namespace troupe::tests
