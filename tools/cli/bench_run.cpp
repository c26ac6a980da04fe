#include "tools/cli/bench_run.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Ticks that all processors have been busy, and have existed.
struct machine_ticks {
  double busy = 0.0;
  double total = 0.0;
};

machine_ticks read_machine_ticks() {
  auto in = std::ifstream{"/proc/stat"};
  auto label = std::string{};
  in >> label;
  auto ticks = machine_ticks{};
  auto value = 0.0;
  for (int i = 0; i < 8 && in >> value; ++i) {
    ticks.total += value;
    if (i != 3 && i != 4) // Idle, and waiting for a disk.
      ticks.busy += value;
  }
  return ticks;
}

double cpu_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec)
           + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string read_line(const std::string& path, const std::string& key) {
  auto in = std::ifstream{path};
  auto line = std::string{};
  while (std::getline(in, line))
    if (line.starts_with(key)) {
      const auto colon = line.find(':');
      if (colon != std::string::npos && colon + 2 < line.size())
        return line.substr(colon + 2);
    }
  return {};
}

json machine() {
  auto to = json{};
  to["processors"] = std::thread::hardware_concurrency();
  to["model"] = read_line("/proc/cpuinfo", "model name");
  to["memory"] = read_line("/proc/meminfo", "MemTotal");
  return to;
}

/// What a child writes into its pipe.
std::string run_part(const bench_part& part) {
  auto to = json{};
  const auto measured = part();
  if (measured)
    to["figures"] = *measured;
  else
    to["problem"] = runtime::render_json(measured.error());
  return to.dump();
}

std::string read_all(int descriptor) {
  auto text = std::string{};
  char buffer[4096];
  for (;;) {
    const auto size = ::read(descriptor, buffer, sizeof buffer);
    if (size <= 0)
      return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

[[noreturn]] void be_child(int descriptor, const bench_part& part) {
  const auto text = run_part(part);
  for (std::size_t at = 0; at < text.size();) {
    const auto size = ::write(descriptor, text.data() + at, text.size() - at);
    if (size <= 0)
      std::_Exit(1);
    at += static_cast<std::size_t>(size);
  }
  std::_Exit(0);
}

/// The figures of one part, with its memory and the noise around it.
outcome<json> measure_part(const bench_part& part) {
  int ends[2];
  if (::pipe(ends) != 0)
    return fail(problem_kind::unavailable, "cannot make a pipe");
  const auto before = read_machine_ticks();
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_child(ends[1], part);
  }
  ::close(ends[1]);
  const auto text = read_all(ends[0]);
  ::close(ends[0]);
  auto status = 0;
  auto usage = rusage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child)
    return fail(problem_kind::unavailable, "cannot start a process");
  const auto after = read_machine_ticks();
  const auto answer = json::parse(text, nullptr, false);
  if (!answer.is_object())
    return fail(problem_kind::failed, "the measured process died");
  if (answer.contains("problem"))
    return fail(problem_kind::failed, answer["problem"].get<std::string>());
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto total = std::max(after.total - before.total, 1.0);
  const auto own = cpu_seconds(usage) * ticks_per_second;
  auto figures = answer["figures"];
  figures["peak_rss_mib"] = static_cast<double>(usage.ru_maxrss) / 1024.0;
  figures["other_cpu"]
    = std::clamp((after.busy - before.busy - own) / total, 0.0, 1.0);
  return figures;
}

/// All parts of a run as one; the noise is the largest of theirs.
void join_into(json& run, const json& part) {
  for (const auto& [key, value] : part.items()) {
    if (key == "other_cpu" && run.contains(key))
      run[key] = std::max(run[key].get<double>(), value.get<double>());
    else
      run[key] = value;
  }
}

json median_of(const std::vector<json>& runs) {
  auto median = json{};
  for (const auto& [key, first] : runs.front().items()) {
    if (!first.is_number_float()) {
      median[key] = first;
      continue;
    }
    auto values = std::vector<double>{};
    for (const auto& run : runs)
      values.push_back(run[key].get<double>());
    std::sort(values.begin(), values.end());
    median[key] = values[values.size() / 2];
  }
  return median;
}

} // namespace

double seconds_now() {
  return std::chrono::duration<double>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

outcome<json> measure(const bench_settings& settings,
                      const std::vector<bench_part>& parts) {
  auto runs = std::vector<json>(settings.runs);
  for (auto& run : runs)
    for (const auto& part : parts) {
      const auto measured = measure_part(part);
      if (!measured)
        return fail(measured.error());
      join_into(run, *measured);
    }
  auto to = json{};
  to["workload"] = settings.workload;
  to["mode"] = settings.mode;
  to["commit"] = TROUPE_COMMIT;
  to["settings"] = settings.settings;
  to["machine"] = machine();
  to["runs"] = settings.runs;
  to["median"] = median_of(runs);
  to["each"] = runs;
  return to;
}

} // namespace troupe::tools
