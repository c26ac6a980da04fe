#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"

// Runs that wait for their instant.

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;

/// Starts the run, or lets it wait: then its alarm is set.
void run_ledger::admit_in_time(live_run& live) {
  const auto at = live.state->starts_at();
  const auto last = live.state->submission().not_after();
  if (at && last != 0 && runtime::to_microseconds(context_.now) > last)
    return withdraw(live, "the engine", "nobody was there to start it in time");
  if (live.state->is_paused()
      || (at && *at > context_.now && !has_bug(planted_bug::start_early)))
    return;
  admit(live);
}

/// Starts a run whose instant has come; whether it has.
bool run_ledger::begin_in_time(live_run& live) {
  const auto at = live.state->starts_at();
  if (!at || *at > context_.now)
    return false;
  const auto is_stored = live.stored == live.state->sequence();
  admit_in_time(live);
  // Lost in a crash, it happens again, and the work goes out under the same
  // keys. Where others decide whether it may start, what they did comes first.
  if (is_stored && options_.running_max == 0
      && live.state->submission().concurrency_key().empty())
    live.follows = live.state->sequence();
  return true;
}

void run_ledger::withdraw(live_run& live, const std::string& by,
                          const std::string& reason) {
  auto request = messages::RunCancelRequested{};
  request.set_by(by);
  request.set_reason(reason);
  request.set_terminate(true);
  request.set_withdrawn(true);
  request.set_stop_at(runtime::to_microseconds(context_.now));
  live.must_store = true;
  decide_on(live, [&](run_decision& it) { return it.cancel(request); });
  withdrawn_.push_back(live.number);
}

outcome<run_number> run_ledger::withdraw(const std::string& key,
                                         const std::string& by,
                                         const std::string& reason) {
  const auto begun = [] {
    return runtime::fail(problem_kind::conflict, "the run has begun",
                         "cancel it instead");
  };
  const auto known = find_known(key);
  if (!known)
    return runtime::fail(problem_kind::not_found,
                         "no run was submitted under the key " + key);
  auto* live = find_live(known->number);
  if (live == nullptr)
    return begun();
  if (live->state->is_withdrawn())
    return live->number;
  const auto at = live->state->starts_at();
  if (!live->state->is_pending() || (at && *at <= context_.now))
    return begun();
  withdraw(*live, by, reason);
  do_deferred();
  return known->number;
}

} // namespace troupe::engine
