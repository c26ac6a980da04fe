#include "tools/api/api_metrics.hpp"

namespace troupe::tools {

namespace {

/// What no route takes, under one name: paths come from outside.
constexpr auto no_route = "none";

} // namespace

api_metrics::api_metrics() = default;

void api_metrics::count(const std::string& method, const std::string& route,
                        int status, std::chrono::nanoseconds took) {
  const auto& shown = route.empty() ? no_route : route;
  if (const auto requests
      = registry_.get_counter({"troupe_http_requests_total",
                               "Requests by route and status",
                               {"method", "route", "status"}},
                              {method, shown, std::to_string(status)}))
    requests->increment();
  if (const auto durations
      = registry_.get_histogram({"troupe_http_request_duration_seconds",
                                 "From the headers of a request to its reply",
                                 {"method", "route"}},
                                runtime::duration_buckets(), {method, shown}))
    durations->observe(std::chrono::duration<double>{took}.count());
}

void api_metrics::show(const std::string& name, const std::string& help,
                       double value) {
  if (const auto shown = registry_.get_gauge({name, help, {}}))
    shown->set(value);
}

std::string
api_metrics::render(const std::optional<messages::EngineStatus>& engine,
                    std::size_t connections, std::size_t waiting,
                    const std::optional<engine::deadline_figures>& deadlines) {
  show("troupe_engine_up", "1 if the engine answers, else 0", engine ? 1 : 0);
  show("troupe_http_connections", "Connections that are open",
       static_cast<double>(connections));
  show("troupe_http_waiting_requests", "Requests that wait for a run's end",
       static_cast<double>(waiting));
  if (engine) {
    show("troupe_engine_open_runs", "Runs that are not over",
         static_cast<double>(engine->open_runs()));
    show("troupe_engine_ready_tasks", "Tasks that any worker may have",
         static_cast<double>(engine->ready_tasks()));
    show("troupe_engine_hosts", "Hosts of activities",
         static_cast<double>(engine->hosts()));
    show("troupe_engine_epoch", "Which life of the engine this is",
         static_cast<double>(engine->epoch()));
  }
  if (deadlines) {
    show("troupe_runs_near_deadline", "Open runs whose deadline is near",
         static_cast<double>(deadlines->near));
    show("troupe_runs_overdue", "Open runs past their deadline",
         static_cast<double>(deadlines->overdue));
    show("troupe_runs_deadline_missed", "Runs that are kept and missed theirs",
         static_cast<double>(deadlines->missed));
  }
  if (const auto figures = runtime::read_process_figures()) {
    const auto guard = std::lock_guard{mutex_};
    process_.update(*figures);
  }
  return registry_.render();
}

} // namespace troupe::tools
