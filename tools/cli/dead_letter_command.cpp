#include "tools/cli/dead_letter_command.hpp"

#include "actors/engine/dead_letters.hpp"
#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_scope.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/server_connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using engine::dead_letter;
using engine::engine_client;
using engine::recorded_dead_letters;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::ordered_json;

namespace {

constexpr auto list_max = std::size_t{1'000'000};

constexpr auto dead_letter_examples = R"(Examples:
  troupe dead-letter list --since 1d
  troupe dead-letter show 12-34
  troupe dead-letter replay --workflow nightly-portfolio --kind timeout
  troupe dead-letter drop 12-34

What nobody tries again by itself: tasks out of attempts or time, runs out of
time. Replaying and dropping need the server of the store.)";

struct letter_flags {
  std::vector<std::string> ids;
  std::string workflow;
  std::string kind;
  std::string since;
  std::string state;
  std::string by;
  std::size_t limit = 20;
  bool all = false;
};

using letters = std::vector<dead_letter>;

outcome<engine::dead_letter_filter> filter_of(const letter_flags& flags) {
  auto filter = engine::dead_letter_filter{};
  filter.workflow = flags.workflow;
  filter.kind = flags.kind;
  filter.state = flags.state;
  filter.limit = flags.limit;
  if (flags.since.empty())
    return filter;
  auto span = runtime::parse_duration(flags.since);
  if (!span) {
    span.error().key = "--since";
    return fail(span.error());
  }
  filter.since = runtime::real_clock{}.now() - *span;
  return filter;
}

json to_json(const dead_letter& letter) {
  auto to = json{{"id", name_of(letter)},
                 {"run_id", letter.run_id},
                 {"workflow", letter.workflow_id},
                 {"step", letter.step},
                 {"item", letter.item},
                 {"compensation", letter.compensation},
                 {"attempts", letter.attempts},
                 {"kind", letter.kind},
                 {"message", letter.message},
                 {"at", runtime::to_string(letter.at)},
                 {"state", letter.state}};
  if (letter.state != "open") {
    to["changed_at"] = runtime::to_string(letter.changed_at);
    to["changed_by"] = letter.changed_by;
  }
  return to;
}

std::string render(const dead_letter& letter) {
  const auto what
    = letter.step.empty() ? std::string{"the run"} : "step " + letter.step;
  auto text = name_of(letter) + "  " + runtime::to_string(letter.at) + "  "
              + letter.state + "  " + letter.workflow_id + ", " + what;
  if (letter.attempts > 1)
    text += " after " + std::to_string(letter.attempts) + " attempts";
  return text + ": " + letter.kind + ": " + letter.message + "\n";
}

void print_all(const std::vector<json>& rows, output_format output) {
  auto all = json::array();
  for (const auto& row : rows)
    if (output == output_format::jsonl)
      print_json(row);
    else
      all.push_back(row);
  if (output == output_format::json)
    print_json(all);
}

int list(const letter_flags& flags, const invocation& with) {
  const auto filter = filter_of(flags);
  if (!filter)
    return report(filter.error(), with.output);
  auto stored = recorded_dead_letters::open(with.settings.store_path);
  if (!stored)
    return report(stored.error(), with.output);
  const auto found = stored->list(*filter);
  const auto trimmed = stored->trimmed();
  if (!found || !trimmed)
    return report(found ? trimmed.error() : found.error(), with.output);
  auto rows = std::vector<json>{};
  for (const auto& letter : *found)
    if (with.output == output_format::text)
      std::fputs(render(letter).c_str(), stdout);
    else
      rows.push_back(to_json(letter));
  if (with.output != output_format::text)
    print_all(rows, with.output);
  if (*trimmed != 0)
    std::fprintf(stderr, "%lld older ones were dropped to make room\n",
                 static_cast<long long>(*trimmed));
  return 0;
}

/// What the activity was given: follows from the history before its failure.
outcome<json> input_of(const dead_letter& letter, const std::string& store) {
  if (letter.step.empty())
    return json(nullptr);
  auto runs = engine::recorded_runs::open(store);
  if (!runs)
    return fail(runs.error());
  const auto record = runs->find(letter.run_id);
  if (!record)
    return fail(record.error());
  const auto of = runs->version(record->workflow_digest);
  const auto history = runs->history(letter.run);
  if (!of || !history)
    return fail(of ? history.error() : of.error());
  auto state = engine::run_state{of->definition};
  auto task = messages::TaskRef{};
  for (const auto& event : *history) {
    if (event.sequence() == letter.sequence) {
      task = event.failed().task();
      break;
    }
    if (auto applied = state.apply(event); !applied)
      return fail(applied.error());
  }
  auto input
    = engine::input_of(state, {task.step(), task.item(), task.compensation()});
  if (!input)
    return fail(input.error());
  return json::parse(input->dump());
}

int show(const letter_flags& flags, const invocation& with) {
  auto stored = recorded_dead_letters::open(with.settings.store_path);
  if (!stored)
    return report(stored.error(), with.output);
  const auto letter = stored->find(flags.ids.front());
  if (!letter)
    return report(letter.error(), with.output);
  const auto input = input_of(*letter, with.settings.store_path);
  auto to = to_json(*letter);
  // An expression that has no value is why there is a letter, too.
  to["input"] = input ? *input : json(nullptr);
  if (with.output != output_format::text) {
    print_json(to);
    return 0;
  }
  std::fputs(render(*letter).c_str(), stdout);
  std::printf("run    %s\n", letter->run_id.c_str());
  if (!letter->step.empty())
    std::printf("task   item %u%s\n", letter->item,
                letter->compensation ? ", its compensation" : "");
  std::printf("input  %s\n", to["input"].dump().c_str());
  if (letter->state != "open")
    std::printf("%s by %s, %s\n", letter->state.c_str(),
                letter->changed_by.c_str(),
                runtime::to_string(letter->changed_at).c_str());
  return 0;
}

/// Those that are named, or all open ones that the filter lets through.
outcome<letters> chosen(const letter_flags& flags, const invocation& with) {
  auto stored = recorded_dead_letters::open(with.settings.store_path);
  if (!stored)
    return fail(stored.error());
  auto found = letters{};
  for (const auto& id : flags.ids) {
    auto letter = stored->find(id);
    if (!letter)
      return fail(letter.error());
    if (letter->state != "open")
      return fail(problem_kind::conflict,
                  "dead letter " + id + " was " + letter->state + " already");
    found.push_back(std::move(*letter));
  }
  if (!flags.ids.empty())
    return found;
  const auto is_narrow
    = !flags.workflow.empty() || !flags.kind.empty() || !flags.since.empty();
  if (!is_narrow && !flags.all)
    return fail(problem_kind::invalid_input, "which ones?",
                "name ids, --workflow, --kind or --since; or --all");
  auto filter = filter_of(flags);
  if (!filter)
    return fail(filter.error());
  filter->state = "open";
  filter->limit = list_max;
  return stored->list(*filter);
}

outcome<std::string> replay_one(engine_client& client,
                                const dead_letter& letter,
                                const std::string& by) {
  constexpr auto hint = "start it anew: troupe run show says with which inputs";
  if (letter.step.empty())
    return fail(problem_kind::conflict,
                "run " + letter.run_id + " as a whole ran out of time", hint);
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(letter.run_id);
  wanted.set_by(by);
  wanted.set_retry_step(letter.step);
  auto changed = client.change(wanted);
  if (changed)
    return changed->status();
  if (changed.error().kind == problem_kind::conflict
      && changed.error().hint.empty())
    changed.error().hint = hint;
  return fail(changed.error());
}

int replay(const letter_flags& flags, const invocation& with) {
  const auto found = chosen(flags, with);
  if (!found)
    return report(found.error(), with.output);
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  auto code = 0;
  auto rows = std::vector<json>{};
  // Elements of a fan-out are tried again together.
  auto known = std::map<std::pair<std::string, std::string>, std::string>{};
  for (const auto& letter : *found) {
    const auto key = std::pair{letter.run_id, letter.step};
    if (!known.contains(key)) {
      const auto status = replay_one(*client, letter, flags.by);
      if (!status) {
        code = report(status.error(), with.output);
        continue;
      }
      known[key] = *status;
    }
    if (with.output == output_format::text)
      std::printf("%s replayed: run %s is %s\n", name_of(letter).c_str(),
                  letter.run_id.c_str(), known[key].c_str());
    else
      rows.push_back({{"id", name_of(letter)},
                      {"run_id", letter.run_id},
                      {"status", known[key]}});
  }
  if (with.output != output_format::text)
    print_all(rows, with.output);
  return code;
}

int drop(const letter_flags& flags, const invocation& with) {
  const auto found = chosen(flags, with);
  if (!found)
    return report(found.error(), with.output);
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  auto wanted = messages::DropDeadLetters{};
  wanted.set_by(flags.by);
  for (const auto& letter : *found) {
    auto& id = *wanted.add_ids();
    id.set_run(letter.run);
    id.set_sequence(letter.sequence);
  }
  const auto dropped = client->drop(wanted);
  if (!dropped)
    return report(dropped.error(), with.output);
  if (with.output == output_format::text)
    std::printf("%llu dropped\n",
                static_cast<unsigned long long>(dropped->count()));
  else
    print_json({{"dropped", dropped->count()}});
  return 0;
}

using letter_action
  = std::function<int(const letter_flags&, const invocation&)>;

std::pair<CLI::App*, std::shared_ptr<letter_flags>>
add_action(CLI::App& app, command_line& line, const char* name,
           const char* help, letter_action action) {
  auto* added = app.add_subcommand(name, help);
  const auto flags = std::make_shared<letter_flags>();
  added->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      if (flags->by.empty())
        flags->by = user_of(with);
      return action(*flags, with);
    };
  });
  return {added, flags};
}

void add_filter(CLI::App& app, letter_flags& flags) {
  app.add_option("--workflow", flags.workflow, "only those of this workflow");
  app.add_option("--kind", flags.kind, "only errors of this kind");
  app.add_option("--since", flags.since,
                 "only those of the last so long, for example 1d");
}

void add_change(CLI::App& app, command_line& line, const char* name,
                const char* help, letter_action action) {
  const auto [added, flags]
    = add_action(app, line, name, help, std::move(action));
  added->add_option("ID", flags->ids, "which ones");
  add_filter(*added, *flags);
  added->add_flag("--all", flags->all, "all that are open");
  added->add_option("--by", flags->by,
                    "who asks, for the record (default: USER)");
}

} // namespace

void add_dead_letter_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "dead-letter", "See what failed for good; try it again, or put it aside");
  app->footer(dead_letter_examples);
  app->require_subcommand(1);
  const auto [listed, list_flags]
    = add_action(*app, line, "list", "List dead letters, newest first", list);
  add_filter(*listed, *list_flags);
  listed->add_option("--state", list_flags->state, "only those in this state")
    ->check(CLI::IsMember({"open", "replayed", "dropped"}));
  listed->add_option("--limit", list_flags->limit, "how many to list")
    ->check(CLI::Range(std::size_t{1}, list_max));
  const auto [shown, show_flags]
    = add_action(*app, line, "show", "Show a dead letter and its input", show);
  shown->add_option("ID", show_flags->ids, "which one")
    ->required()
    ->expected(1);
  add_change(*app, line, "replay", "Try the failed steps once more", replay);
  add_change(*app, line, "drop", "Put dead letters aside for good", drop);
}

} // namespace troupe::tools
