#pragma once

#include "runtime/config/secrets.hpp"
#include "runtime/config/settings.hpp"
#include "runtime/problem.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

/// How results are printed.
enum class output_format { text, json, jsonl };

/// What every command gets: the program's settings, and how to print. JSON goes
/// alone to stdout; everything else to stderr.
struct invocation {
  runtime::settings settings;
  /// The settings file in use; empty: none.
  std::string settings_file;
  /// Where one is looked for.
  std::vector<std::string> settings_file_places;
  output_format output = output_format::text;
  /// What references to secrets are looked up in.
  runtime::environment_map environment;
  bool show_progress = false; ///< stderr is a terminal.
};

/// What a command does once the command line is understood; its exit code.
using command_action = std::function<int(const invocation&)>;

/// Collects the commands. A command adds its subcommand to `app` and, in the
/// callback of the subcommand, puts its action into `chosen`.
struct command_line {
  CLI::App app{"Troupe: an actor-model orchestration runtime"};
  command_action chosen;
};

/// Prints a problem to stderr, as JSON when results are JSON, and returns its
/// exit code.
int report(const runtime::problem& reason, output_format output);

/// The same for all that is wrong at once; as JSON, the first has the rest in
/// "others". There is at least one.
int report(const std::vector<runtime::problem>& reasons, output_format output);

/// Whether nobody reads standard output any more, as after `| head`: no error,
/// the reader has what it wanted.
[[nodiscard]] bool is_stdout_closed();

/// Prints a line of JSON to stdout; bytes that are not UTF-8 are replaced.
void print_json(const nlohmann::ordered_json& value);

// One function per command.
void add_score_command(command_line& line);
void add_simulate_command(command_line& line);
void add_bench_command(command_line& line);
void add_generate_command(command_line& line);
void add_guard_command(command_line& line);
void add_config_command(command_line& line);
void add_doctor_command(command_line& line);
void add_completion_command(command_line& line);
void add_workflow_command(command_line& line);
void add_schedule_command(command_line& line);
void add_schema_command(command_line& line);
void add_node_command(command_line& line);
void add_run_command(command_line& line);
void add_server_command(command_line& line);
void add_tree_command(command_line& line);
void add_backup_commands(command_line& line);

} // namespace troupe::tools
