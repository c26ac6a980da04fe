#include "runtime/config/settings.hpp"
#include "runtime/logging/logging.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/version.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

extern char** environ;

namespace troupe::tools {

namespace {

constexpr int exit_usage = 2;

/// Flags that every command has, by the key of their setting.
struct shared_flags {
  std::map<std::string, std::string, std::less<>> settings;
  std::string settings_file;
};

void declare_shared(command_line& line, shared_flags& flags) {
  line.app.add_option("--settings", flags.settings_file,
                      "file of settings (default: ./troupe.yaml)");
  const auto add = [&](const std::string& name, const std::string& key,
                       const std::string& help) {
    line.app.add_option_function<std::string>(
      name,
      [&flags, key](const std::string& value) { flags.settings[key] = value; },
      help);
  };
  add("--store", "store.path", "database file of the store");
  add("--workers", "workers", "actors that compute; 0: one per processor");
  add("--batch-size", "scoring.batch_items", "items of a batch at most");
  add("--output", "output", "text or json");
  add("--log-level", "log.level", "trace, debug, info, warning, error or off");
  add("--log-file", "log.file", "file for the log as JSON lines");
  add("--color", "color", "auto, always or never");
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

/// The settings, or the exit code of what is wrong with them.
tl::expected<runtime::settings, int> load(const shared_flags& flags) {
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
  if (settings)
    return std::move(*settings);
  for (const auto& reason : settings.error())
    report(reason, output);
  return tl::unexpected{exit_usage};
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

int run(int argc, char** argv) {
  command_line line;
  auto flags = shared_flags{};
  line.app.set_version_flag("--version", std::string{version});
  line.app.footer("Examples:\n"
                  "  troupe score --items portfolio.jsonl --preset agile\n"
                  "  troupe score runs\n"
                  "  troupe generate portfolio --items 1000 > portfolio.jsonl\n"
                  "  troupe bench w4 --items 1000000\n\n"
                  "Exit codes: 0 ok, 1 failed, 2 usage or invalid input, "
                  "3 not found, 4 conflict,\n"
                  "5 timeout, 6 unavailable, 7 denied, 130 interrupted");
  line.app.fallthrough();
  line.app.require_subcommand(1);
  declare_shared(line, flags);
  add_score_command(line);
  add_bench_command(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return line.app.exit(asked);
  } catch (const CLI::ParseError& error) {
    line.app.exit(error);
    return exit_usage;
  }
  const auto settings = load(flags);
  if (!settings)
    return settings.error();
  auto with = invocation{};
  with.settings = *settings;
  with.output = format_of(settings->output);
  with.show_progress = isatty(2) == 1;
  if (const auto started = start_log(*settings, with.output); !started)
    return started.error();
  return line.chosen(with);
}

} // namespace

} // namespace troupe::tools

int main(int argc, char** argv) {
  troupe::tools::prepare_heap();
  // A closed pipe is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return troupe::tools::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "troupe: %s\n", error.what());
    return 1;
  }
}
