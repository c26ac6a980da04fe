#include "tools/cli/guard_live_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/workflow_words.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/server_connection.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

using engine::engine_client;
using messages::GuardState;
using runtime::fail;
using runtime::outcome;
using json = nlohmann::ordered_json;

namespace {

constexpr auto guard_live_examples = R"(Examples:
  troupe guard list
  troupe guard show ado --output json
  troupe guard reset ado

What the guards of the server let through now. A reset closes an open circuit; what
a quota has counted stays.)";

std::string time_of(const GuardState& guard) {
  return runtime::to_string(runtime::from_microseconds(guard.next_check()));
}

/// The class from which on work waits; empty: all of it.
std::string closed_from(const GuardState& guard) {
  for (const auto& [value, word] : engine::priority_words)
    if (guard.closed_from() != 0
        && static_cast<std::uint32_t>(value) == guard.closed_from())
      return std::string{word};
  return {};
}

json to_json(const GuardState& guard) {
  auto to = json{{"name", guard.name()},
                 {"running", guard.running()},
                 {"waiting", guard.waiting()}};
  if (guard.has_concurrent_max())
    to["concurrent"] = guard.concurrent_max();
  if (!guard.breaker().empty())
    to["breaker"] = guard.breaker();
  if (guard.has_quota_limit())
    to["quota"]
      = {{"used", guard.quota_used()}, {"limit", guard.quota_limit()}};
  to["retries_available"] = guard.retries_available();
  if (guard.waiting_on().empty())
    return to;
  to["closed"]
    = {{"waiting_on", guard.waiting_on()}, {"detail", guard.waiting_for()}};
  if (const auto from = closed_from(guard); !from.empty())
    to["closed"]["from"] = from;
  if (guard.next_check() != 0)
    to["closed"]["next_check"] = time_of(guard);
  return to;
}

std::string render(const GuardState& guard) {
  auto text = guard.name() + "  " + std::to_string(guard.running());
  if (guard.has_concurrent_max())
    text += " of " + std::to_string(guard.concurrent_max());
  text += " running, " + std::to_string(guard.waiting()) + " waiting";
  if (!guard.breaker().empty())
    text += ", circuit " + guard.breaker();
  if (guard.has_quota_limit())
    text += ", quota " + std::to_string(guard.quota_used()) + " of "
            + std::to_string(guard.quota_limit());
  text += ", retries left " + std::to_string(guard.retries_available()) + "\n";
  if (guard.waiting_on().empty())
    return text;
  text += "  waits for " + guard.waiting_on() + ": " + guard.waiting_for();
  if (const auto from = closed_from(guard); !from.empty())
    text += " (" + from + " runs and below)";
  if (guard.next_check() != 0)
    text += ", looked at again " + time_of(guard);
  return text + "\n";
}

int print(const std::vector<GuardState>& guards, bool is_list,
          output_format output) {
  auto all = json::array();
  for (const auto& guard : guards)
    if (output == output_format::text)
      std::fputs(render(guard).c_str(), stdout);
    else if (output == output_format::jsonl || !is_list)
      print_json(to_json(guard));
    else
      all.push_back(to_json(guard));
  if (output == output_format::json && is_list)
    print_json(all);
  return 0;
}

outcome<std::vector<GuardState>> ask_all(const invocation& with) {
  auto client = connect_server(with.settings);
  if (!client)
    return fail(client.error());
  const auto states = client->guards();
  if (!states)
    return fail(states.error());
  return std::vector<GuardState>{states->guards().begin(),
                                 states->guards().end()};
}

int list(const invocation& with) {
  const auto guards = ask_all(with);
  if (!guards)
    return report(guards.error(), with.output);
  if (guards->empty() && with.output == output_format::text)
    std::fputs("the server has no guards; start it with --guards FILE\n",
               stderr);
  return print(*guards, true, with.output);
}

int show(const std::string& name, const invocation& with) {
  const auto guards = ask_all(with);
  if (!guards)
    return report(guards.error(), with.output);
  const auto found
    = std::find_if(guards->begin(), guards->end(),
                   [&](const GuardState& each) { return each.name() == name; });
  if (found != guards->end())
    return print({*found}, false, with.output);
  auto known = std::vector<std::string_view>{};
  for (const auto& each : *guards)
    known.push_back(each.name());
  return report(fail(runtime::problem_kind::not_found,
                     "the server has no guard " + name,
                     known.empty() ? "start it with --guards FILE"
                                   : runtime::spelling_hint(name, known))
                  .value(),
                with.output);
}

int reset(const std::string& name, const invocation& with) {
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  auto wanted = messages::ResetGuard{};
  wanted.set_guard(name);
  wanted.set_by(user_of(with));
  const auto states = client->reset(wanted);
  if (!states)
    return report(states.error(), with.output);
  return print({states->guards().begin(), states->guards().end()}, false,
               with.output);
}

void add_named(CLI::App& guard, command_line& line, const char* command,
               const char* help,
               int (*action)(const std::string&, const invocation&)) {
  auto* app = guard.add_subcommand(command, help);
  app->footer(guard_live_examples);
  const auto name = std::make_shared<std::string>();
  app->add_option("NAME", *name, "the guard")->required();
  app->callback([name, action, &line] {
    line.chosen
      = [name, action](const invocation& with) { return action(*name, with); };
  });
}

} // namespace

void add_live_guard_commands(CLI::App& guard, command_line& line) {
  auto* app = guard.add_subcommand(
    "list", "Show what the guards of the server let through");
  app->footer(guard_live_examples);
  app->callback([&line] { line.chosen = list; });
  add_named(guard, line, "show", "Show one of them", show);
  add_named(guard, line, "reset", "Close the circuit of one of them", reset);
}

} // namespace troupe::tools
