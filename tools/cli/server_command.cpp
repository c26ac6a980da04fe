#include "actors/engine/engine_client.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"

#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace troupe::tools {

namespace {

constexpr auto examples = R"(Examples:
  troupe server
  troupe server --store /var/lib/troupe/troupe.db --jobs 8

Owns the store, runs what is open in it, and takes commands such as troupe run
start from the same user, over the socket STORE.sock. Ctrl-C stops it: what runs
ends within its grace and goes on with the next server.)";

struct server_flags {
  std::string socket;
  engine_setup engine;
};

/// Returns once a stop is requested.
void wait_for(const std::stop_token& stop) {
  auto mutex = std::mutex{};
  auto changed = std::condition_variable_any{};
  auto guard = std::unique_lock{mutex};
  changed.wait(guard, stop, [] { return false; });
}

int serve(const server_flags& flags, const invocation& with) {
  const auto stop = interruption{};
  auto engine = start_engine(with, flags.engine);
  if (!engine)
    return report(engine.error(), with.output);
  const auto socket = flags.socket.empty()
                        ? engine::socket_of(with.settings.store_path)
                        : flags.socket;
  if (auto listening = engine->listen(socket); !listening)
    return report(listening.error(), with.output);
  std::fprintf(stderr, "serving %s at %s; Ctrl-C stops\n",
               with.settings.store_path.c_str(), socket.c_str());
  wait_for(stop.token());
  std::fprintf(stderr, "stopping\n");
  return 0;
}

} // namespace

void add_server_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "server", "Run an engine that takes commands from other programs");
  app->footer(examples);
  const auto flags = std::make_shared<server_flags>();
  app
    ->add_option("--socket", flags->socket,
                 "where to listen (default: STORE.sock)")
    ->type_name("FILE");
  declare_engine_setup(*app, flags->engine);
  app
    ->add_option("--pending", flags->engine.pending_max,
                 "steps that may wait for their turn; beyond that new runs are "
                 "refused (default: 10000)")
    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}));
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return serve(*flags, with); };
  });
}

} // namespace troupe::tools
