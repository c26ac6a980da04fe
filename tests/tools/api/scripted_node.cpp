#include "tests/tools/api/scripted_node.hpp"

#include <span>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

using messages::EngineAnswer;
using messages::EngineCall;

scripted_node::scripted_node() {
  status_.set_node("a");
  status_.set_is_safe(true);
  for (const auto* name : {"a", "b", "w"}) {
    auto& node = *status_.add_nodes();
    node.set_name(name);
    node.set_is_worker(node.name() != "b");
    node.set_is_coordinator(node.name() == "b");
    node.set_state(node.name() == "w" ? "dead" : "alive");
  }
  auto options = tools::api_options{};
  options.at = {"127.0.0.1", 0};
  options.node = "a";
  options.token = served_api::token;
  options.openapi = read_file(source_dir() / "tools/schema/api.openapi.json");
  options.ready_patience = std::chrono::milliseconds{50};
  auto made = tools::api::start(
    [this](tools::engine_answers answers) -> tools::engine_line {
      return [this, answers = std::move(answers)](const std::string& payload) {
        auto call = EngineCall{};
        if (!call.ParseFromString(payload))
          return;
        if (is_silent_ && call.has_status()) {
          ++unanswered_;
          return;
        }
        const auto answer = answer_of(call).SerializeAsString();
        answers(std::span{&answer, 1});
      };
    },
    std::move(options));
  if (!made)
    throw std::runtime_error{runtime::render(made.error())};
  api_ = std::move(*made);
}

scripted_node::~scripted_node() = default;

void scripted_node::lead(const std::string& name) {
  const auto guard = std::lock_guard{mutex_};
  status_.set_leader(name);
  status_.set_epoch(4);
}

EngineAnswer scripted_node::answer_of(const EngineCall& call) {
  auto answer = EngineAnswer{};
  answer.set_id(call.id());
  const auto guard = std::lock_guard{mutex_};
  switch (call.what_case()) {
    case EngineCall::kCluster:
      *answer.mutable_cluster() = status_;
      break;
    case EngineCall::kClusterLoad: {
      auto& load = *answer.mutable_cluster_load();
      *load.mutable_status() = status_;
      load.set_queue_problem("not asked");
      auto& node = *load.add_nodes();
      node.set_name("a");
      node.set_round_trip_us(1);
      auto& figures = *node.mutable_figures();
      figures.set_links(2);
      figures.set_cpu_us(9);
      figures.set_resident_bytes(9);
      figures.mutable_steps()->set_running(5);
      figures.mutable_steps()->set_ended(70);
      figures.mutable_slots()->set_total(2);
      break;
    }
    case EngineCall::kStatus:
      answer.mutable_status()->set_open_runs(3);
      break;
    case EngineCall::kAwait:
      answer.mutable_result()->set_run_id(call.await().run_id());
      answer.mutable_result()->set_status("completed");
      break;
    default:
      answer.mutable_problem()->set_message("not in the script");
  }
  return answer;
}

api_answer scripted_node::get(const std::string& path) const {
  return served_api::send(
    served_api::request_to(*api_, runtime::http_method::get, path));
}

} // namespace troupe::tests
