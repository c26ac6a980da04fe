#include "tools/cli/bench_server.hpp"

#include "tools/cli/bench_jobs.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using namespace std::chrono_literals;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

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
  auto started = bench_process::start(
    {"server", "--store", store_, "--jobs", std::to_string(jobs_), "--pending",
     std::to_string(pending_), "--listen", "none"});
  if (!started)
    return fail(started.error());
  process_ = std::move(*started);
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
  process_.kill();
  return spawn();
}

bench_server::~bench_server() {
  client_.reset();
  process_.stop();
  auto ignored = std::error_code{};
  for (const auto* suffix : {"", "-wal", "-shm", ".lock", ".sock"})
    fs::remove(store_ + suffix, ignored);
}

outcome<void> bench_server::drain() {
  return await_all_runs(*client_);
}

} // namespace troupe::tools
