#pragma once

#include "runtime/http/http_message.hpp"
#include "runtime/http/http_route.hpp"
#include "runtime/http/problem_reply.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <functional>
#include <map>
#include <string>

namespace troupe::tools {

/// A request that has found its route.
struct api_call {
  const runtime::http_request& request;
  std::map<std::string, std::string> names; ///< In the path, by its braces.
  std::map<std::string, std::string> query;
};

struct api_route {
  runtime::http_route route;
  std::function<runtime::http_reply(const api_call&)> answer;
};

/// A value, or the reply that says why there is none.
template <class T>
using api_result = tl::expected<T, runtime::http_reply>;

[[nodiscard]] inline tl::unexpected<runtime::http_reply>
refuse_call(const runtime::problem& reason, int status = 0) {
  return tl::unexpected<runtime::http_reply>{
    runtime::problem_reply(reason, status)};
}

/// Bytes that are not UTF-8 are replaced.
[[nodiscard]] inline runtime::http_reply
reply_with(const nlohmann::ordered_json& value, int status = 200) {
  using policy = nlohmann::ordered_json::error_handler_t;
  return runtime::json_reply(value.dump(-1, ' ', false, policy::replace),
                             status);
}

} // namespace troupe::tools
