#include "actors/engine/run_submission.hpp"
#include "actors/engine/workflow_file.hpp"
#include "tools/api/api_input.hpp"
#include "tools/api/api_routes.hpp"
#include "tools/cli/run_report.hpp"

#include <utility>

namespace troupe::tools {

using engine::recorded_runs;
using json = nlohmann::ordered_json;
using runtime::http_method;
using runtime::http_reply;
using runtime::problem_reply;

namespace {

api_result<engine::workflow> read_body(const api_call& call) {
  const auto text = read_workflow_text(call.request);
  if (!text)
    return tl::unexpected{text.error()};
  auto surroundings = engine::workflow_surroundings{};
  surroundings.zone_exists = engine::may_be_zone;
  auto flow = engine::parse_workflow(*text, "request body", surroundings);
  if (!flow)
    return tl::unexpected{problem_reply(flow.error())};
  return std::move(*flow);
}

http_reply validate(const api_call& call) {
  const auto flow = read_body(call);
  if (!flow)
    return flow.error();
  return reply_with(json{{"valid", true},
                         {"id", flow->id},
                         {"digest", engine::digest_text(*flow)},
                         {"steps", flow->steps.size()},
                         {"layers", flow->layers.size()}});
}

http_reply apply(const api_services& with, const api_call& call) {
  if (auto checked = check_query(call.query, {"by"}); !checked)
    return checked.error();
  const auto flow = read_body(call);
  if (!flow)
    return flow.error();
  const auto by = call.query.find("by");
  auto wanted = messages::ApplyWorkflow{};
  wanted.set_text(engine::canonical_json(*flow));
  wanted.set_file("request body");
  wanted.set_by(by == call.query.end() ? "api" : by->second);
  const auto applied = with.engine.apply(wanted);
  if (!applied)
    return problem_reply(applied.error());
  return reply_with(json{{"id", applied->workflow_id()},
                         {"digest", render_digest(applied->digest())}});
}

http_reply list(const api_services& with) {
  const auto found
    = with.readers.with([](recorded_runs& runs) { return runs.workflows(); });
  if (!found)
    return problem_reply(found.error());
  auto all = json::array();
  for (const auto& each : *found)
    all.push_back(to_json(each));
  return reply_with(json{{"workflows", std::move(all)}});
}

http_reply show_workflow(const api_services& with, const api_call& call) {
  const auto found = with.readers.with([&](recorded_runs& runs) {
    return runs.newest(call.names.at("workflow"));
  });
  if (!found)
    return problem_reply(found.error());
  return runtime::json_reply(engine::canonical_json(*found->definition));
}

} // namespace

void add_workflow_routes(std::vector<api_route>& to, api_services& services) {
  to.push_back({{http_method::get, "/v1/workflows"},
                [&](const api_call&) { return list(services); }});
  to.push_back({{http_method::post, "/v1/workflows"},
                [&](const api_call& call) { return apply(services, call); }});
  to.push_back({{http_method::post, "/v1/workflows/validate"},
                [](const api_call& call) { return validate(call); }});
  to.push_back(
    {{http_method::get, "/v1/workflows/{workflow}"},
     [&](const api_call& call) { return show_workflow(services, call); }});
}

} // namespace troupe::tools
