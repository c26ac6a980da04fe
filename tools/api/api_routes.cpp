#include "tools/api/api_routes.hpp"

#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::http_method;
using runtime::http_reply;
using runtime::problem_reply;

namespace {

constexpr auto not_ready = 503;

/// A node is ready if it knows who leads, and that one answers.
http_reply answer_ready(const api_services& with) {
  auto ready = json{{"status", "ready"}};
  if (!with.node.empty()) {
    const auto cluster = with.engine.cluster();
    if (!cluster)
      return problem_reply(cluster.error(), not_ready);
    if (cluster->leader().empty())
      return problem_reply(
        runtime::fail(runtime::problem_kind::unavailable,
                      "no node leads, as far as node " + with.node + " knows",
                      "see GET /v1/cluster")
          .value(),
        not_ready);
    ready["leader"] = cluster->leader();
  }
  const auto status = with.engine.status(with.ready_patience);
  return status ? reply_with(ready) : problem_reply(status.error(), not_ready);
}

http_reply answer_metrics(const api_services& with) {
  auto figures = api_figures{};
  // The engine's are those of the node that has it, or they would count twice.
  auto has_engine = true;
  if (!with.node.empty()) {
    if (auto load = with.engine.cluster_load(true))
      figures.cluster = std::move(*load);
    has_engine
      = figures.cluster && figures.cluster->status().leader() == with.node;
  }
  if (has_engine) {
    // During a takeover there are none yet, and the rest is wanted all the
    // more.
    if (auto status = with.engine.status(with.ready_patience))
      figures.engine = std::move(*status);
    if (auto deadlines = with.readers.with(
          [](engine::recorded_runs& runs) { return runs.deadlines(); }))
      figures.deadlines = *deadlines;
  }
  figures.connections = with.connections();
  figures.waiting = with.engine.waiting();
  auto reply = http_reply{};
  reply.status = 200;
  reply.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  reply.body = with.metrics.render(figures);
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
  add_cluster_routes(routes, services);
  return routes;
}

} // namespace troupe::tools
