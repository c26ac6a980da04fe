#include "runtime/store/store_check.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/store_examination.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace troupe::tools {

using runtime::outcome;

namespace {

constexpr auto backup_examples = R"(Examples:
  troupe backup /backups/troupe-2026-11-26.db
  troupe backup copy.db --store /var/lib/troupe/troupe.db

Copies the store as it is at one moment, also while a server uses it, then
examines the copy. Does not overwrite.)";

constexpr auto restore_examples = R"(Examples:
  troupe restore /backups/troupe-2026-11-26.db
  troupe restore copy.db --store /var/lib/troupe/troupe.db

Examines the backup, then copies it to where the store belongs, which must be
empty: move an old store away first.)";

/// Nothing, or the first thing that is wrong.
outcome<store_examination> require_clean(const std::string& path) {
  auto found = examine_store(path);
  if (found.problems.empty())
    return found;
  auto reason = found.problems.front();
  if (reason.file.empty())
    reason.file = path;
  return runtime::fail(std::move(reason));
}

int print(const std::string& from, const std::string& to,
          const store_examination& found, const invocation& with) {
  if (with.output == output_format::text)
    std::printf("%s is a copy of %s: %s scorings, %s runs of workflows; all is "
                "well\n",
                to.c_str(), from.c_str(),
                with_separators(found.scorings.runs).c_str(),
                with_separators(found.runs.runs).c_str());
  else
    print_json(nlohmann::ordered_json{{"from", from},
                                      {"to", to},
                                      {"runs", found.scorings.runs},
                                      {"workflow_runs", found.runs.runs}});
  return 0;
}

int backup(const std::string& target, const invocation& with) {
  const auto& store = with.settings.store_path;
  if (auto copied = runtime::backup_store(store, target); !copied)
    return report(copied.error(), with.output);
  const auto found = require_clean(target);
  return found ? print(store, target, *found, with)
               : report(found.error(), with.output);
}

int restore(const std::string& source, const invocation& with) {
  const auto& store = with.settings.store_path;
  const auto found = require_clean(source);
  if (!found)
    return report(found.error(), with.output);
  const auto folder = std::filesystem::path{store}.parent_path();
  auto ignored = std::error_code{};
  if (!folder.empty())
    std::filesystem::create_directories(folder, ignored);
  if (auto copied = runtime::backup_store(source, store); !copied)
    return report(copied.error(), with.output);
  return print(source, store, *found, with);
}

using copy_action = int (*)(const std::string&, const invocation&);

void add(command_line& line, const char* name, const char* help,
         const char* examples, copy_action action) {
  auto* app = line.app.add_subcommand(name, help);
  app->footer(examples);
  const auto file = std::make_shared<std::string>();
  app->add_option("FILE", *file, "the backup")->required()->type_name("FILE");
  app->callback([file, action, &line] {
    line.chosen
      = [file, action](const invocation& with) { return action(*file, with); };
  });
}

} // namespace

void add_backup_commands(command_line& line) {
  add(line, "backup", "Copy the store, also while it is in use",
      backup_examples, backup);
  add(line, "restore", "Make a store of a backup", restore_examples, restore);
}

} // namespace troupe::tools
