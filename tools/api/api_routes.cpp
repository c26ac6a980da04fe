#include "tools/api/api_routes.hpp"

#include <optional>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::http_method;
using runtime::http_reply;
using runtime::problem_reply;

namespace {

http_reply answer_ready(const api_services& with) {
  const auto status = with.engine.status();
  return status ? reply_with(json{{"status", "ready"}})
                : problem_reply(status.error(), 503);
}

http_reply answer_metrics(const api_services& with) {
  auto standing = std::optional<messages::EngineStatus>{};
  if (auto status = with.engine.status())
    standing = std::move(*status);
  auto reply = http_reply{};
  reply.status = 200;
  reply.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  auto deadlines = std::optional<engine::deadline_figures>{};
  if (auto figures = with.readers.with(
        [](engine::recorded_runs& runs) { return runs.deadlines(); }))
    deadlines = *figures;
  reply.body = with.metrics.render(standing, with.connections(),
                                   with.engine.waiting(), deadlines);
  return reply;
}

http_reply answer_engine(const api_services& with) {
  const auto status = with.engine.status();
  if (!status)
    return problem_reply(status.error());
  return reply_with(json{{"version", with.version},
                         {"epoch", status->epoch()},
                         {"open_runs", status->open_runs()},
                         {"ready_tasks", status->ready_tasks()},
                         {"hosts", status->hosts()}});
}

} // namespace

std::vector<api_route> make_api_routes(api_services& services) {
  auto routes = std::vector<api_route>{
    {{http_method::get, "/healthz"},
     [](const api_call&) {
       return reply_with(json{{"status", "ok"}});
     }},
    {{http_method::get, "/readyz"},
     [&](const api_call&) { return answer_ready(services); }},
    {{http_method::get, "/openapi.json"},
     [&](const api_call&) { return runtime::json_reply(services.openapi); }},
    {{http_method::get, "/metrics"},
     [&](const api_call&) { return answer_metrics(services); }},
    {{http_method::get, "/v1/engine"},
     [&](const api_call&) { return answer_engine(services); }},
  };
  add_workflow_routes(routes, services);
  add_run_routes(routes, services);
  add_queue_routes(routes, services);
  return routes;
}

} // namespace troupe::tools
