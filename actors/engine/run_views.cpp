#include "actors/engine/run_views.hpp"

#include "runtime/store/transactions.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace troupe::engine {

using json = nlohmann::json;

namespace {

/// Words that the databases do not share. Functions for JSON are not allowed in
/// views of SQLite (trusted_schema=OFF), hence the parts.
enum class view_words { sqlite, postgres };

std::string time_of(view_words words, const std::string& micros) {
  if (words == view_words::postgres)
    return "to_char(to_timestamp(" + micros
           + " / 1000000.0) AT TIME ZONE 'UTC',"
             " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
  return "strftime('%Y-%m-%dT%H:%M:%fZ', " + micros
         + " / 1000000.0, 'unixepoch')";
}

/// How many rows fulfil the condition, which is a number for SQLite.
std::string count_of(view_words words, const std::string& condition) {
  if (words == view_words::postgres)
    return "sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END)";
  return "sum(" + condition + ")";
}

std::string whole_part(view_words words, const std::string& number) {
  if (words == view_words::postgres)
    return "CAST(trunc(" + number + ") AS BIGINT)";
  return "CAST(" + number + " AS INTEGER)";
}

/// A number for each workflow.
std::string row_number(view_words words) {
  return words == view_words::postgres
           ? "row_number() OVER (ORDER BY w.workflow_id)"
           : "w.rowid";
}

/// Whose engine this is: it grows with each start.
constexpr auto orchestration
  = "'engine-' || (SELECT coalesce(max(epoch), 0) FROM engine_epochs)";

/// What became of the runs of each workflow.
std::string outcomes(view_words words) {
  return "SELECT workflow_id, count(*) AS runs, "
         + count_of(words, "is_over = 0") + " AS open, "
         + count_of(words, "status = 'completed'") + " AS completed, "
         + count_of(words, "status IN ('failed', 'compensated')")
         + " AS failed,"
           " max(updated_at) AS updated_at,"
           " max(CASE WHEN status = 'completed' THEN number END)"
           " AS last_completed,"
           " max(CASE WHEN status IN ('failed', 'compensated') THEN number END)"
           " AS last_failed,"
           " avg(CASE WHEN status = 'completed' THEN (updated_at - "
           "submitted_at)"
           " / 1000000.0 END) AS seconds"
           " FROM engine_runs GROUP BY workflow_id";
}

std::string priority_of(const std::string& number) {
  return "CASE " + number
         + " WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'normal'"
           " WHEN 3 THEN 'low' ELSE 'maintenance' END";
}

/// The last run that ended decides; of those that failed, whether any is good.
std::string health() {
  return "CASE WHEN coalesce(o.last_failed, 0) <= coalesce(o.last_completed, 0)"
         " THEN CASE WHEN coalesce(o.failed, 0) = 0 THEN 'healthy'"
         " ELSE 'warning' END"
         " WHEN coalesce(o.completed, 0) = 0 THEN 'failed'"
         " ELSE 'critical' END";
}

std::string service_registry(view_words words) {
  return "CREATE VIEW service_registry AS SELECT " + row_number(words)
         + " AS id, " + orchestration
         + " AS orchestration_id, w.workflow_id AS service_id,"
           " w.workflow_id AS service_name, 'workflow' AS service_type,"
           " coalesce(p.priority, 'normal') AS priority, "
         + health()
         + " AS health_status, '{}' AS resource_requirements,"
           " '[]' AS dependencies, v.text AS configuration,"
           " '{\"runs\":' || coalesce(o.runs, 0) || ',\"open\":'"
           " || coalesce(o.open, 0) || ',\"completed\":'"
           " || coalesce(o.completed, 0) || ',\"failed\":'"
           " || coalesce(o.failed, 0) || '}' AS metrics, "
         + time_of(words, "o.updated_at")
         + " AS last_health_check,"
           " CASE WHEN coalesce(o.completed + o.failed, 0) = 0 THEN 100.0"
           " ELSE 100.0 * o.completed / (o.completed + o.failed) END"
           " AS uptime_percentage, "
         + time_of(words, "w.applied_at")
         + " AS timestamp FROM engine_workflows w"
           " JOIN engine_workflow_versions v ON v.digest = w.digest"
           " LEFT JOIN engine_workflow_parts p ON p.digest = w.digest"
           " LEFT JOIN ("
         + outcomes(words) + ") o ON o.workflow_id = w.workflow_id";
}

std::string workflow_management(view_words words) {
  return std::string{
           "CREATE VIEW workflow_management AS SELECT r.number AS id, "}
         + orchestration
         + " AS orchestration_id, r.run_id AS workflow_id,"
           " r.workflow_id AS workflow_name,"
           " CASE r.priority WHEN 4 THEN 'maintenance' ELSE 'workflow' END"
           " AS workflow_type, "
         + priority_of("r.priority")
         + " AS priority, coalesce(p.steps, '[]') AS execution_plan,"
           " CASE r.parent_run WHEN '' THEN '[]' ELSE"
           " '[\"' || r.parent_run || '\"]' END AS dependencies,"
           " "
         + whole_part(words, "coalesce(o.seconds, 0)")
         + " AS estimated_duration,"
           " '{}' AS resource_allocation,"
           " coalesce(p.success, '{}') AS success_criteria,"
           " coalesce(p.rollback, '[]') AS rollback_plan,"
           " CASE r.status WHEN 'pending' THEN 'pending'"
           " WHEN 'queued' THEN 'scheduled' WHEN 'completed' THEN 'completed'"
           " WHEN 'failed' THEN 'failed' WHEN 'compensated' THEN 'failed'"
           " WHEN 'cancelled' THEN 'terminated' ELSE 'executing' END AS status,"
           // How far an open run is only its history knows.
           " CASE r.status WHEN 'completed' THEN 100.0 ELSE 0.0 END"
           " AS progress, "
         + time_of(words, "r.submitted_at")
         + " AS timestamp FROM engine_runs r"
           " LEFT JOIN engine_workflow_parts p ON p.digest = r.workflow_digest"
           " LEFT JOIN ("
         + outcomes(words) + ") o ON o.workflow_id = r.workflow_id";
}

std::string orchestration_metrics(view_words words) {
  const auto services = [](const std::string& condition) {
    return "(SELECT count(*) FROM service_registry WHERE " + condition + ")";
  };
  return std::string{"CREATE VIEW orchestration_metrics AS SELECT 1 AS id, "}
         + orchestration + " AS orchestration_id, " + services("1 = 1")
         + " AS total_services, " + services("metrics NOT LIKE '%\"open\":0,%'")
         + " AS active_services, " + services("health_status = 'failed'")
         + " AS failed_services, " + services("health_status = 'healthy'")
         + " AS healthy_services, " + services("health_status = 'warning'")
         + " AS warning_services, " + services("health_status = 'critical'")
         + " AS critical_services, t.runs AS total_workflows,"
           " t.completed AS completed_workflows, t.failed AS failed_workflows,"
           " t.seconds AS average_response_time,"
           " '{\"cpu\":0,\"memory\":0,\"disk\":0}' AS resource_utilization,"
           " 0.0 AS optimization_score,"
           " CASE WHEN t.completed + t.failed = 0 THEN 1.0 ELSE"
           " 1.0 * t.completed / (t.completed + t.failed) END"
           " AS reliability_score, 0.0 AS performance_score,"
           " 0.0 AS cost_efficiency, 0 AS quantum_enhancement_active,"
           " 0.0 AS ai_optimization_score, "
         + time_of(words, "t.updated_at")
         + " AS timestamp FROM (SELECT count(*) AS runs,"
           " coalesce("
         + count_of(words, "status = 'completed'")
         + ", 0) AS completed, coalesce("
         + count_of(words, "status IN ('failed', 'compensated')")
         + ", 0) AS failed,"
           " coalesce(avg(CASE WHEN status = 'completed' THEN"
           " (updated_at - submitted_at) / 1000000.0 END), 0.0) AS seconds,"
           " coalesce(max(updated_at), 0) AS updated_at FROM engine_runs) t";
}

std::string schema_in(view_words words) {
  return "CREATE TABLE engine_workflow_parts ("
         " digest INTEGER PRIMARY KEY,"
         " priority TEXT NOT NULL,"
         " steps TEXT NOT NULL," // These three are JSON.
         " success TEXT NOT NULL,"
         " rollback TEXT NOT NULL);"
         + service_registry(words) + ";" + workflow_management(words) + ";"
         + orchestration_metrics(words);
}

} // namespace

const runtime::migration_list& view_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_views", 1, schema_in(view_words::sqlite),
     schema_in(view_words::postgres)},
  };
  return schema;
}

void add_version_parts(messages::CommitTransaction& to,
                       const pinned_workflow& of) {
  const auto text = json::parse(canonical_json(*of.definition));
  auto success = json::object();
  if (const auto found = text.find("success"); found != text.end())
    success["success"] = *found;
  auto rollback = json::array();
  for (const auto& step : text.at("steps"))
    if (step.contains("compensate"))
      rollback.push_back(step.at("id"));
  runtime::add_statement(
    to,
    "INSERT INTO engine_workflow_parts (digest, priority, steps, success,"
    " rollback) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    {static_cast<std::int64_t>(of.digest), text.value("priority", "normal"),
     text.at("steps").dump(), success.dump(), rollback.dump()});
}

} // namespace troupe::engine
