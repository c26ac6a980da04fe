#include "tools/api/api_metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

namespace troupe::tools {

namespace {

/// What no route takes, under one name: paths come from outside.
constexpr auto no_route = "none";
constexpr auto label_sets_max = std::size_t{200};

} // namespace

api_metrics::api_metrics(const std::string& node)
  : registry_{label_sets_max,
              node.empty()
                ? std::map<std::string, std::string>{}
                : std::map<std::string, std::string>{{"node", node}}} {}

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
                       const std::optional<double>& value) {
  if (!value)
    return registry_.remove_gauge(name);
  if (const auto shown = registry_.get_gauge({name, help, {}}))
    shown->set(*value);
}

void api_metrics::show_engine(const api_figures& now) {
  const auto& engine = now.engine;
  const auto of = [](const auto& from, auto figure) {
    return from ? std::optional{static_cast<double>(figure(*from))}
                : std::nullopt;
  };
  show("troupe_engine_up", "1 if the engine is here and answers, else 0",
       engine ? 1 : 0);
  show("troupe_engine_open_runs", "Runs that are not over",
       of(engine, [](const auto& it) { return it.open_runs(); }));
  show("troupe_engine_ready_tasks", "Tasks that any worker may have",
       of(engine, [](const auto& it) { return it.ready_tasks(); }));
  show("troupe_engine_hosts", "Hosts of activities",
       of(engine, [](const auto& it) { return it.hosts(); }));
  show("troupe_engine_epoch", "Which life of the engine this is",
       of(engine, [](const auto& it) { return it.epoch(); }));
  show("troupe_runs_near_deadline", "Open runs whose deadline is near",
       of(now.deadlines, [](const auto& it) { return it.near; }));
  show("troupe_runs_overdue", "Open runs past their deadline",
       of(now.deadlines, [](const auto& it) { return it.overdue; }));
  show("troupe_runs_deadline_missed", "Runs that are kept and missed theirs",
       of(now.deadlines, [](const auto& it) { return it.missed; }));
}

void api_metrics::show_cluster(const messages::ClusterStatus& status) {
  show("troupe_node_is_leader", "1 if this node leads, else 0",
       status.leader() == status.node() ? 1 : 0);
  show("troupe_node_is_safe", "1 if this node keeps time, else 0",
       status.is_safe() ? 1 : 0);
  show("troupe_cluster_has_leader", "1 if a leader is known here, else 0",
       status.leader().empty() ? 0 : 1);
  show("troupe_cluster_epoch", "Of the leadership, as far as known here",
       static_cast<double>(status.epoch()));
  for (const auto* state :
       {"joining", "alive", "draining", "suspect", "dead", "left"}) {
    const auto members = std::ranges::count_if(
      status.nodes(), [&](const auto& node) { return node.state() == state; });
    if (const auto shown = registry_.get_gauge(
          {"troupe_cluster_members", "Nodes as seen from here", {"state"}},
          {state}))
      shown->set(static_cast<double>(members));
  }
}

void api_metrics::show_node(const messages::NodeFigures& figures) {
  constexpr auto million = 1e6;
  const auto count
    = [this](const char* name, const char* help, std::uint64_t total) {
        if (const auto shown = registry_.get_counter({name, help, {}}))
          shown->increment(static_cast<double>(total) - shown->value());
      };
  show("troupe_node_incarnation", "Grows with each start of the node",
       static_cast<double>(figures.incarnation()));
  show("troupe_node_lateness_seconds", "How late its own ticks were lately",
       static_cast<double>(figures.lateness_us()) / million);
  show("troupe_node_links", "Other nodes that it has a link to",
       static_cast<double>(figures.links()));
  if (figures.has_steps()) {
    show("troupe_node_steps_running", "Steps that it runs for whoever leads",
         static_cast<double>(figures.steps().running()));
    show("troupe_node_steps_places", "Steps that it may run at once",
         static_cast<double>(figures.steps().places()));
    count("troupe_node_steps_ended_total", "Steps that ran and do no more",
          figures.steps().ended());
  }
  if (figures.has_slots()) {
    show("troupe_node_slots_busy", "Processors lent that compute",
         static_cast<double>(figures.slots().busy()));
    show("troupe_node_slots", "Processors that it lends",
         static_cast<double>(figures.slots().total()));
    count("troupe_node_slot_tasks_ended_total",
          "Tasks done for scorings and simulations",
          figures.slots().tasks_ended());
  }
}

std::string api_metrics::render(const api_figures& now) {
  const auto guard = std::lock_guard{mutex_};
  show("troupe_http_connections", "Connections that are open",
       static_cast<double>(now.connections));
  show("troupe_http_waiting_requests", "Requests that wait for a run's end",
       static_cast<double>(now.waiting));
  show_engine(now);
  if (now.cluster) {
    show_cluster(now.cluster->status());
    for (const auto& node : now.cluster->nodes())
      if (node.has_figures())
        show_node(node.figures());
  }
  if (const auto figures = runtime::read_process_figures())
    process_.update(*figures);
  return registry_.render();
}

} // namespace troupe::tools
