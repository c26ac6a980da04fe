#include "runtime/metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

/// Positions among the fields after the program's name, which is number 2 in
/// proc(5) and may itself contain spaces.
enum field : std::size_t {
  utime = 14 - 3,
  stime = 15 - 3,
  num_threads = 20 - 3,
  starttime = 22 - 3,
  vsize = 23 - 3,
  rss = 24 - 3,
};

std::optional<std::uint64_t> parse_count(std::string_view text) {
  auto value = std::uint64_t{0};
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// The word at a position, or an empty one.
std::string_view word_at(std::string_view text, std::size_t position) {
  for (auto i = std::size_t{0};; ++i) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    if (i == position || text.empty())
      return text.substr(0, end);
    text.remove_prefix(end);
  }
}

std::optional<std::uint64_t> boot_time(std::string_view machine_stat) {
  constexpr auto name = std::string_view{"\nbtime "};
  const auto at = machine_stat.find(name);
  if (at == std::string_view::npos)
    return std::nullopt;
  return parse_count(word_at(machine_stat.substr(at + name.size()), 0));
}

std::string read_small_file(const char* path) {
  auto in = std::ifstream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::uint64_t count_open_files() {
  auto error = std::error_code{};
  auto entry = std::filesystem::directory_iterator{"/proc/self/fd", error};
  auto count = std::uint64_t{0};
  while (!error && entry != std::filesystem::directory_iterator{}) {
    ++count;
    entry.increment(error);
  }
  return count;
}

} // namespace

std::optional<process_figures>
parse_process_figures(std::string_view process_stat,
                      std::string_view machine_stat, kernel_units units) {
  const auto name_end = process_stat.rfind(')');
  const auto boot = boot_time(machine_stat);
  if (name_end == std::string_view::npos || !boot)
    return std::nullopt;
  const auto rest = process_stat.substr(name_end + 1);
  constexpr auto fields
    = std::array<field, 6>{utime, stime, num_threads, starttime, vsize, rss};
  auto values = std::array<double, fields.size()>{};
  for (auto i = std::size_t{0}; i < fields.size(); ++i) {
    const auto value = parse_count(word_at(rest, fields.at(i)));
    if (!value)
      return std::nullopt;
    values.at(i) = static_cast<double>(*value);
  }
  const auto [user, system, threads, start, virtual_bytes, pages] = values;
  auto figures = process_figures{};
  figures.cpu_seconds = (user + system) / units.ticks_per_second;
  figures.threads = static_cast<std::uint64_t>(threads);
  figures.start_time_seconds
    = static_cast<double>(*boot) + start / units.ticks_per_second;
  figures.virtual_bytes = static_cast<std::uint64_t>(virtual_bytes);
  figures.resident_bytes = static_cast<std::uint64_t>(pages) * units.page_bytes;
  return figures;
}

outcome<process_figures> read_process_figures() {
  auto units = kernel_units{};
  if (const auto ticks = ::sysconf(_SC_CLK_TCK); ticks > 0)
    units.ticks_per_second = static_cast<double>(ticks);
  if (const auto page = ::sysconf(_SC_PAGESIZE); page > 0)
    units.page_bytes = static_cast<std::uint64_t>(page);
  auto figures = parse_process_figures(read_small_file("/proc/self/stat"),
                                       read_small_file("/proc/stat"), units);
  if (!figures)
    return fail(problem_kind::unavailable, "cannot read /proc/self/stat");
  figures->open_files = count_open_files();
  auto limit = rlimit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    figures->open_files_max = limit.rlim_cur;
  return *figures;
}

process_metrics::process_metrics(metrics_registry& registry) {
  const auto get = [&](const char* name, const char* help) {
    // These declarations are constant, hence valid.
    return registry.get_gauge({name, help, {}}).value_or(gauge{});
  };
  resident_bytes_
    = get("process_resident_memory_bytes", "Resident memory size in bytes");
  virtual_bytes_
    = get("process_virtual_memory_bytes", "Virtual memory size in bytes");
  cpu_seconds_ = registry
                   .get_counter({"process_cpu_seconds_total",
                                 "User and system CPU time in seconds",
                                 {}})
                   .value_or(counter{});
  threads_ = get("process_threads", "Number of threads");
  open_files_ = get("process_open_fds", "Number of open file descriptors");
  open_files_max_
    = get("process_max_fds", "Maximum number of open file descriptors");
  start_time_seconds_ = get("process_start_time_seconds",
                            "Start time since 1970 in seconds, UTC");
}

void process_metrics::update(const process_figures& figures) {
  resident_bytes_.set(static_cast<double>(figures.resident_bytes));
  virtual_bytes_.set(static_cast<double>(figures.virtual_bytes));
  cpu_seconds_.increment(figures.cpu_seconds - cpu_seconds_.value());
  threads_.set(static_cast<double>(figures.threads));
  open_files_.set(static_cast<double>(figures.open_files));
  open_files_max_.set(static_cast<double>(figures.open_files_max));
  start_time_seconds_.set(figures.start_time_seconds);
}

} // namespace troupe::runtime
