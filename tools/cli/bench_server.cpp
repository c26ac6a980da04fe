#include "tools/cli/bench_server.hpp"

#include "tools/cli/bench_run.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

extern char** environ;

namespace troupe::tools {

namespace fs = std::filesystem;

using namespace std::chrono_literals;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

double pss_kib(const std::string& process) {
  auto file = std::ifstream{"/proc/" + process + "/smaps_rollup"};
  for (auto line = std::string{}; std::getline(file, line);)
    if (line.starts_with("Pss:"))
      return std::stod(line.substr(4));
  return 0.0;
}

} // namespace

bench_server::bench_server(std::string store, std::size_t jobs,
                           std::size_t pending) noexcept
  : store_{std::move(store)}, jobs_{jobs}, pending_{pending} {}

outcome<std::unique_ptr<bench_server>>
bench_server::start(const std::string& folder, std::size_t jobs,
                    std::size_t pending) {
  const auto in = folder.empty() ? fs::temp_directory_path() : fs::path{folder};
  auto store
    = (in / ("troupe-bench-" + std::to_string(::getpid()) + ".db")).string();
  auto made = std::unique_ptr<bench_server>{
    new bench_server{std::move(store), jobs, pending}};
  if (auto spawned = made->spawn(); !spawned)
    return fail(spawned.error());
  return made;
}

/// Returns when it answers.
outcome<void> bench_server::spawn() {
  auto arguments
    = std::vector<std::string>{"troupe",    "server",
                               "--store",   store_,
                               "--jobs",    std::to_string(jobs_),
                               "--pending", std::to_string(pending_),
                               "--listen",  "none"};
  auto pointers = std::vector<char*>{};
  for (auto& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  auto actions = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const auto code = posix_spawn(&id_, "/proc/self/exe", &actions, nullptr,
                                pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return fail(problem_kind::failed, "cannot start a server");
  constexpr auto tries_max = 10'000;
  for (auto i = 0; i < tries_max; ++i) {
    auto client = engine::engine_client::connect(engine::socket_of(store_));
    if (client) {
      client_ = std::make_unique<engine::engine_client>(std::move(*client));
      // It listens before it has read the store.
      if (auto status = client_->status(); !status)
        return fail(status.error());
      return {};
    }
    std::this_thread::sleep_for(1ms);
  }
  return fail(problem_kind::timeout, "the server did not start");
}

outcome<void> bench_server::crash_and_restart() {
  client_.reset();
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
  return spawn();
}

bench_server::~bench_server() {
  client_.reset();
  if (id_ > 0) {
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
  }
  auto ignored = std::error_code{};
  for (const auto* suffix : {"", "-wal", "-shm", ".lock", ".sock"})
    fs::remove(store_ + suffix, ignored);
}

outcome<void> bench_server::drain() {
  for (;;) {
    const auto status = client_->status();
    if (!status)
      return fail(status.error());
    if (status->open_runs() == 0)
      return {};
    std::this_thread::sleep_for(1ms);
  }
}

double bench_server::cpu_seconds() const {
  auto clock = clockid_t{};
  auto used = timespec{};
  constexpr auto nano = 1e-9;
  if (::clock_getcpuclockid(id_, &clock) != 0
      || ::clock_gettime(clock, &used) != 0)
    return 0.0;
  return static_cast<double>(used.tv_sec)
         + static_cast<double>(used.tv_nsec) * nano;
}

double bench_server::pss_mib() const {
  constexpr auto kib_per_mib = 1024.0;
  return (pss_kib(std::to_string(id_)) + pss_kib("self")) / kib_per_mib;
}

} // namespace troupe::tools
