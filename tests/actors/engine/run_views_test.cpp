#include "actors/engine/local_engine.hpp"
#include "actors/engine/run_views.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

using row_texts = std::map<std::string, std::string>;

/// A row per map, by the names of the columns.
std::vector<row_texts> select(const std::string& store, const std::string& sql,
                              std::vector<std::string>* names = nullptr) {
  auto reader = runtime::snapshot_reader::open(store);
  REQUIRE(reader);
  auto rows = std::vector<row_texts>{};
  REQUIRE(reader->query(sql, {}, [&](const runtime::sqlite_row& row) {
    auto& to = rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      to[std::string{row.name(i)}] = row.text(i);
      if (names != nullptr && rows.size() == 1)
        names->emplace_back(row.name(i));
    }
  }));
  return rows;
}

std::string workflow_of(const std::string& id, const std::string& steps) {
  return R"({"apiVersion": "troupe/v1", "kind": "Workflow", "id": ")" + id
         + R"(", "priority": "high", "steps": [)" + steps + "]}";
}

constexpr auto good = R"({"id": "a", "activity": "noop",
"compensate": {"activity": "noop"}}, {"id": "b", "activity": "noop"})";

constexpr auto bad = R"({"id": "a", "activity": "signal",
"with": {"name": "go"}, "timeout": {"schedule_to_close": "1ms"}})";

using names = std::vector<std::string>;

/// Two workflows that were applied, and a run of each: one completes, the other
/// fails.
struct viewed_store {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();
  std::string completed;

  viewed_store() {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    auto engine = local_engine::start(options);
    REQUIRE(engine);
    CHECK(select(store, "SELECT * FROM orchestration_metrics").size() == 1);
    for (const auto& text :
         {workflow_of("good", good), workflow_of("bad", bad)}) {
      auto wanted = messages::ApplyWorkflow{};
      wanted.set_text(text);
      REQUIRE(engine->apply(wanted));
    }
    completed = run(*engine, workflow_of("good", good));
    run(*engine, workflow_of("bad", bad));
  }

  static std::string run(local_engine& engine, const std::string& text) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    const auto accepted = engine.submit(wanted);
    REQUIRE(accepted);
    REQUIRE(engine.await(accepted->run_id(), {}, ""));
    return accepted->run_id();
  }
};

} // namespace

TEST_CASE_METHOD(viewed_store, "workflows are shown as services") {
  auto columns = names{};
  const auto services = select(
    store, "SELECT * FROM service_registry ORDER BY service_id", &columns);
  CHECK(columns
        == names{"id", "orchestration_id", "service_id", "service_name",
                 "service_type", "priority", "health_status",
                 "resource_requirements", "dependencies", "configuration",
                 "metrics", "last_health_check", "uptime_percentage",
                 "timestamp"});
  REQUIRE(services.size() == 2);
  CHECK(services[0].at("service_id") == "bad");
  CHECK(services[0].at("health_status") == "failed");
  CHECK(services[0].at("uptime_percentage") == "0.0");
  CHECK(services[1].at("health_status") == "healthy");
  CHECK(services[1].at("priority") == "high");
  CHECK(services[1].at("timestamp").ends_with("Z"));
  CHECK(nlohmann::json::parse(services[1].at("metrics"))["completed"] == 1);
}

TEST_CASE_METHOD(viewed_store, "runs are shown as workflows") {
  auto columns = names{};
  const auto runs
    = select(store, "SELECT * FROM workflow_management ORDER BY id", &columns);
  CHECK(columns
        == names{"id", "orchestration_id", "workflow_id", "workflow_name",
                 "workflow_type", "priority", "execution_plan", "dependencies",
                 "estimated_duration", "resource_allocation",
                 "success_criteria", "rollback_plan", "status", "progress",
                 "timestamp"});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].at("workflow_id") == completed);
  CHECK(runs[0].at("workflow_name") == "good");
  CHECK(runs[0].at("priority") == "high");
  CHECK(runs[0].at("status") == "completed");
  CHECK(runs[0].at("progress") == "100.0");
  CHECK(runs[0].at("rollback_plan") == R"(["a"])");
  const auto plan = nlohmann::json::parse(runs[0].at("execution_plan"));
  REQUIRE(plan.size() == 2);
  CHECK(plan[1]["id"] == "b");
  CHECK(runs[1].at("status") == "failed");
}

TEST_CASE_METHOD(viewed_store, "the store is shown in figures") {
  auto columns = names{};
  const auto metrics
    = select(store, "SELECT * FROM orchestration_metrics", &columns);
  CHECK(columns
        == names{"id",
                 "orchestration_id",
                 "total_services",
                 "active_services",
                 "failed_services",
                 "healthy_services",
                 "warning_services",
                 "critical_services",
                 "total_workflows",
                 "completed_workflows",
                 "failed_workflows",
                 "average_response_time",
                 "resource_utilization",
                 "optimization_score",
                 "reliability_score",
                 "performance_score",
                 "cost_efficiency",
                 "quantum_enhancement_active",
                 "ai_optimization_score",
                 "timestamp"});
  REQUIRE(metrics.size() == 1);
  CHECK(metrics[0].at("total_services") == "2");
  CHECK(metrics[0].at("failed_services") == "1");
  CHECK(metrics[0].at("healthy_services") == "1");
  CHECK(metrics[0].at("total_workflows") == "2");
  CHECK(metrics[0].at("completed_workflows") == "1");
  CHECK(metrics[0].at("reliability_score") == "0.5");
  CHECK(std::stod(metrics[0].at("average_response_time")) > 0);
  CHECK(metrics[0].at("orchestration_id") == "engine-1");
}
