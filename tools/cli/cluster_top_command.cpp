#include "runtime/config/quantities.hpp"
#include "tools/cli/cluster_command.hpp"
#include "tools/cli/cluster_report.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/server_connection.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::tools {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto cluster_top_examples = R"(Examples:
  troupe cluster top --socket data/a/node.sock
  troupe cluster top --once --output json
  troupe cluster top --interval 5s --output jsonl > load.jsonl

What each node does, as it says itself; one that does not answer within a second
is shown without figures. Rates are of the time since the last refresh, hence
the first one comes after an interval. On a terminal it shows the newest, until
Ctrl-C; as JSON once; as jsonl a line for each refresh.
cpu: of processors (100% is one); steps: that run, of places; slots: processors
that are lent to scorings and simulations and busy; late: its own ticks;
answered: after that time.)";

struct top_flags {
  std::string interval = "1s";
  bool is_once = false;
};

/// Whether that time has passed, and no stop was requested before.
bool rest(std::chrono::milliseconds time, const std::stop_token& stop) {
  auto mutex = std::mutex{};
  auto changed = std::condition_variable_any{};
  auto guard = std::unique_lock{mutex};
  changed.wait_for(guard, stop, time, [] { return false; });
  return !stop.stop_requested();
}

void show(const load_samples& samples, output_format output) {
  if (output != output_format::text)
    return print_json(to_json(samples));
  if (isatty(STDOUT_FILENO) == 1)
    std::fputs("\033[H\033[2J", stdout); // Where it was before.
  std::fputs(render_load(samples).c_str(), stdout);
}

runtime::outcome<std::chrono::milliseconds>
read_interval(const std::string& text) {
  constexpr auto interval_min = 100ms;
  constexpr auto interval_max = std::chrono::hours{1};
  auto read = runtime::parse_duration(text);
  if (read && (*read < interval_min || *read > interval_max))
    read = runtime::fail(runtime::problem_kind::invalid_input,
                         text + " is out of range", "give 100ms to 1h");
  if (!read)
    read.error().key = "--interval";
  return read;
}

int watch_load(const top_flags& flags, const invocation& with) {
  const auto interval = read_interval(flags.interval);
  if (!interval)
    return report(interval.error(), with.output);
  const auto stop = interruption{};
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  const auto is_once = flags.is_once || with.output == output_format::json;
  auto samples = load_samples{};
  auto taken_at = steady::now();
  for (auto has_before = false;; has_before = true) {
    auto load = client->cluster_load();
    if (!load)
      return report(load.error(), with.output);
    const auto at = steady::now();
    samples.before = std::exchange(samples.now, std::move(*load));
    samples.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
      at - std::exchange(taken_at, at));
    if (has_before) {
      show(samples, with.output);
      std::fflush(stdout);
      if (is_once || is_stdout_closed())
        return 0;
    }
    if (!rest(*interval, stop.token()))
      return 0;
  }
}

} // namespace

void add_cluster_top(CLI::App& parent, command_line& line) {
  const auto flags = std::make_shared<top_flags>();
  auto* app = parent.add_subcommand(
    "top", "Show how busy each node is, again and again");
  app->footer(cluster_top_examples);
  app->add_option("--interval", flags->interval, "Time between two refreshes")
    ->type_name("DURATION")
    ->capture_default_str();
  app->add_flag("--once", flags->is_once, "Show it once, and end");
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return watch_load(*flags, with); };
  });
}

} // namespace troupe::tools
