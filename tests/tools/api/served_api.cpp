#include "tests/tools/api/served_api.hpp"

#include <stdexcept>
#include <utility>

namespace troupe::tests {

using runtime::http_method;
using runtime::http_request;

served_api::served_api(std::size_t body_bytes_max) {
  auto options = engine::local_engine_options{};
  options.store = (folder_ / "runs.db").string();
  options.threads = 2;
  auto started = engine::local_engine::start(options);
  if (!started)
    throw std::runtime_error{runtime::render(started.error())};
  engine_ = std::make_unique<engine::local_engine>(std::move(*started));
  auto from = tools::api_options{};
  from.at = {"127.0.0.1", 0};
  from.store = options.store;
  from.token = token;
  from.openapi = read_file(source_dir() / "tools/schema/api.openapi.json");
  from.version = "of a test";
  from.body_bytes_max = body_bytes_max;
  auto served = tools::api::start(tools::lines_to(*engine_), std::move(from));
  if (!served)
    throw std::runtime_error{runtime::render(served.error())};
  api_ = std::move(*served);
}

http_request served_api::request(http_method method,
                                 const std::string& path) const {
  return request_to(*api_, method, path);
}

http_request served_api::request_to(const tools::api& to, http_method method,
                                    const std::string& path) {
  auto asked = http_request{};
  asked.method = method;
  asked.url = runtime::url_of(to.address()) + path;
  asked.headers = {{"Authorization", std::string{"Bearer "} + token}};
  return asked;
}

api_answer served_api::send(const http_request& request) {
  auto client = runtime::http_client{};
  auto reply = client.send(request);
  if (!reply)
    throw std::runtime_error{runtime::render(reply.error())};
  auto answer = api_answer{};
  answer.status = reply->status;
  answer.body = nlohmann::json::parse(reply->body, nullptr, false);
  if (answer.body.is_discarded())
    answer.body = nullptr;
  answer.reply = std::move(*reply);
  return answer;
}

api_answer served_api::ask(http_method method, const std::string& path,
                           std::string body, std::string type) const {
  auto asked = request(method, path);
  asked.body = std::move(body);
  if (!asked.body.empty())
    asked.headers.push_back({"Content-Type", std::move(type)});
  return send(asked);
}

} // namespace troupe::tests
