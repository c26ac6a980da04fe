#include "actors/scheduler/cron_expression.hpp"
#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_recurrence.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/problem.hpp"
#include "runtime/time_zone.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/schedule_report.hpp"
#include "tools/cli/schedule_store_command.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

using runtime::outcome;
using runtime::problem;
using scheduler::instant;
using scheduler::schedule_definition;
using scheduler::schedule_reading;

constexpr auto schedule_examples = R"(Examples:
  troupe schedule next --cron '30 2 * * MON-FRI' --zone Europe/Berlin
  troupe schedule next --file nightly.yaml -n 3
  troupe schedule validate nightly.yaml weekly.yaml
  troupe schedule add nightly.yaml
  troupe schedule list)";

constexpr auto next_examples = R"(Examples:
  troupe schedule next --cron '30 2 * * *' --zone Europe/Berlin -n 5
  troupe schedule next --cron @daily --from 2026-03-29T00:00:00Z --output json
  troupe schedule next --every 36h --anchor 2026-01-01T06:00:00Z
  troupe schedule next --file nightly.yaml

Prints due times after --from. At a clock change a fixed time of day is due once,
also if the clock skips or repeats it; lists and steps follow the clock.
Intervals are counted from --anchor, by default 1970-01-01T00:00:00Z.)";

constexpr auto validate_examples = R"(Examples:
  troupe schedule validate nightly.yaml
  troupe schedule validate *.yaml --output json

Exit code: 0 all are valid, 2 not; every mistake is named with its line.)";

constexpr auto count_max = 10'000;

struct next_flags {
  std::string cron;
  std::string every;
  std::string file;
  std::string zone;
  std::string anchor;
  std::string from;
  int count = 10;
  const CLI::App* app = nullptr;

  [[nodiscard]] bool has(const std::string& flag) const {
    return app->count("--" + flag) != 0;
  }
};

tl::unexpected<problem> refuse(std::string flag, std::string message,
                               std::string hint) {
  auto reason = problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = std::move(flag);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

/// The value of a flag, or what is wrong with it.
template <class T>
outcome<T> of_flag(const std::string& flag, outcome<T> value) {
  if (!value && value.error().key.empty())
    value.error().key = flag;
  return value;
}

outcome<void> check_combination(const next_flags& flags) {
  auto given = std::string{};
  auto ways = 0;
  for (const auto* way : {"cron", "every", "file"})
    if (flags.has(way)) {
      given += (ways++ == 0 ? "--" : " and --") + std::string{way};
    }
  if (ways == 0)
    return refuse({}, "nothing says when it is due",
                  "give one of --cron, --every and --file");
  if (ways > 1)
    return refuse({}, given + " together", "keep one of them");
  if (flags.has("zone") && !flags.has("cron"))
    return refuse("--zone", "--zone without --cron",
                  flags.has("file") ? "the file says the zone"
                                    : "an interval has no zone: leave it out");
  if (flags.has("anchor") && !flags.has("every"))
    return refuse("--anchor", "--anchor without --every",
                  "only intervals are counted from an anchor");
  return {};
}

outcome<scheduler::schedule_timing> cron_timing(const next_flags& flags) {
  const auto expression = of_flag("--cron", scheduler::parse_cron(flags.cron));
  if (!expression)
    return runtime::fail(expression.error());
  const auto zone = of_flag("--zone", runtime::time_zone::find(flags.zone));
  if (!zone)
    return runtime::fail(zone.error());
  return std::vector<scheduler::cron_schedule>{{*expression, *zone}};
}

outcome<scheduler::schedule_timing> interval_timing(const next_flags& flags) {
  auto result = scheduler::interval_timing{};
  const auto every = of_flag("--every", runtime::parse_duration(flags.every));
  if (!every)
    return runtime::fail(every.error());
  namespace bounds = scheduler::schedule_bounds;
  if (*every < bounds::every_min || *every > bounds::duration_max)
    return refuse("--every", "an interval of " + flags.every,
                  "at least " + runtime::render_duration(bounds::every_min)
                    + ", at most "
                    + runtime::render_duration(bounds::duration_max));
  result.every = *every;
  if (flags.has("anchor")) {
    const auto anchor
      = of_flag("--anchor", scheduler::parse_instant(flags.anchor));
    if (!anchor)
      return runtime::fail(anchor.error());
    result.anchor = *anchor;
  }
  return result;
}

/// The schedule that the flags or the file describe.
schedule_reading read_asked(const next_flags& flags) {
  const auto wrong = [](problem reason) {
    return tl::unexpected{std::vector<problem>{std::move(reason)}};
  };
  if (auto checked = check_combination(flags); !checked)
    return wrong(std::move(checked.error()));
  if (flags.has("file"))
    return scheduler::read_schedule(flags.file);
  auto timing = flags.has("cron") ? cron_timing(flags) : interval_timing(flags);
  if (!timing)
    return wrong(std::move(timing.error()));
  auto result = schedule_definition{};
  result.timing = std::move(*timing);
  return result;
}

outcome<instant> beginning(const next_flags& flags) {
  if (!flags.has("from"))
    return runtime::real_clock{}.now();
  return of_flag("--from", scheduler::parse_instant(flags.from));
}

void print_due_times(const schedule_definition& of,
                     const std::vector<instant>& due, output_format output) {
  if (output == output_format::text) {
    std::fputs(render_due_times(of, due).c_str(), stdout);
    return;
  }
  auto list = json::array();
  for (const auto at : due)
    list.push_back(scheduler::to_string(at));
  if (output == output_format::json)
    return print_json(list);
  for (const auto& each : list)
    print_json(each);
}

int next(const next_flags& flags, const invocation& with) {
  const auto of = read_asked(flags);
  if (!of)
    return report(of.error(), with.output);
  const auto from = beginning(flags);
  if (!from)
    return report(from.error(), with.output);
  const auto recurrence = scheduler::schedule_recurrence{*of};
  auto due = std::vector<instant>{};
  for (auto at = recurrence.next(*from);
       at && due.size() < static_cast<std::size_t>(flags.count);
       at = recurrence.next(*at))
    due.push_back(*at);
  print_due_times(*of, due, with.output);
  if (with.output != output_format::text)
    return 0;
  if (due.empty())
    std::fputs("troupe: never due after that\n", stderr);
  if (of->is_paused)
    std::fputs("troupe: the schedule is paused: none of these would start\n",
               stderr);
  return 0;
}

/// What is told of a valid file.
json valid_json(const std::string& file, const schedule_definition& of,
                const std::optional<instant>& due) {
  auto result = json::object();
  result["file"] = file;
  result["valid"] = true;
  result["id"] = of.id;
  result["workflow"] = of.workflow;
  result["next"] = due ? json(scheduler::to_string(*due)) : json(nullptr);
  return result;
}

int validate(const std::vector<std::string>& files, const invocation& with) {
  auto wrong = std::vector<problem>{};
  auto valid = json::array();
  const auto now = runtime::real_clock{}.now();
  for (const auto& file : files) {
    auto of = scheduler::read_schedule(file);
    if (!of) {
      std::move(of.error().begin(), of.error().end(),
                std::back_inserter(wrong));
      continue;
    }
    const auto due = scheduler::schedule_recurrence{*of}.next(now);
    if (with.output != output_format::text) {
      valid.push_back(valid_json(file, *of, due));
      continue;
    }
    const auto told = due ? "next due " + scheduler::to_string(*due)
                          : std::string{"never due again"};
    std::printf("%s: valid, %s starts %s, %s\n", file.c_str(), of->id.c_str(),
                of->workflow.c_str(), told.c_str());
  }
  if (with.output == output_format::jsonl)
    for (const auto& each : valid)
      print_json(each);
  if (with.output == output_format::json && wrong.empty())
    print_json(valid);
  return wrong.empty() ? 0 : report(wrong, with.output);
}

void add_next(CLI::App& parent, command_line& line) {
  auto* app = parent.add_subcommand("next", "Show when something is due");
  app->footer(next_examples);
  const auto flags = std::make_shared<next_flags>();
  flags->app = app;
  flags->zone = "UTC";
  app->add_option("--cron", flags->cron, "a cron expression of 5 or 6 fields")
    ->type_name("EXPR");
  app->add_option("--every", flags->every, "an interval, such as 90m")
    ->type_name("DURATION");
  app->add_option("--file", flags->file, "a schedule, YAML or JSON")
    ->type_name("FILE");
  app->add_option("--zone", flags->zone, "time zone of the expression")
    ->type_name("ZONE")
    ->capture_default_str();
  app->add_option("--anchor", flags->anchor, "one due time of the interval")
    ->type_name("INSTANT");
  app
    ->add_option("--from", flags->from,
                 "due times after this, such as 2026-03-29T01:00:00Z; "
                 "without it, after now")
    ->type_name("INSTANT");
  app->add_option("-n,--count", flags->count, "how many")
    ->check(CLI::Range(1, count_max))
    ->capture_default_str();
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return next(*flags, with); };
  });
}

void add_validate(CLI::App& parent, command_line& line) {
  auto* app
    = parent.add_subcommand("validate", "Check schedules without adding them");
  app->footer(validate_examples);
  const auto files = std::make_shared<std::vector<std::string>>();
  app->add_option("FILE", *files, "schedules, YAML or JSON")
    ->required()
    ->type_name("FILE");
  app->callback([files, &line] {
    line.chosen
      = [files](const invocation& with) { return validate(*files, with); };
  });
}

} // namespace

void add_schedule_command(command_line& line) {
  auto* app
    = line.app.add_subcommand("schedule", "Start workflows when they are due");
  app->footer(schedule_examples);
  app->require_subcommand(1);
  add_next(*app, line);
  add_validate(*app, line);
  add_schedule_store_commands(*app, line);
}

} // namespace troupe::tools
