#include "runtime/config/settings.hpp"
#include "runtime/logging/logging.hpp"
#include "runtime/logging/protobuf_log.hpp"
#include "tools/cli/cluster_command.hpp"
#include "tools/cli/dead_letter_command.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/queue_command.hpp"
#include "tools/cli/usage.hpp"
#include "tools/version.hpp"

#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace troupe::tools {

namespace {

/// Flags that every command has, by the key of their setting.
struct shared_flags {
  std::map<std::string, std::string, std::less<>> settings;
  std::string settings_file;
};

/// Short names of settings that are often given; the full name works too.
std::string_view short_flag(std::string_view key) {
  if (key == "store.path")
    return "--store,";
  if (key == "server.socket")
    return "--socket,";
  if (key == "scoring.batch_items")
    return "--batch-size,";
  return "";
}

/// "{a,b}", FILE, ... for the help and for completions.
std::string type_text(const runtime::setting_spec& spec) {
  auto text = std::string{};
  for (const auto choice : spec.choices)
    text += (text.empty() ? "{" : ",") + std::string{choice};
  if (!text.empty())
    return text + "}";
  if (spec.measure == runtime::setting_spec::unit::path)
    return "FILE";
  text = runtime::type_name(spec);
  for (auto& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

void declare_shared(command_line& line, shared_flags& flags) {
  line.app
    .add_option("--settings", flags.settings_file,
                "File of settings (see troupe config path)")
    ->type_name("FILE")
    ->group("Settings");
  for (const auto& spec : runtime::setting_specs()) {
    const auto key = std::string{spec.key};
    line.app
      .add_option_function<std::string>(
        std::string{short_flag(key)} + runtime::flag_name(spec),
        [&flags, key](const std::string& value) {
          flags.settings[key] = value;
        },
        std::string{spec.help})
      ->type_name(type_text(spec))
      ->group("Settings");
  }
}

runtime::environment_map read_environment() {
  auto variables = runtime::environment_map{};
  for (auto** entry = environ; *entry != nullptr; ++entry) {
    const auto text = std::string_view{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

output_format format_of(std::string_view name) {
  if (name == "json")
    return output_format::json;
  if (name == "jsonl")
    return output_format::jsonl;
  return output_format::text;
}

/// All that a command needs, or the exit code of what is wrong.
tl::expected<invocation, int> load(const shared_flags& flags) {
  const auto asked = flags.settings.find("output");
  const auto output = format_of(
    asked == flags.settings.end() ? std::string_view{} : asked->second);
  auto sources = runtime::settings_sources{};
  sources.flags = flags.settings;
  sources.environment = read_environment();
  auto name = std::optional<std::string>{};
  if (!flags.settings_file.empty())
    name = flags.settings_file;
  auto file = runtime::find_settings_file(name, sources.environment);
  if (!file)
    return tl::unexpected{report(file.error(), output)};
  sources.file = std::move(*file);
  auto settings = runtime::load_settings(sources);
  if (!settings)
    return tl::unexpected{report(settings.error(), output)};
  auto with = invocation{};
  with.settings = std::move(*settings);
  with.settings_file = sources.file ? sources.file->path : "";
  with.settings_file_places
    = runtime::settings_file_places(sources.environment);
  with.output = format_of(with.settings.output);
  with.environment = std::move(sources.environment);
  with.show_progress = isatty(2) == 1;
  return with;
}

tl::expected<void, int> start_log(const runtime::settings& settings,
                                  output_format output) {
  auto options = runtime::logging_options{};
  options.level = runtime::parse_log_level(settings.log_level)
                    .value_or(runtime::log_level::warning);
  const auto* no_color = std::getenv("NO_COLOR");
  options.color = runtime::choose_color(settings.color, isatty(2) == 1,
                                        no_color == nullptr ? "" : no_color);
  options.file = settings.log_file;
  options.file_bytes_max = settings.log_file_bytes_max;
  options.files_max = static_cast<std::size_t>(settings.log_files_max);
  if (const auto started = runtime::start_logging(options); !started)
    return tl::unexpected{report(started.error(), output)};
  return {};
}

/// How results are asked for, as far as that shows before the line is parsed.
output_format guess_format(const std::vector<std::string>& arguments) {
  auto format = output_format::text;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].starts_with("--output="))
      format = format_of(std::string_view{arguments[i]}.substr(9));
    else if (arguments[i] == "--output" && i + 1 < arguments.size())
      format = format_of(arguments[i + 1]);
  }
  return format;
}

/// What was printed has to arrive before a command may say that all is well.
int finish(int code, output_format output) {
  const auto is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_written || is_stdout_closed())
    return code;
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::unavailable;
  reason.message = "cannot write the results";
  reason.file = "(standard output)";
  reason.hint = "make room on the disk, then try again";
  return report(reason, output);
}

void declare(command_line& line, shared_flags& flags) {
  line.app.name("troupe");
  line.app.set_version_flag("--version", std::string{version});
  line.app.footer("Examples:\n"
                  "  troupe score --items portfolio.jsonl --preset agile\n"
                  "  troupe generate portfolio --items 1000 --out items.jsonl\n"
                  "  troupe score explain ITEM-1042\n"
                  "  troupe workflow plan nightly.yaml --input project=apollo\n"
                  "  troupe schedule next --cron '30 2 * * *'\n"
                  "  troupe bench w4 --items 1000000\n"
                  "  troupe config show --origin\n\n"
                  "Exit codes: 0 ok, 1 failed, 2 usage or invalid input, "
                  "3 not found, 4 conflict,\n"
                  "5 timeout, 6 unavailable, 7 denied, 130 interrupted");
  line.app.fallthrough();
  line.app.require_subcommand(1);
  declare_shared(line, flags);
  add_score_command(line);
  add_simulate_command(line);
  add_bench_command(line);
  add_run_command(line);
  add_node_command(line);
  add_server_command(line);
  add_tree_command(line);
  add_cluster_command(line);
  add_queue_command(line);
  add_dead_letter_command(line);
  add_workflow_command(line);
  add_schedule_command(line);
  add_generate_command(line);
  add_schema_command(line);
  add_guard_command(line);
  add_config_command(line);
  add_doctor_command(line);
  add_backup_commands(line);
  add_completion_command(line);
}

int run(int argc, char** argv) {
  command_line line;
  auto flags = shared_flags{};
  declare(line, flags);
  const auto arguments = std::vector<std::string>(argv + 1, argv + argc);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return finish(line.app.exit(asked), output_format::text);
  } catch (const CLI::ParseError& error) {
    return report(usage_problem(line.app, error, arguments),
                  guess_format(arguments));
  }
  const auto with = load(flags);
  if (!with)
    return with.error();
  if (const auto started = start_log(with->settings, with->output); !started)
    return started.error();
  return finish(line.chosen(*with), with->output);
}

} // namespace

} // namespace troupe::tools

int main(int argc, char** argv) {
  // A closed pipe is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  troupe::runtime::route_protobuf_log();
  try {
    return troupe::tools::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "troupe: %s\n", error.what());
    return 1;
  }
}
