#include "tools/cli/bench_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>

extern char** environ;

namespace troupe::tools {

namespace {

double memory_of(const std::string& process, const std::string& file,
                 const std::string& key) {
  constexpr auto kib_per_mib = 1024.0;
  auto from = std::ifstream{"/proc/" + process + "/" + file};
  for (auto line = std::string{}; std::getline(from, line);)
    if (line.starts_with(key))
      return std::stod(line.substr(key.size())) / kib_per_mib;
  return 0.0;
}

double pss_of(const std::string& process) {
  return memory_of(process, "smaps_rollup", "Pss:");
}

} // namespace

runtime::outcome<bench_process>
bench_process::start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "troupe");
  auto pointers = std::vector<char*>{};
  for (auto& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  auto actions = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  auto id = pid_t{-1};
  const auto code = posix_spawn(&id, "/proc/self/exe", &actions, nullptr,
                                pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return runtime::fail(runtime::problem_kind::failed,
                         "cannot start another process of this program");
  return bench_process{id};
}

void bench_process::end(int signal) noexcept {
  if (id_ <= 0)
    return;
  ::kill(id_, signal);
  ::waitpid(id_, nullptr, 0);
  id_ = -1;
}

void bench_process::stop() noexcept {
  end(SIGTERM);
}

void bench_process::kill() noexcept {
  end(SIGKILL);
}

double bench_process::cpu_seconds() const {
  auto clock = clockid_t{};
  auto used = timespec{};
  constexpr auto nano = 1e-9;
  if (::clock_getcpuclockid(id_, &clock) != 0
      || ::clock_gettime(clock, &used) != 0)
    return 0.0;
  return static_cast<double>(used.tv_sec)
         + static_cast<double>(used.tv_nsec) * nano;
}

double bench_process::pss_mib() const {
  return pss_of(std::to_string(id_));
}

double bench_process::rss_mib() const {
  return memory_of(std::to_string(id_), "status", "VmRSS:");
}

double own_pss_mib() {
  return pss_of("self");
}

} // namespace troupe::tools
