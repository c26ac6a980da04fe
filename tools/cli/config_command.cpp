#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace troupe::tools {

namespace {

constexpr auto config_examples = R"(Examples:
  troupe config show --origin
  TROUPE_WORKERS=2 troupe config show --output json
  troupe config show > troupe.yaml
  troupe config path)";

constexpr auto show_examples = R"(Examples:
  troupe config show
  troupe config show --origin --output json)";

constexpr auto path_examples = R"(Examples:
  troupe config path
  troupe config path --output json)";

int show(const invocation& with, runtime::show_origins origins) {
  const auto text = with.output == output_format::text
                      ? runtime::render_yaml(with.settings, origins)
                      : runtime::render_json(with.settings, origins);
  std::fputs(text.c_str(), stdout);
  return 0;
}

int show_paths(const invocation& with) {
  const auto& settings = with.settings;
  if (with.output != output_format::text) {
    const auto or_null = [](const std::string& path) {
      return path.empty() ? nlohmann::ordered_json{}
                          : nlohmann::ordered_json(path);
    };
    auto json = nlohmann::ordered_json{};
    json["settings"] = or_null(with.settings_file);
    json["settings_places"] = with.settings_file_places;
    json["store"] = settings.store_path;
    json["log"] = or_null(settings.log_file);
    print_json(json);
    return 0;
  }
  auto places = std::string{};
  for (const auto& place : with.settings_file_places)
    places += (places.empty() ? "" : " or ") + place;
  std::printf("settings  %s\n", with.settings_file.empty()
                                  ? ("none (would be " + places + ")").c_str()
                                  : with.settings_file.c_str());
  std::printf("store     %s\n", settings.store_path.c_str());
  std::printf("log       %s\n",
              settings.log_file.empty() ? "none" : settings.log_file.c_str());
  return 0;
}

} // namespace

void add_config_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "config", "Show the settings in force and where they come from");
  app->footer(config_examples);
  app->require_subcommand(1);
  auto* to_show = app->add_subcommand(
    "show", "Print all settings, in the form of a settings file");
  to_show->footer(show_examples);
  const auto with_origin = std::make_shared<bool>(false);
  to_show->add_flag("--origin", *with_origin,
                    "say for each where its value comes from");
  to_show->callback([with_origin, &line] {
    line.chosen = [with_origin](const invocation& with) {
      return show(with, *with_origin ? runtime::show_origins::yes
                                     : runtime::show_origins::no);
    };
  });
  auto* path = app->add_subcommand(
    "path", "Print which files are used: settings, store and log");
  path->footer(path_examples);
  path->callback([&line] { line.chosen = show_paths; });
}

} // namespace troupe::tools
