#include "actors/engine/command_activity.hpp"

#include "actors/engine/activity_input.hpp"
#include "actors/engine/foreign_json.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace troupe::engine {

using json = nlohmann::json;
using runtime::environment_map;
using runtime::outcome;

namespace {

using namespace std::chrono_literals;

constexpr auto output_bytes_most = std::uint64_t{64} << 20;
constexpr auto grace_max = std::chrono::milliseconds{10min};
constexpr auto message_bytes_max = std::size_t{2} << 10;
constexpr auto message_lines_max = 20;

/// What programs need to work as usual, and nothing that anybody keeps secrets
/// in.
constexpr auto inherited
  = std::array<std::string_view, 9>{"PATH",    "HOME",   "USER",
                                    "LOGNAME", "SHELL",  "LANG",
                                    "TZ",      "TMPDIR", "LANGUAGE"};
constexpr auto inherited_prefix = std::string_view{"LC_"};
constexpr auto own_prefix = std::string_view{"TROUPE_"};

constexpr auto output_words
  = std::array<std::string_view, 3>{"json", "text", "none"};

bool is_inherited(std::string_view name) {
  return name.starts_with(inherited_prefix)
         || std::find(inherited.begin(), inherited.end(), name)
              != inherited.end();
}

/// The parts of planning that share what is read.
class planning {
public:
  planning(opened_input given, const command_surroundings& surroundings,
           source_place place)
    : given_{std::move(given)}, input_{given_.with, std::move(place)},
      surroundings_{surroundings} {}

  outcome<command_plan> plan(const command_identity& identity) {
    read_program();
    read_environment();
    read_input();
    read_limits();
    add_identity(identity);
    if (auto finished = input_.finish(); !finished)
      return runtime::fail(std::move(finished.error()));
    plan_.secrets = std::move(given_.secrets);
    return std::move(plan_);
  }

private:
  void read_program() {
    auto argv = input_.texts("argv");
    auto shell = input_.text("shell");
    if (argv && shell)
      input_.refuse("shell", "stands beside argv", "leave one of them out");
    else if (shell)
      plan_.process.argv = {"/bin/sh", "-c", std::move(*shell)};
    else if (argv && !argv->empty())
      plan_.process.argv = std::move(*argv);
    else
      input_.refuse("argv", "there is no program to run",
                    "argv: [PROGRAM, ARGUMENT, ...] or shell: TEXT");
    plan_.process.folder = input_.text("cwd").value_or("");
  }

  void read_environment() {
    auto& target = plan_.process.environment;
    const auto asked
      = input_.texts("inherit_env").value_or(std::vector<std::string>{});
    for (const auto& [name, value] : surroundings_.environment)
      if (is_inherited(name)
          || std::find(asked.begin(), asked.end(), name) != asked.end())
        target[name] = value;
    const auto* given = input_.value("env");
    if (given == nullptr)
      return;
    if (!given->is_object()) {
      input_.refuse("env", "has to be an object of variables");
      return;
    }
    for (const auto& [name, value] : given->items())
      add_variable(name, value);
  }

  void add_variable(const std::string& name, const json& value) {
    const auto key = "env." + name;
    if (name.starts_with(own_prefix))
      input_.refuse(key,
                    "names with " + std::string{own_prefix} + " are set by us");
    else if (value.is_null())
      plan_.process.environment.erase(name);
    else if (value.is_string())
      plan_.process.environment[name] = value.get<std::string>();
    else if (value.is_primitive())
      plan_.process.environment[name] = value.dump();
    else
      input_.refuse(key, "has to be a text, a number or a truth value");
  }

  void read_input() {
    const auto* given = input_.value("stdin");
    if (given == nullptr)
      return;
    plan_.process.input
      = given->is_string() ? given->get<std::string>() : given->dump() + "\n";
  }

  void read_limits() {
    if (const auto word = input_.choice("output", output_words))
      plan_.output = static_cast<command_output>(*word);
    auto& out = plan_.process.out;
    if (const auto bytes = input_.bytes("output_bytes_max", output_bytes_most))
      out.head_bytes_max = static_cast<std::size_t>(*bytes);
    plan_.process.on_out_overflow = runtime::overflow_policy::kill;
    if (plan_.output == command_output::none) {
      out.head_bytes_max = 0;
      plan_.process.on_out_overflow = runtime::overflow_policy::drop;
    }
    if (const auto grace = input_.duration("grace", grace_max))
      plan_.grace = *grace;
  }

  void add_identity(const command_identity& identity) {
    auto& target = plan_.process.environment;
    target["TROUPE_RUN_ID"] = identity.run;
    target["TROUPE_STEP"] = identity.step;
    target["TROUPE_ITEM"] = std::to_string(identity.item);
    target["TROUPE_ATTEMPT"] = std::to_string(identity.attempt);
    target["TROUPE_IDEMPOTENCY_KEY"] = identity.idempotency_key;
    target["TROUPE_PROGRESS_FD"] = "3";
    if (!identity.progress.empty())
      target["TROUPE_LAST_PROGRESS"] = identity.progress;
  }

  opened_input given_;
  activity_input input_;
  const command_surroundings& surroundings_;
  command_plan plan_;
};

/// The end of a text, at most so many lines and bytes, from the start of a line
/// if there is one.
std::string_view last_lines(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  auto begin = text.size();
  for (auto lines = 0; lines < message_lines_max && begin > 0; ++lines) {
    const auto line = text.rfind('\n', begin - 1) == std::string_view::npos
                        ? 0
                        : text.rfind('\n', begin - 1);
    if (text.size() - line > message_bytes_max)
      break;
    begin = line;
  }
  if (begin == text.size() && !text.empty())
    begin = text.size() - std::min(text.size(), message_bytes_max);
  text.remove_prefix(begin);
  if (text.starts_with('\n'))
    text.remove_prefix(1);
  return text;
}

/// What standard error says at its end, without secrets.
std::string last_words(const command_plan& plan,
                       const runtime::captured_output& err) {
  auto text = err.head + err.tail;
  if (err.is_truncated()) {
    // The cut may have left the second half of a secret.
    text = err.tail;
    const auto line = text.find('\n');
    text.erase(0,
               line == std::string::npos ? longest_of(plan.secrets) : line + 1);
  }
  return to_utf8(last_lines(redactor_of(plan.secrets).redact(text)));
}

std::string with_last_words(std::string message, const command_plan& plan,
                            const runtime::process_result& result) {
  const auto words = last_words(plan, result.err);
  if (!words.empty())
    message += ": " + words;
  return message;
}

json details_of(const runtime::process_result& result) {
  auto details = json{
    {"elapsed_ms", result.elapsed.count() / 1'000},
    {"processor_ms", result.processor_time.count() / 1'000},
    {"stdout_bytes", result.out.bytes},
    {"stderr_bytes", result.err.bytes},
  };
  if (result.signal == 0)
    details["exit_code"] = result.exit_code;
  else
    details["signal"] = result.signal;
  return details;
}

std::string name_of_signal(int number) {
  const auto* name = ::sigabbrev_np(number);
  return name == nullptr ? std::to_string(number) : "SIG" + std::string{name};
}

tl::expected<json, activity_failure>
output_of(const command_plan& plan, const runtime::process_result& result) {
  const auto& text = result.out.head;
  const auto bad = [&](std::string message) {
    return tl::unexpected<activity_failure>{
      {"bad_output", std::move(message), false, details_of(result)}};
  };
  if (plan.output == command_output::none)
    return json{};
  if (plan.output == command_output::text) {
    if (!runtime::is_valid_utf8(text))
      return bad("standard output is not UTF-8");
    return json(text);
  }
  auto value = parse_foreign_json(text);
  if (!value)
    return bad("standard output " + value.error().message
               + "; write JSON, or set output: text or none");
  return std::move(*value);
}

} // namespace

outcome<command_plan>
plan_command(const json& with, const std::vector<json::json_pointer>& secrets,
             const command_identity& identity,
             const command_surroundings& surroundings, source_place place) {
  const auto places = secret_places{
    [](std::string_view pointer) {
      return pointer == "/stdin" || pointer.starts_with("/env/");
    },
    "a secret may only stand in env and stdin",
    "arguments of a process are visible to everybody; give it a variable"};
  auto opened
    = open_secrets(with, secrets, surroundings.resolve, places, place);
  if (!opened)
    return runtime::fail(std::move(opened.error()));
  return planning{std::move(*opened), surroundings, std::move(place)}.plan(
    identity);
}

tl::expected<json, activity_failure>
command_result(const command_plan& plan,
               const outcome<runtime::process_result>& how) {
  if (!how)
    return tl::unexpected<activity_failure>{to_failure(how.error())};
  auto failure = activity_failure{};
  failure.details = details_of(*how);
  if (how->was_stopped) {
    failure.kind = "cancelled";
    failure.message = "stopped";
  } else if (how->was_too_loud) {
    failure.kind = "output_too_large";
    failure.message
      = "wrote more than " + std::to_string(plan.process.out.head_bytes_max)
        + " bytes to standard output; raise output_bytes_max, or write a file";
  } else if (how->signal != 0) {
    failure.kind = "signal";
    failure.is_retryable = true;
    failure.message
      = with_last_words("ended by " + name_of_signal(how->signal), plan, *how);
  } else if (how->exit_code != 0) {
    failure.kind = "exit_nonzero";
    failure.is_retryable = true;
    failure.message = with_last_words(
      "exit code " + std::to_string(how->exit_code), plan, *how);
  } else {
    return output_of(plan, *how);
  }
  return tl::unexpected<activity_failure>{std::move(failure)};
}

std::optional<std::string> progress_of_line(const std::string& line) {
  const auto value = json::parse(line, nullptr, false);
  if (!value.is_object())
    return std::nullopt;
  return value.dump();
}

} // namespace troupe::engine
