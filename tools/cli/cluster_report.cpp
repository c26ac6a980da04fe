#include "tools/cli/cluster_report.hpp"

#include "tools/cli/text_table.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

using messages::ClusterLoad;
using messages::NodeFigures;
using messages::NodeLoad;
using messages::QueueReport;

constexpr auto million = 1e6;

const NodeLoad* find(const ClusterLoad& in, const std::string& name) {
  for (const auto& each : in.nodes())
    if (each.name() == name)
      return &each;
  return nullptr;
}

/// Of a counter that the process did not begin anew.
std::optional<double> rate(std::uint64_t before, std::uint64_t now,
                           double seconds) {
  if (now < before || seconds <= 0)
    return std::nullopt;
  return static_cast<double>(now - before) / seconds;
}

std::string number(double value, const char* unit = "") {
  auto text = std::array<char, 48>{};
  std::snprintf(text.data(), text.size(),
                value != 0 && value < 100 ? "%.1f%s" : "%.0f%s", value, unit);
  return text.data();
}

std::string cell(const std::optional<double>& value, const char* unit = "") {
  return value ? number(*value, unit) : "-";
}

std::string part(std::uint64_t of, std::uint64_t total) {
  return std::to_string(of) + "/" + std::to_string(total);
}

double milliseconds(std::uint64_t microseconds) {
  constexpr auto thousand = 1e3;
  return static_cast<double>(microseconds) / thousand;
}

struct queue_sums {
  std::uint64_t ready = 0;
  std::uint64_t under_way = 0;
  std::map<std::string, std::uint64_t> runs; ///< By status.
  std::uint64_t open = 0;
};

queue_sums sums_of(const QueueReport& queue) {
  auto sums = queue_sums{};
  for (const auto& each : queue.classes()) {
    sums.ready += each.ready();
    sums.under_way += each.under_way();
    for (const auto& [status, count] : each.runs()) {
      sums.runs[status] += count;
      sums.open += count;
    }
  }
  return sums;
}

std::string render_queue_line(const load_samples& samples) {
  const auto& now = samples.now;
  if (!now.has_queue())
    return "queue: not known, " + now.queue_problem() + "\n";
  const auto sums = sums_of(now.queue());
  auto text = "queue: " + std::to_string(sums.ready) + " steps ready, "
              + std::to_string(sums.under_way) + " under way; "
              + std::to_string(sums.open) + " runs open";
  for (const auto& [status, count] : sums.runs)
    text += ", " + std::to_string(count) + " " + status;
  text += "; runs per second: " + cell(runs_per_second(samples));
  if (now.queue().has_paused())
    text += "; paused";
  if (now.queue().has_held())
    text += "; nothing new begins: " + now.queue().held().reason();
  return text + "\n";
}

std::vector<std::string> cells_of(const load_samples& samples, int place) {
  constexpr auto percent = 100.0;
  const auto& load = samples.now.nodes(place);
  const auto& figures = load.figures();
  const auto rates = rates_of(samples, place);
  const auto cpu
    = rates.cpu ? std::optional{*rates.cpu * percent} : std::nullopt;
  const auto memory
    = figures.has_resident_bytes()
        ? std::optional{static_cast<double>(figures.resident_bytes()) / million}
        : std::nullopt;
  return {
    cell(cpu, "%") + " of " + std::to_string(figures.processors()),
    cell(memory, " MB"),
    figures.has_steps()
      ? part(figures.steps().running(), figures.steps().places())
      : "-",
    cell(rates.steps),
    figures.has_slots() ? part(figures.slots().busy(), figures.slots().total())
                        : "-",
    cell(rates.tasks),
    std::to_string(figures.links()),
    number(milliseconds(figures.lateness_us()), " ms"),
    number(milliseconds(load.round_trip_us()), " ms"),
  };
}

json rates_in(const node_rates& rates) {
  const auto rounded = [](double value) {
    constexpr auto thousand = 1e3;
    return std::round(value * thousand) / thousand;
  };
  auto to = json::object();
  if (rates.cpu)
    to["cpu"] = rounded(*rates.cpu);
  if (rates.steps)
    to["steps_per_second"] = rounded(*rates.steps);
  if (rates.tasks)
    to["tasks_per_second"] = rounded(*rates.tasks);
  return to;
}

json to_json(const NodeFigures& figures) {
  auto to = json{{"processors", figures.processors()},
                 {"lateness_us", figures.lateness_us()},
                 {"links", figures.links()}};
  if (figures.has_cpu_us())
    to["cpu_us_total"] = figures.cpu_us();
  if (figures.has_resident_bytes())
    to["resident_bytes"] = figures.resident_bytes();
  if (figures.has_steps())
    to["steps"] = json{{"running", figures.steps().running()},
                       {"places", figures.steps().places()},
                       {"ended_total", figures.steps().ended()}};
  if (figures.has_slots())
    to["slots"] = json{{"busy", figures.slots().busy()},
                       {"total", figures.slots().total()},
                       {"tasks_ended_total", figures.slots().tasks_ended()}};
  return to;
}

json queue_json(const load_samples& samples) {
  const auto& now = samples.now;
  if (!now.has_queue())
    return {{"problem", now.queue_problem()}};
  const auto sums = sums_of(now.queue());
  auto to = json{{"ready", sums.ready},
                 {"under_way", sums.under_way},
                 {"runs", json::object()},
                 {"runs_ended_total", now.queue().runs_ended()},
                 {"is_paused", now.queue().has_paused()}};
  for (const auto& [status, count] : sums.runs)
    to["runs"][status] = count;
  if (const auto runs = runs_per_second(samples))
    to["runs_per_second"] = *runs;
  return to;
}

} // namespace

std::string roles_of(const messages::ClusterNode& node) {
  if (node.is_coordinator() && node.is_worker())
    return "coordinator+worker";
  return node.is_coordinator() ? "coordinator" : "worker";
}

node_rates rates_of(const load_samples& samples, int place) {
  const auto& now = samples.now.nodes(place);
  const auto* before = find(samples.before, now.name());
  if (before == nullptr || !before->has_figures() || !now.has_figures()
      || before->figures().incarnation() != now.figures().incarnation())
    return {};
  const auto& from = before->figures();
  const auto& to = now.figures();
  const auto seconds
    = (static_cast<double>(to.at_us()) - static_cast<double>(from.at_us()))
      / million;
  auto rates = node_rates{};
  if (from.has_cpu_us() && to.has_cpu_us())
    if (const auto used = rate(from.cpu_us(), to.cpu_us(), seconds))
      rates.cpu = *used / million;
  if (from.has_steps() && to.has_steps())
    rates.steps = rate(from.steps().ended(), to.steps().ended(), seconds);
  if (from.has_slots() && to.has_slots())
    rates.tasks
      = rate(from.slots().tasks_ended(), to.slots().tasks_ended(), seconds);
  return rates;
}

std::optional<double> runs_per_second(const load_samples& samples) {
  const auto& before = samples.before;
  const auto& now = samples.now;
  if (!before.has_queue() || !now.has_queue()
      || before.status().leader() != now.status().leader()
      || before.status().epoch() != now.status().epoch())
    return std::nullopt;
  return rate(before.queue().runs_ended(), now.queue().runs_ended(),
              static_cast<double>(samples.elapsed.count()) / million);
}

std::string render_leader(const messages::ClusterStatus& status) {
  if (status.leader().empty())
    return "nobody leads, as far as is known\n";
  return "node " + status.leader() + " leads, epoch "
         + (status.epoch() == 0 ? "not known" : std::to_string(status.epoch()))
         + (status.has_failover()
              ? "; another coordinator takes over if it fails\n"
              : "; nobody takes over if it fails\n");
}

std::string render_load(const load_samples& samples) {
  const auto& status = samples.now.status();
  auto table = text_table{};
  table.head
    = {"node",  "state", "roles",   "leads", "cpu",  "memory",  "steps",
       "per s", "slots", "tasks/s", "links", "late", "answered"};
  table.left_columns = 4;
  auto silent = std::string{};
  for (const auto& node : status.nodes()) {
    const auto place = [&] {
      for (auto i = 0; i < samples.now.nodes_size(); ++i)
        if (samples.now.nodes(i).name() == node.name())
          return i;
      return -1;
    }();
    auto row
      = std::vector<std::string>{node.name(), node.state(), roles_of(node),
                                 node.name() == status.leader() ? "yes" : ""};
    if (place >= 0 && samples.now.nodes(place).has_figures()) {
      for (auto& each : cells_of(samples, place))
        row.push_back(std::move(each));
    } else if (place >= 0) {
      silent += "node " + node.name() + " did not answer: "
                + samples.now.nodes(place).problem() + "\n";
    }
    table.rows.push_back(std::move(row));
  }
  return render_leader(status) + render_queue_line(samples) + render(table)
         + silent;
}

json to_json(const load_samples& samples) {
  const auto& status = samples.now.status();
  auto to = json{{"node", status.node()}};
  to.update(leader_json(status));
  to["nodes"] = json::array();
  for (const auto& node : status.nodes()) {
    auto row = json{{"name", node.name()},
                    {"state", node.state()},
                    {"roles", roles_of(node)},
                    {"leads", node.name() == status.leader()}};
    for (auto place = 0; place < samples.now.nodes_size(); ++place) {
      const auto& load = samples.now.nodes(place);
      if (load.name() != node.name())
        continue;
      if (!load.has_figures()) {
        row["problem"] = load.problem();
        continue;
      }
      row.update(rates_in(rates_of(samples, place)));
      row.update(to_json(load.figures()));
      row["round_trip_us"] = load.round_trip_us();
    }
    to["nodes"].push_back(std::move(row));
  }
  to["queue"] = queue_json(samples);
  return to;
}

json nodes_json(const messages::ClusterStatus& status) {
  constexpr auto hundred = 100.0;
  auto nodes = json::array();
  for (const auto& each : status.nodes()) {
    auto node = json{{"name", each.name()},
                     {"state", each.state()},
                     {"roles", roles_of(each)},
                     {"incarnation", each.incarnation()},
                     {"leads", each.name() == status.leader()},
                     {"lateness_us", each.lateness_us()}};
    if (each.has_phi())
      node["phi"] = std::round(each.phi() * hundred) / hundred;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

json leader_json(const messages::ClusterStatus& status) {
  return {{"leader", status.leader()},
          {"epoch", status.epoch()},
          {"failover", status.has_failover()}};
}

json to_json(const messages::ClusterStatus& status) {
  auto all = json{{"node", status.node()}, {"safe", status.is_safe()}};
  all.update(leader_json(status));
  all["nodes"] = nodes_json(status);
  return all;
}

} // namespace troupe::tools
