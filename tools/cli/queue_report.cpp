#include "tools/cli/queue_report.hpp"

#include "actors/engine/workflow_words.hpp"
#include "runtime/instant.hpp"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace troupe::tools {

using messages::QueueReport;
using json = nlohmann::ordered_json;

namespace {

std::string render_time(std::int64_t at) {
  return runtime::to_string(runtime::from_microseconds(at));
}

std::string name_of_class(std::uint32_t priority) {
  for (const auto& each : engine::priority_words)
    if (static_cast<std::uint32_t>(each.value) == priority)
      return std::string{each.text};
  return std::to_string(priority);
}

json to_json(const messages::QueueHold& hold) {
  return json{{"by", hold.by()},
              {"reason", hold.reason()},
              {"since", render_time(hold.since())}};
}

json to_json(const QueueReport::Class& of) {
  auto to = json{{"class", name_of_class(of.priority())},
                 {"ready", of.ready()},
                 {"under_way", of.under_way()}};
  if (of.oldest() != 0)
    to["oldest"] = render_time(of.oldest());
  // Their order in the message is nobody's.
  auto runs
    = std::map<std::string, std::uint64_t>{of.runs().begin(), of.runs().end()};
  to["runs"] = json::object();
  for (const auto& [status, count] : runs)
    to["runs"][status] = count;
  return to;
}

/// Their order in the message is nobody's.
std::map<std::string, std::string> labels_of(const QueueReport::Worker& of) {
  return {of.labels().begin(), of.labels().end()};
}

json to_json(const QueueReport::Worker& worker) {
  auto to = json{{"id", worker.id()},
                 {"node", worker.node()},
                 {"under_way", worker.under_way()},
                 {"credit", worker.credit()},
                 {"resources", json::object()}};
  for (const auto& each : worker.resources())
    to["resources"][each.name()]
      = json{{"in_use", each.in_use()}, {"total", each.total()}};
  to["labels"] = labels_of(worker);
  to["is_held"] = worker.is_held();
  return to;
}

json to_json(const QueueReport::Placed& of) {
  auto to = json{{"rules", of.rules()},
                 {"ready", of.ready()},
                 {"oldest", render_time(of.oldest())},
                 {"reason", of.reason()},
                 {"steps", json::array()}};
  for (const auto& each : of.steps())
    to["steps"].push_back(json{{"run", each.run()}, {"step", each.step()}});
  return to;
}

/// "2 tasks wait for gpu=true, since ...: no worker has the label gpu=true".
std::string render(const QueueReport::Placed& of) {
  return std::to_string(of.ready()) + (of.ready() == 1 ? " task" : " tasks")
         + " for workers with " + of.rules() + ", the oldest waits since "
         + render_time(of.oldest())
         + (of.reason().empty() ? "" : ": " + of.reason()) + "\n";
}

/// "3 of 4 gpu"; processors are counted whole, memory in bytes.
std::string render(const QueueReport::Resource& of) {
  char text[96];
  if (of.name() == "cpu")
    std::snprintf(text, sizeof text, "%.3g of %.3g cpu",
                  static_cast<double>(of.in_use()) / 1e3,
                  static_cast<double>(of.total()) / 1e3);
  else if (of.name() == "memory")
    std::snprintf(text, sizeof text, "%.1f of %.1f GiB memory",
                  static_cast<double>(of.in_use()) / (1 << 30),
                  static_cast<double>(of.total()) / (1 << 30));
  else
    return std::to_string(of.in_use()) + " of " + std::to_string(of.total())
           + " " + of.name();
  return text;
}

std::string render(const char* what, const messages::QueueHold& hold) {
  return std::string{what} + (hold.by().empty() ? "" : " by " + hold.by())
         + ", since " + render_time(hold.since())
         + (hold.reason().empty() ? "" : ": " + hold.reason()) + "\n";
}

std::string render(const QueueReport::Class& of) {
  auto text = "  " + name_of_class(of.priority()) + ": "
              + std::to_string(of.ready()) + " ready, "
              + std::to_string(of.under_way()) + " under way";
  if (of.oldest() != 0)
    text += ", the oldest waits since " + render_time(of.oldest());
  const auto runs
    = std::map<std::string, std::uint64_t>{of.runs().begin(), of.runs().end()};
  auto list = std::string{};
  for (const auto& [status, count] : runs)
    list += (list.empty() ? "; runs: " : ", ") + std::to_string(count) + " "
            + status;
  return text + list + "\n";
}

std::string render_limits(const QueueReport& report) {
  auto text = std::string{};
  if (report.running_max() != 0)
    text += "runs at once: " + std::to_string(report.runs_running()) + " of "
            + std::to_string(report.running_max()) + ", "
            + std::to_string(report.runs_waiting()) + " wait for their turn\n";
  if (report.submissions_per_minute() != 0)
    text += "submissions: at most "
            + std::to_string(report.submissions_per_minute())
            + " in a minute\n";
  const auto refused = report.refused_full() + report.refused_rate();
  if (refused != 0)
    text += "refused since the start: " + std::to_string(report.refused_full())
            + " for want of room, " + std::to_string(report.refused_rate())
            + " beyond the rate\n"
            + render("  the last one was asked for", report.last_refusal());
  return text;
}

} // namespace

std::string render_queue(const QueueReport& report) {
  auto text = std::to_string(report.pending()) + " of "
              + std::to_string(report.pending_max()) + " tasks wait\n";
  if (report.has_paused())
    text += render("paused", report.paused());
  if (report.has_held())
    text += render("nothing new begins", report.held());
  for (const auto& each : report.classes())
    if (each.ready() + each.under_way() != 0 || !each.runs().empty())
      text += render(each);
  if (report.has_taken_per_second() && report.has_estimated_wait_ms()) {
    char rate[96];
    std::snprintf(rate, sizeof rate,
                  "%.3g tasks per second begin; one that comes now in about "
                  "%.3g s\n",
                  report.taken_per_second(),
                  static_cast<double>(report.estimated_wait_ms()) / 1e3);
    text += rate;
  }
  for (const auto& worker : report.workers()) {
    text += "worker " + std::to_string(worker.id())
            + (worker.node().empty() ? "" : " on node " + worker.node()) + ": "
            + std::to_string(worker.under_way()) + " under way, room for "
            + std::to_string(worker.credit()) + " more";
    for (const auto& each : worker.resources())
      text += ", " + render(each);
    for (const auto& [name, value] : labels_of(worker))
      text += ", " + name + "=" + value;
    text += worker.is_held() ? ", gets nothing new\n" : "\n";
  }
  for (const auto& each : report.placed())
    text += render(each);
  for (const auto& key : report.keys())
    text += "key " + key.key() + ": " + std::to_string(key.running()) + " of "
            + std::to_string(key.limit()) + " go, "
            + std::to_string(key.waiting()) + " wait\n";
  return text + render_limits(report);
}

json to_json(const QueueReport& report) {
  auto to = json{{"pending", report.pending()},
                 {"pending_max", report.pending_max()},
                 {"is_paused", report.has_paused()}};
  if (report.has_paused())
    to["paused"] = to_json(report.paused());
  if (report.has_held())
    to["held"] = to_json(report.held());
  for (const auto* key : {"classes", "workers", "placed", "keys"})
    to[key] = json::array();
  for (const auto& each : report.classes())
    to["classes"].push_back(to_json(each));
  for (const auto& each : report.workers())
    to["workers"].push_back(to_json(each));
  for (const auto& each : report.placed())
    to["placed"].push_back(to_json(each));
  for (const auto& each : report.keys())
    to["keys"].push_back(json{{"key", each.key()},
                              {"limit", each.limit()},
                              {"running", each.running()},
                              {"waiting", each.waiting()}});
  to["keys_total"] = report.keys_total();
  if (report.has_taken_per_second())
    to["taken_per_second"] = report.taken_per_second();
  if (report.has_estimated_wait_ms())
    to["estimated_wait_ms"] = report.estimated_wait_ms();
  to["limits"] = json::object();
  if (report.running_max() != 0)
    to["limits"]["runs"] = json{{"max", report.running_max()},
                                {"running", report.runs_running()},
                                {"waiting", report.runs_waiting()}};
  if (report.submissions_per_minute() != 0)
    to["limits"]["submissions_per_minute"] = report.submissions_per_minute();
  to["refused"]
    = json{{"full", report.refused_full()}, {"rate", report.refused_rate()}};
  if (report.has_last_refusal())
    to["refused"]["last"] = to_json(report.last_refusal());
  return to;
}

} // namespace troupe::tools
