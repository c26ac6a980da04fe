#include "tools/api/api.hpp"

#include "runtime/http/http_server.hpp"
#include "tools/api/api_routes.hpp"

#include <atomic>
#include <optional>
#include <utility>

namespace troupe::tools {

using runtime::http_reply;
using runtime::http_request;
using runtime::outcome;
using runtime::problem_kind;

namespace {

using std::chrono::steady_clock;

http_reply refusal(int status, std::string message, std::string hint) {
  return runtime::problem_reply(
    runtime::fail(status == 404 ? problem_kind::not_found
                                : problem_kind::invalid_input,
                  std::move(message), std::move(hint))
      .value(),
    status);
}

http_reply no_route(const runtime::route_match& found) {
  constexpr auto hint = "see /openapi.json";
  if (found.methods.empty())
    return refusal(404, "there is nothing at this path", hint);
  auto allowed = std::string{};
  for (const auto method : found.methods)
    allowed += (allowed.empty() ? "" : ", ") + std::string{to_string(method)};
  auto reply = refusal(405, "this path takes " + allowed, hint);
  reply.headers.push_back({"Allow", allowed});
  return reply;
}

} // namespace

struct api::state {
  api_options options;
  runtime::http_admission rules;
  engine_port port;
  run_readers readers;
  api_metrics metrics;
  api_services services;
  std::vector<api_route> answers;
  std::vector<runtime::http_route> routes;
  /// The server, once it is there: its threads may be ahead of us.
  std::atomic<const runtime::http_server*> running{nullptr};
  // Last, so that it ends before what its threads use.
  std::unique_ptr<runtime::http_server> server;

  state(const open_engine_line& engine, api_options from)
    : options{std::move(from)}, port{engine, options.patience},
      readers{options.store}, metrics{options.node},
      services{port,
               readers,
               metrics,
               options.openapi,
               options.version,
               options.node,
               options.ready_patience,
               [this] {
                 const auto* const here = running.load();
                 return here == nullptr ? 0 : here->connections();
               }},
      answers{make_api_routes(services)} {
    rules.token = options.token;
    rules.open_paths = {"/healthz", "/readyz", "/openapi.json"};
    rules.body_bytes_max = options.body_bytes_max;
    rules.content_types = {"application/json", "application/yaml",
                           "application/x-yaml", "text/yaml", "text/x-yaml"};
    for (const auto& each : answers)
      routes.push_back(each.route);
  }

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  std::optional<http_reply> admit(const http_request& head) {
    const auto begun = steady_clock::now();
    auto refused = refuse(rules, head);
    if (refused)
      metrics.count(std::string{to_string(head.method)}, {}, refused->status,
                    steady_clock::now() - begun);
    return refused;
  }

  http_reply answer(const http_request& request) {
    const auto begun = steady_clock::now();
    auto route = std::string{};
    auto reply = find_answer(request, route);
    metrics.count(std::string{to_string(request.method)}, route, reply.status,
                  steady_clock::now() - begun);
    return reply;
  }

  http_reply find_answer(const http_request& request, std::string& route) {
    auto target = runtime::parse_target(request.url);
    if (!target)
      return runtime::problem_reply(target.error(), 400);
    auto found = find_route(routes, request.method, *target);
    if (found.index == routes.size())
      return no_route(found);
    route = routes[found.index].path;
    return answers[found.index].answer(
      api_call{request, std::move(found.names), std::move(target->query)});
  }
};

api::api(std::unique_ptr<state> made) : state_{std::move(made)} {}

api::~api() {
  state_->port.stop();
}

outcome<std::unique_ptr<api>> api::start(const open_engine_line& engine,
                                         api_options options) {
  auto made = std::make_unique<state>(engine, std::move(options));
  auto from = runtime::http_server_options{};
  from.at = made->options.at;
  from.connections_max = made->options.connections_max;
  from.admit
    = [to = made.get()](const http_request& head) { return to->admit(head); };
  // Its stop is heard of through the port, where all that lasts waits.
  from.answer
    = [to = made.get()](const http_request& request, const std::stop_token&) {
        return to->answer(request);
      };
  auto server = runtime::http_server::start(std::move(from));
  if (!server)
    return runtime::fail(server.error());
  made->server = std::move(*server);
  made->running = made->server.get();
  return std::unique_ptr<api>{new api{std::move(made)}};
}

const runtime::listen_address& api::address() const noexcept {
  return state_->server->address();
}

std::vector<runtime::http_route> api::routes() const {
  return state_->routes;
}

} // namespace troupe::tools
