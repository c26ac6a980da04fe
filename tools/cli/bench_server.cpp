#include "tools/cli/bench_server.hpp"

#include "tools/cli/bench_run.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
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

bench_server::bench_server(pid_t id, std::string store) noexcept
  : id_{id}, store_{std::move(store)} {}

outcome<std::unique_ptr<bench_server>>
bench_server::start(const std::string& folder, std::size_t jobs) {
  const auto in = folder.empty() ? fs::temp_directory_path() : fs::path{folder};
  auto store
    = (in / ("troupe-bench-" + std::to_string(::getpid()) + ".db")).string();
  auto arguments = std::vector<std::string>{
    "troupe",    "server",  "--store",  store, "--jobs", std::to_string(jobs),
    "--pending", "1000000", "--listen", "none"};
  auto pointers = std::vector<char*>{};
  for (auto& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  auto id = pid_t{};
  auto actions = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const auto code = posix_spawn(&id, "/proc/self/exe", &actions, nullptr,
                                pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return fail(problem_kind::failed, "cannot start a server");
  auto made = std::unique_ptr<bench_server>{new bench_server{id, store}};
  constexpr auto tries_max = 500;
  for (auto i = 0; i < tries_max; ++i) {
    auto client = engine::engine_client::connect(engine::socket_of(store));
    if (client) {
      made->client_
        = std::make_unique<engine::engine_client>(std::move(*client));
      return made;
    }
    std::this_thread::sleep_for(10ms);
  }
  return fail(problem_kind::timeout, "the server did not start");
}

bench_server::~bench_server() {
  client_.reset();
  ::kill(id_, SIGTERM);
  ::waitpid(id_, nullptr, 0);
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

double bench_server::pss_mib() const {
  constexpr auto kib_per_mib = 1024.0;
  return (pss_kib(std::to_string(id_)) + pss_kib("self")) / kib_per_mib;
}

} // namespace troupe::tools
