#include "runtime/http/access_token.hpp"
#include "runtime/http/http_admission.hpp"
#include "tools/api/api.hpp"
#include "tools/cli/embedded_schemas.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/server_connection.hpp"
#include "tools/version.hpp"

#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::tools {

namespace {

constexpr auto server_examples = R"(Examples:
  troupe server
  troupe server --store /var/lib/troupe/troupe.db --jobs 8
  troupe server --guards guards.yaml
  troupe server --listen 127.0.0.1:0
  troupe server --listen none

Owns the store, runs what is open in it, and takes commands such as troupe run
start from the same user, over the socket STORE.sock. Programs ask over HTTP (see
troupe schema api) with the token in STORE.token. Ctrl-C stops it: what runs ends
within its grace and goes on with the next server.)";

constexpr auto no_http = "none";

struct server_flags {
  engine_setup engine;
  std::string http = "127.0.0.1:7070";
};

/// Returns once a stop is requested.
void wait_for(const std::stop_token& stop) {
  auto mutex = std::mutex{};
  auto changed = std::condition_variable_any{};
  auto guard = std::unique_lock{mutex};
  changed.wait(guard, stop, [] { return false; });
}

/// Nothing if it is not wanted.
runtime::outcome<std::unique_ptr<api>> start_api(const server_flags& flags,
                                                 engine::local_engine& engine,
                                                 const invocation& with) {
  if (flags.http == no_http)
    return std::unique_ptr<api>{};
  const auto& store = with.settings.store_path;
  auto at = runtime::parse_loopback(flags.http);
  if (!at)
    return runtime::fail(at.error());
  auto token = runtime::open_access_token(store + ".token");
  if (!token)
    return runtime::fail(token.error());
  auto options = api_options{};
  options.at = std::move(*at);
  options.store = store;
  options.token = std::move(*token);
  options.openapi = api_schema;
  options.version = version;
  return api::start(lines_to(engine), std::move(options));
}

int serve(const server_flags& flags, const invocation& with) {
  // Before anything is started for it.
  if (flags.http != no_http)
    if (const auto at = runtime::parse_loopback(flags.http); !at)
      return report(at.error(), with.output);
  const auto socket = server_socket(with.settings);
  if (socket.empty())
    return report(runtime::fail(runtime::problem_kind::invalid_input,
                                "a store that is no file has no place beside "
                                "it to listen",
                                "give --socket FILE")
                    .value(),
                  with.output);
  auto setup = flags.engine;
  if (const auto loaded = load_guards(setup); !loaded)
    return report(loaded.error(), with.output);
  const auto stop = interruption{};
  setup.runs_schedules = true;
  auto engine = start_engine(with, std::move(setup));
  if (!engine)
    return report(engine.error(), with.output);
  if (auto listening = engine->listen(socket); !listening)
    return report(listening.error(), with.output);
  auto http = start_api(flags, *engine, with);
  if (!http)
    return report(http.error(), with.output);
  const auto and_http
    = *http ? " and " + runtime::url_of((*http)->address()) : std::string{};
  std::fprintf(stderr, "serving %s at %s%s; Ctrl-C stops\n",
               with.settings.store_path.c_str(), socket.c_str(),
               and_http.c_str());
  wait_for(stop.token());
  std::fprintf(stderr, "stopping\n");
  return 0;
}

} // namespace

void add_server_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "server", "Run an engine that takes commands from other programs");
  app->footer(server_examples);
  const auto flags = std::make_shared<server_flags>();
  declare_engine_setup(*app, flags->engine);
  app
    ->add_option("--listen", flags->http,
                 "where to take HTTP requests from this machine; port 0: any "
                 "that is free; none: nowhere (default: 127.0.0.1:7070)")
    ->type_name("HOST:PORT");
  declare_engine_limits(*app, flags->engine);
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return serve(*flags, with); };
  });
}

} // namespace troupe::tools
