#include "cluster/node/node.hpp"
#include "runtime/clock.hpp"
#include "runtime/http/access_token.hpp"
#include "runtime/http/http_admission.hpp"
#include "runtime/logging/logging.hpp"
#include "tools/api/api.hpp"
#include "tools/cli/embedded_schemas.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/version.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

namespace {

constexpr auto node_examples = R"(Examples:
  troupe node --config node.yaml
  troupe node --config node.yaml --guards guards.yaml

Runs a node of a cluster until it is told to stop (Ctrl-C): then it takes
nothing new, waits up to stop_grace for what runs on it, and leaves. Ctrl-C
again ends it at once. What a node is told: troupe schema node. Programs of this
machine ask it over node.sock in its data folder:
  troupe cluster status --socket data/a/node.sock
  troupe run start nightly --socket data/a/node.sock
or, with http in its file, over HTTP (troupe schema api) with the token in
node.token there.)";

struct node_flags {
  std::string config;
  engine_setup engine;
};

/// How a coordinator leads.
auto leading(const cluster::node_file& file, const node_flags& flags,
             const invocation& with) {
  auto lead = with;
  lead.settings.store_path = file.store;
  auto setup = flags.engine;
  setup.jobs = file.jobs;
  setup.resources = file.resources;
  setup.own_labels = file.labels;
  setup.rebind_window = file.rebind_window;
  setup.runs_schedules = true;
  return [lead = std::move(lead),
          setup = std::move(setup)](cluster::leader_grant grant) {
    auto now = setup;
    now.grant = std::move(grant);
    return start_engine(lead, std::move(now));
  };
}

/// Nothing if it is not wanted. Ends before the node.
runtime::outcome<std::unique_ptr<api>> start_api(const cluster::node_file& file,
                                                 cluster::node& of) {
  if (!file.http)
    return std::unique_ptr<api>{};
  auto token = runtime::open_access_token(of.token());
  if (!token)
    return runtime::fail(token.error());
  constexpr auto ready_patience = std::chrono::seconds{2};
  auto options = api_options{};
  options.at = *file.http;
  options.store = file.store;
  options.node = file.name;
  options.token = std::move(*token);
  options.openapi = api_schema;
  options.version = version;
  options.ready_patience = ready_patience;
  auto started = api::start(
    [&of](engine_answers answers) { return of.open_line(std::move(answers)); },
    std::move(options));
  if (!started)
    started.error().hint = "give the node's file another http, with port 0 any "
                           "that is free, or none";
  return started;
}

int serve(const node_flags& from, const invocation& with) {
  auto flags = from;
  const auto file = cluster::read_node_file(flags.config);
  if (!file)
    return report(file.error(), with.output);
  runtime::log_as_node(file->name);
  if (const auto loaded = load_guards(flags.engine); !loaded)
    return report(loaded.error(), with.output);
  auto room = read_room(file->resources);
  if (!room)
    return report(room.error(), with.output);
  // Before the first thread.
  auto activities = worker_activities(with.environment);
  if (!activities)
    return report(activities.error(), with.output);
  const auto stop = interruption{};
  static const auto time = runtime::real_clock{};
  auto options = cluster::node_options{};
  options.file = *file;
  options.build = version.substr(version.find(' ') + 1);
  options.threads = threads_of(with.settings);
  options.slots = static_cast<std::size_t>(with.settings.workers);
  options.shutdown_timeout = with.settings.shutdown_timeout;
  options.time = &time;
  options.environment = with.environment;
  options.add_activities = std::move(*activities);
  options.room = std::move(*room);
  options.start_engine = leading(*file, flags, with);
  auto started = cluster::node::start(std::move(options));
  if (!started)
    return report(started.error(), with.output);
  std::fprintf(stderr,
               "node %s (%s) listens at %s, for programs at %s; "
               "Ctrl-C stops\n",
               file->name.c_str(), to_string(file->roles).c_str(),
               (*started)->address().c_str(), (*started)->socket().c_str());
  auto http = start_api(*file, **started);
  if (!http)
    return report(http.error(), with.output);
  if (*http)
    std::fprintf(stderr, "node %s takes HTTP requests at %s\n",
                 file->name.c_str(),
                 runtime::url_of((*http)->address()).c_str());
  const auto done = (*started)->run(stop.token());
  if (!done)
    return report(done.error(), with.output);
  std::fprintf(stderr, "stopping\n");
  return 0;
}

} // namespace

void add_node_command(command_line& line) {
  auto* app = line.app.add_subcommand("node", "Run a node of a cluster");
  app->footer(node_examples);
  const auto flags = std::make_shared<node_flags>();
  app->add_option("--config", flags->config, "What the node is told")
    ->required()
    ->type_name("FILE");
  app
    ->add_option("--guards", flags->engine.guards_file,
                 "the guards that steps may name, the same for all "
                 "coordinators")
    ->type_name("FILE");
  declare_engine_limits(*app, flags->engine);
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return serve(*flags, with); };
  });
}

} // namespace troupe::tools
