#pragma once

#include "actors/engine/local_engine.hpp"
#include "runtime/http/http_client.hpp"
#include "tests/support/places.hpp"
#include "tools/api/api.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace troupe::tests {

struct api_answer {
  int status = 0;
  nlohmann::json body; ///< Null if it is no JSON.
  runtime::http_reply reply;
};

/// An engine over a new store with its API.
class served_api {
public:
  static constexpr auto token = "0123456789abcdef";

  explicit served_api(std::size_t body_bytes_max = std::size_t{1} << 20);

  /// Asks on a connection of its own; the token is sent along.
  [[nodiscard]] api_answer ask(runtime::http_method method,
                               const std::string& path, std::string body = {},
                               std::string type = "application/json") const;

  [[nodiscard]] api_answer get(const std::string& path) const {
    return ask(runtime::http_method::get, path);
  }

  [[nodiscard]] api_answer post(const std::string& path,
                                const nlohmann::json& body) const {
    return ask(runtime::http_method::post, path, body.dump());
  }

  [[nodiscard]] runtime::http_request request(runtime::http_method method,
                                              const std::string& path) const;

  /// The same to another one, with that token.
  [[nodiscard]] static runtime::http_request
  request_to(const tools::api& to, runtime::http_method method,
             const std::string& path);

  [[nodiscard]] static api_answer send(const runtime::http_request& request);

  [[nodiscard]] tools::api& api() {
    return *api_;
  }

  /// Ends the server; the engine goes on.
  void stop() {
    api_.reset();
  }

private:
  temporary_folder folder_;
  std::unique_ptr<engine::local_engine> engine_;
  std::unique_ptr<tools::api> api_;
};

} // namespace troupe::tests
