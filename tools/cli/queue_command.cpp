#include "tools/cli/queue_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/queue_report.hpp"
#include "tools/cli/server_connection.hpp"

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using engine::engine_client;

namespace {

constexpr auto queue_examples = R"(Examples:
  troupe queue show
  troupe queue pause --reason "database maintenance"
  troupe queue resume

While it is paused, what runs goes on and new runs are accepted, but no step
begins, also after a restart. Needs the server of the store.)";

struct queue_flags {
  std::string by;
  std::string reason;
};

using queue_action
  = std::function<int(engine_client&, const queue_flags&, const invocation&)>;

int show(engine_client& client, const queue_flags&, const invocation& with) {
  const auto found = client.queue();
  if (!found)
    return report(found.error(), with.output);
  if (with.output == output_format::text)
    std::fputs(render_queue(*found).c_str(), stdout);
  else
    print_json(to_json(*found));
  return 0;
}

int change(engine_client& client, const queue_flags& flags,
           const invocation& with, bool pauses) {
  auto wanted = messages::ChangeQueue{};
  wanted.set_by(flags.by);
  wanted.set_reason(flags.reason);
  if (pauses)
    wanted.set_pause(true);
  else
    wanted.set_resume(true);
  const auto changed = client.change(wanted);
  if (!changed)
    return report(changed.error(), with.output);
  if (with.output == output_format::text)
    std::printf("the queue %s\n",
                changed->is_paused() ? "is paused" : "goes on");
  else
    print_json({{"is_paused", changed->is_paused()}});
  return 0;
}

std::pair<CLI::App*, std::shared_ptr<queue_flags>>
add_action(CLI::App& app, command_line& line, const char* name,
           const char* help, queue_action action) {
  auto* added = app.add_subcommand(name, help);
  const auto flags = std::make_shared<queue_flags>();
  added->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      if (flags->by.empty())
        flags->by = user_of(with);
      auto client = connect_server(with.settings);
      return client ? action(*client, *flags, with)
                    : report(client.error(), with.output);
    };
  });
  return {added, flags};
}

} // namespace

void add_queue_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "queue", "See what waits for workers; let nothing begin for a while");
  app->footer(queue_examples);
  app->require_subcommand(1);
  add_action(*app, line, "show",
             "Show what waits and runs, the limits, and what is in use", show);
  const auto [paused, pause_flags] = add_action(
    *app, line, "pause", "Let no step begin until it is resumed",
    [](engine_client& client, const queue_flags& flags,
       const invocation& with) { return change(client, flags, with, true); });
  paused->add_option("--reason", pause_flags->reason, "why, for the record");
  const auto [resumed, resume_flags] = add_action(
    *app, line, "resume", "Let steps begin again",
    [](engine_client& client, const queue_flags& flags,
       const invocation& with) { return change(client, flags, with, false); });
  for (const auto& [added, flags] :
       {std::pair{paused, pause_flags}, std::pair{resumed, resume_flags}})
    added->add_option("--by", flags->by,
                      "who asks, for the record (default: USER)");
}

} // namespace troupe::tools
