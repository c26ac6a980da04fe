#pragma once

#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::tests {

/// A server in a folder of its own, and commands that ask it.
struct served_store : refusing_program {
  std::string store = (folder() / "runs.db").string();
  program server;

  /// With more arguments for the server.
  explicit served_store(std::vector<std::string> more = {})
    : server{arguments_of(store, std::move(more)), folder() / "server.txt"} {
    await_socket();
  }

  static std::vector<std::string> arguments_of(const std::string& store,
                                               std::vector<std::string> more) {
    more.insert(more.begin(), {"server", "--store", store, "--listen", "none"});
    return more;
  }

  /// Until a server answers.
  void await_socket() const {
    for (auto i = 0; i < 2'000 && !std::filesystem::exists(store + ".sock");
         ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }

  [[nodiscard]] program_result
  troupe(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", store});
    return run_program(run(std::move(arguments)));
  }

  [[nodiscard]] nlohmann::json read(std::vector<std::string> arguments,
                                    int exit_code = 0) const {
    arguments.insert(arguments.end(), {"--output", "json"});
    const auto result = troupe(std::move(arguments));
    INFO(result.err);
    REQUIRE(result.exit_code == exit_code);
    return nlohmann::json::parse(result.out);
  }
};

} // namespace troupe::tests
