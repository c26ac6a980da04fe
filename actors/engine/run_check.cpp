#include "actors/engine/run_check.hpp"

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_validator.hpp"

#include <limits>
#include <utility>

namespace troupe::engine {

using runtime::problem;

namespace {

constexpr auto problems_max = std::size_t{100};

class examination {
public:
  examination(recorded_runs& runs, run_check_result& result)
    : runs_{runs}, result_{result} {}

  void examine(const recorded_run& record, std::uint64_t last_epoch) {
    ++result_.runs;
    name_ = "run " + record.run_id;
    const auto of = runs_.version(record.workflow_digest);
    if (!of)
      return add(of.error());
    const auto history = runs_.history(record.number);
    if (!history)
      return add(history.error());
    result_.events += history->size();
    auto state = run_state{of->definition};
    for (const auto& event : *history) {
      if (auto applied = state.apply(event); !applied)
        return add(applied.error());
      if (event.epoch() > last_epoch)
        return object("was decided in epoch " + std::to_string(event.epoch())
                      + ", which no engine has claimed");
    }
    compare(record, state);
    if (state.status() == run_status::completed)
      ask_validator(*of->definition, *history);
  }

private:
  /// What is stored beside the history follows from it.
  void compare(const recorded_run& record, const run_state& state) {
    const auto check = [&](const char* what, const std::string& stored,
                           const std::string& computed) {
      if (stored != computed)
        object(std::string{what} + " is stored as \"" + stored
               + "\", but its history says \"" + computed + "\"");
    };
    const auto waiting = state.waiting_on();
    check("its id", record.run_id, state.submission().run_id());
    check("its status", record.status, std::string{to_string(state.status())});
    check("its reason", record.reason, state.reason());
    check("what it waits for", record.waiting_on,
          waiting ? std::string{to_string(waiting->what)} : std::string{});
    if (record.is_over != is_over(state.status()))
      object("is counted among the wrong runs");
    if (!is_over(state.status()) && !waiting)
      object("waits for nothing, and is not over");
  }

  void ask_validator(const workflow& of,
                     std::vector<messages::RunEvent> history) {
    history.pop_back(); // That it completed.
    for (const auto& objection : find_objections(of, history))
      object("completed, but " + objection);
  }

  void object(const std::string& what) {
    auto reason = problem{};
    reason.message = name_ + ": " + what;
    reason.hint = "keep the store, and restore a backup beside it";
    add(std::move(reason), {});
  }

  void add(problem reason) {
    add(std::move(reason), name_ + ": ");
  }

  void add(problem reason, const std::string& prefix) {
    reason.message.insert(0, prefix);
    if (result_.problems.size() < problems_max)
      result_.problems.push_back(std::move(reason));
  }

  recorded_runs& runs_;
  run_check_result& result_;
  std::string name_;
};

} // namespace

run_check_result check_runs(const std::string& path) {
  auto result = run_check_result{};
  const auto fail_with = [&](const problem& reason) {
    result.problems.push_back(reason);
    return result;
  };
  auto runs = recorded_runs::open(path);
  if (!runs)
    return fail_with(runs.error());
  if (auto begun = runs->begin_snapshot(); !begun)
    return fail_with(begun.error());
  const auto has_any = runs->has_any();
  if (!has_any)
    return fail_with(has_any.error());
  if (!*has_any)
    return result;
  const auto last_epoch = runs->last_epoch();
  if (!last_epoch)
    return fail_with(last_epoch.error());
  auto all = run_filter{};
  all.limit = std::numeric_limits<std::int32_t>::max();
  const auto records = runs->list(all);
  if (!records)
    return fail_with(records.error());
  auto examine = examination{*runs, result};
  for (const auto& record : *records)
    examine.examine(record, *last_epoch);
  const auto deadlines = runs->deadlines();
  if (!deadlines)
    return fail_with(deadlines.error());
  result.deadlines = *deadlines;
  const auto lost = runs->lost();
  if (!lost)
    return fail_with(lost.error());
  for (const auto number : *lost) {
    auto reason = problem{};
    reason.message = "run number " + std::to_string(number)
                     + " is open, and no start of an engine would find it";
    reason.hint = "keep the store, and restore a backup beside it";
    result.problems.push_back(std::move(reason));
  }
  const auto orphans = runs->orphans();
  if (!orphans)
    return fail_with(orphans.error());
  if (*orphans != 0) {
    auto reason = problem{};
    reason.message = std::to_string(*orphans) + " events belong to no run";
    reason.hint = "keep the store, and restore a backup beside it";
    result.problems.push_back(std::move(reason));
  }
  return result;
}

} // namespace troupe::engine
