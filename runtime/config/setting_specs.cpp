#include "runtime/config/settings.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace troupe::runtime {

namespace {

using unit = setting_spec::unit;

constexpr auto levels = std::array<std::string_view, 6>{
  "trace", "debug", "info", "warning", "error", "off"};
constexpr auto colors
  = std::array<std::string_view, 3>{"auto", "always", "never"};
constexpr auto outputs
  = std::array<std::string_view, 3>{"text", "json", "jsonl"};

constexpr auto kib = std::int64_t{1} << 10;
constexpr auto gib = std::int64_t{1} << 30;
constexpr auto second = std::int64_t{1'000};
constexpr auto years_max = 10 * 366 * 86'400 * second;

const auto specs = std::array<setting_spec, 18>{{
  {"store.path",
   &settings::store_path,
   unit::path,
   "",
   0,
   0,
   {},
   "The database file; by default in $XDG_STATE_HOME/troupe"},
  {"store.cache",
   &settings::store_cache_bytes,
   unit::bytes,
   "8MiB",
   64 * kib,
   64 * gib,
   {},
   "Page cache of the writer"},
  {"store.queue",
   &settings::store_queue_max,
   unit::none,
   "10000",
   1,
   1'000'000,
   {},
   "Transactions that may wait; beyond, they are refused"},
  {"server.socket",
   &settings::server_socket,
   unit::path,
   "",
   0,
   0,
   {},
   "The socket of the server or node to ask; by default beside the store"},
  {"workers",
   &settings::workers,
   unit::none,
   "0",
   0,
   1024,
   {},
   "Threads that compute; 0 is one per processor"},
  {"scoring.batch_items",
   &settings::scoring_batch_items,
   unit::none,
   "8192",
   1,
   1'000'000,
   {},
   "Items scored at a time"},
  {"runs.keep_for",
   &settings::runs_keep_for,
   unit::milliseconds,
   "30d",
   second,
   years_max,
   {},
   "How long a server keeps completed, cancelled and compensated runs"},
  {"runs.keep_max",
   &settings::runs_keep_max,
   unit::none,
   "100000",
   1,
   1'000'000'000,
   {},
   "How many of these it keeps; beyond, the oldest go"},
  {"runs.keep_failed_for",
   &settings::runs_keep_failed_for,
   unit::milliseconds,
   "90d",
   second,
   years_max,
   {},
   "How long a server keeps failed runs"},
  {"runs.keep_failed_max",
   &settings::runs_keep_failed_max,
   unit::none,
   "100000",
   1,
   1'000'000'000,
   {},
   "How many failed runs it keeps; beyond, the oldest go"},
  {"runs.keep_keys_for",
   &settings::runs_keep_keys_for,
   unit::milliseconds,
   "7d",
   0,
   years_max,
   {},
   "How long after its end a run that is gone keeps its idempotency key"},
  {"log.level", &settings::log_level, unit::none, "warning", 0, 0, levels,
   "The least important messages to log"},
  {"log.file",
   &settings::log_file,
   unit::path,
   "",
   0,
   0,
   {},
   "A file for the log as JSON lines; none if empty"},
  {"log.file_size",
   &settings::log_file_bytes_max,
   unit::bytes,
   "16MiB",
   kib,
   gib,
   {},
   "Size at which a new log file is begun"},
  {"log.files",
   &settings::log_files_max,
   unit::none,
   "5",
   1,
   100,
   {},
   "Log files kept, the current one included"},
  {"color", &settings::color, unit::none, "auto", 0, 0, colors,
   "Colours on the terminal"},
  {"output", &settings::output, unit::none, "text", 0, 0, outputs,
   "Form of what commands print"},
  {"shutdown.timeout",
   &settings::shutdown_timeout,
   unit::milliseconds,
   "10s",
   0,
   3'600'000,
   {},
   "How long work may take to stop"},
}};

} // namespace

std::span<const setting_spec> setting_specs() {
  return specs;
}

} // namespace troupe::runtime
