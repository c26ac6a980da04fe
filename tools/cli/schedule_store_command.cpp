#include "tools/cli/schedule_store_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "runtime/config/text_file.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/server_connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using scheduler::recorded_schedule;
using scheduler::recorded_schedules;

namespace {

constexpr auto add_examples = R"(Examples:
  troupe schedule add nightly.yaml

The server starts the schedule's workflow from now on; it has to know that
(troupe workflow apply). The same id again replaces the schedule.)";

constexpr auto backfill_examples = R"(Examples:
  troupe schedule backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-20T00:00:00Z

Starts what was due in that time and never ran, one after the other.)";

struct schedule_flags {
  std::string id; ///< Or the file to add.
  std::string by;
  std::string reason;
  std::string from;
  std::string to;
  std::uint32_t limit = 100;
};

// -- asking a server ----------------------------------------------------------

int print_answer(const outcome<messages::ScheduleAnswer>& answer,
                 const std::string& done, const invocation& with) {
  if (!answer)
    return report(answer.error(), with.output);
  const auto next
    = answer->next_check() == 0
        ? std::string{}
        : runtime::to_string(runtime::from_microseconds(answer->next_check()));
  if (with.output == output_format::text) {
    if (answer->starts() != 0)
      std::printf("%llu starts were added\n",
                  static_cast<unsigned long long>(answer->starts()));
    std::printf("%s %s%s%s\n", answer->id().c_str(), done.c_str(),
                next.empty() ? "" : ", next at ", next.c_str());
    return 0;
  }
  auto to = json{};
  to["id"] = answer->id();
  to["is_new"] = answer->is_new();
  to["starts"] = answer->starts();
  to["next_check"] = next.empty() ? json{} : json(next);
  print_json(to);
  return 0;
}

outcome<engine::engine_client> server(const invocation& with) {
  return connect_server(with.settings);
}

int add(const schedule_flags& flags, const invocation& with) {
  constexpr auto bytes_max = std::size_t{1} << 20;
  const auto checked = scheduler::read_schedule(flags.id);
  if (!checked)
    return report(checked.error(), with.output);
  auto text = runtime::read_text_file(flags.id, bytes_max);
  if (!text)
    return report(text.error(), with.output);
  auto client = server(with);
  if (!client)
    return report(client.error(), with.output);
  auto wanted = messages::AddSchedule{};
  wanted.set_text(std::move(*text));
  wanted.set_file(flags.id);
  wanted.set_by(flags.by);
  const auto answer = client->add(wanted);
  return print_answer(
    answer, answer && answer->is_new() ? "is added" : "is replaced", with);
}

/// Asks for a change that `fill` describes.
int change(
  const schedule_flags& flags, const invocation& with, const std::string& done,
  const std::function<outcome<void>(messages::ChangeSchedule&)>& fill) {
  auto wanted = messages::ChangeSchedule{};
  wanted.set_id(flags.id);
  wanted.set_by(flags.by);
  if (auto filled = fill(wanted); !filled)
    return report(filled.error(), with.output);
  auto client = server(with);
  if (!client)
    return report(client.error(), with.output);
  return print_answer(client->change(wanted), done, with);
}

int pause(const schedule_flags& flags, const invocation& with) {
  return change(flags, with, "is paused",
                [&](messages::ChangeSchedule& to) -> outcome<void> {
                  to.mutable_pause()->set_reason(flags.reason);
                  return {};
                });
}

int resume(const schedule_flags& flags, const invocation& with) {
  return change(flags, with, "goes on",
                [](messages::ChangeSchedule& to) -> outcome<void> {
                  to.set_resume(true);
                  return {};
                });
}

int trigger(const schedule_flags& flags, const invocation& with) {
  return change(flags, with, "is asked to start",
                [](messages::ChangeSchedule& to) -> outcome<void> {
                  to.set_trigger(true);
                  return {};
                });
}

int remove(const schedule_flags& flags, const invocation& with) {
  return change(flags, with, "is removed",
                [](messages::ChangeSchedule& to) -> outcome<void> {
                  to.set_remove(true);
                  return {};
                });
}

outcome<std::int64_t> instant_of(const char* flag, const std::string& text) {
  auto at = runtime::parse_instant(text);
  if (at)
    return runtime::to_microseconds(*at);
  at.error().key = flag;
  return fail(at.error());
}

int backfill(const schedule_flags& flags, const invocation& with) {
  return change(flags, with, "is backfilled",
                [&](messages::ChangeSchedule& to) -> outcome<void> {
                  const auto first = instant_of("--from", flags.from);
                  const auto last = instant_of("--to", flags.to);
                  if (!first || !last)
                    return fail(first ? last.error() : first.error());
                  to.mutable_backfill()->set_first(*first);
                  to.mutable_backfill()->set_last(*last);
                  to.mutable_backfill()->set_limit(flags.limit);
                  return {};
                });
}

// -- looking ------------------------------------------------------------------

outcome<recorded_schedules> open(const invocation& with) {
  auto schedules = recorded_schedules::open(with.settings.store_path);
  if (!schedules)
    return schedules;
  const auto has_any = schedules->has_any();
  if (!has_any)
    return fail(has_any.error());
  if (!*has_any)
    return fail(runtime::problem_kind::not_found,
                "the store has no schedules: " + with.settings.store_path,
                "add one with troupe schedule add");
  return schedules;
}

/// When it is looked at next; empty: only when something happens.
std::string next_of(const recorded_schedule& of) {
  return of.next_check.time_since_epoch().count() == 0
           ? std::string{}
           : runtime::to_string(of.next_check);
}

json to_json(const recorded_schedule& of) {
  auto to = json{};
  to["id"] = of.id;
  to["workflow"] = of.workflow;
  to["is_paused"] = of.is_paused;
  if (!of.pause_reason.empty())
    to["pause_reason"] = of.pause_reason;
  to["waiting_on"] = of.waiting_on;
  const auto next = next_of(of);
  to["next_check"] = next.empty() ? json{} : json(next);
  to["active"] = of.active;
  to["held"] = of.held;
  to["fired"] = of.fired;
  to["skipped"] = of.skipped;
  to["missed"] = of.missed;
  to["failures_in_row"] = of.failures_in_row;
  return to;
}

int list(const schedule_flags&, const invocation& with) {
  auto schedules = open(with);
  if (!schedules)
    return report(schedules.error(), with.output);
  const auto found = schedules->list();
  if (!found)
    return report(found.error(), with.output);
  auto all = json::array();
  if (with.output == output_format::text)
    std::printf("%-24s  %-24s  %-10s  %-20s  %6s %8s %7s %7s\n", "schedule",
                "workflow", "waits for", "next", "active", "fired", "skipped",
                "missed");
  for (const auto& each : *found) {
    if (with.output == output_format::text)
      std::printf("%-24s  %-24s  %-10s  %-20s  %6lld %8lld %7lld %7lld\n",
                  each.id.c_str(), each.workflow.c_str(),
                  each.waiting_on.c_str(), next_of(each).c_str(),
                  static_cast<long long>(each.active),
                  static_cast<long long>(each.fired),
                  static_cast<long long>(each.skipped),
                  static_cast<long long>(each.missed));
    else if (with.output == output_format::jsonl)
      print_json(to_json(each));
    else
      all.push_back(to_json(each));
  }
  if (with.output == output_format::json)
    print_json(all);
  return 0;
}

int show(const schedule_flags& flags, const invocation& with) {
  auto schedules = open(with);
  if (!schedules)
    return report(schedules.error(), with.output);
  const auto found = schedules->find(flags.id);
  if (!found)
    return report(found.error(), with.output);
  if (with.output != output_format::text) {
    auto to = to_json(*found);
    to["text"] = found->text.text;
    print_json(to);
    return 0;
  }
  std::printf("schedule %s of workflow %s\n", found->id.c_str(),
              found->workflow.c_str());
  std::printf("  waits for %s%s%s\n", found->waiting_on.c_str(),
              next_of(*found).empty() ? "" : ", next at ",
              next_of(*found).c_str());
  if (found->is_paused)
    std::printf("  paused: %s\n", found->pause_reason.empty()
                                    ? "no reason was given"
                                    : found->pause_reason.c_str());
  std::printf(
    "  fired %lld, skipped %lld, missed %lld; %lld active, %lld held, "
    "%lld failures in a row\n\n%s",
    static_cast<long long>(found->fired),
    static_cast<long long>(found->skipped),
    static_cast<long long>(found->missed),
    static_cast<long long>(found->active), static_cast<long long>(found->held),
    static_cast<long long>(found->failures_in_row), found->text.text.c_str());
  return 0;
}

using action = int (*)(const schedule_flags&, const invocation&);

std::pair<CLI::App*, std::shared_ptr<schedule_flags>>
declare(CLI::App& schedule, command_line& line, const char* name,
        const char* help, const char* examples, const char* argument,
        action run) {
  auto* app = schedule.add_subcommand(name, help);
  app->footer(examples);
  const auto flags = std::make_shared<schedule_flags>();
  if (argument != nullptr)
    app->add_option(argument, flags->id)->required();
  app->callback([flags, run, &line] {
    line.chosen = [flags, run](const invocation& with) {
      auto own = *flags;
      if (own.by.empty())
        own.by = user_of(with);
      return run(own, with);
    };
  });
  return {app, flags};
}

} // namespace

void add_schedule_store_commands(CLI::App& schedule, command_line& line) {
  declare(schedule, line, "add", "Add a schedule, or replace the one of its id",
          add_examples, "FILE", add);
  declare(schedule, line, "list", "List the schedules of the store",
          "Examples:\n  troupe schedule list --output json", nullptr, list);
  declare(schedule, line, "show", "Show one schedule, and how it stands",
          "Examples:\n  troupe schedule show nightly", "ID", show);
  auto [pausing, flags]
    = declare(schedule, line, "pause", "Start nothing until it is resumed",
              "Examples:\n  troupe schedule pause nightly --reason holidays",
              "ID", pause);
  pausing->add_option("--reason", flags->reason, "why, for whoever wonders");
  declare(schedule, line, "resume", "Let a paused schedule go on",
          "Examples:\n  troupe schedule resume nightly", "ID", resume);
  declare(schedule, line, "trigger", "Start the schedule's workflow now",
          "Examples:\n  troupe schedule trigger nightly", "ID", trigger);
  declare(schedule, line, "remove", "Forget a schedule; its runs go on",
          "Examples:\n  troupe schedule remove nightly", "ID", remove);
  auto [filling, range]
    = declare(schedule, line, "backfill", "Start what was due in the past",
              backfill_examples, "ID", backfill);
  filling->add_option("--from", range->from, "first due time")
    ->required()
    ->type_name("INSTANT");
  filling->add_option("--to", range->to, "last due time")
    ->required()
    ->type_name("INSTANT");
  filling->add_option("--limit", range->limit, "more due times are refused")
    ->check(CLI::Range(1, 1'000));
}

} // namespace troupe::tools
