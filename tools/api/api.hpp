#pragma once

#include "runtime/http/http_admission.hpp"
#include "runtime/http/http_route.hpp"
#include "runtime/problem.hpp"
#include "tools/api/engine_line.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tools {

struct api_options {
  runtime::listen_address at;
  /// Where runs are looked up; empty: not here.
  std::string store;
  /// Which node of a cluster this is; empty: none.
  std::string node;
  std::string token;
  /// The document of the API, as JSON.
  std::string openapi;
  std::string version;
  std::size_t body_bytes_max = std::size_t{8} << 20;
  std::size_t connections_max = 128;
  /// How long the engine may take to answer.
  std::chrono::milliseconds patience{30'000};
  /// The same for the question whether all is ready.
  std::chrono::milliseconds ready_patience{30'000};
};

/// The HTTP API of an engine, wherever it is, on its own threads.
class api {
public:
  /// Errors as http_server::start.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<api>>
  start(const open_engine_line& engine, api_options options);

  api(const api&) = delete;
  api& operator=(const api&) = delete;

  /// Whoever waits for the engine is told that the server is stopping.
  ~api();

  [[nodiscard]] const runtime::listen_address& address() const noexcept;

  /// All that can be asked for.
  [[nodiscard]] std::vector<runtime::http_route> routes() const;

private:
  struct state;

  explicit api(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::tools
