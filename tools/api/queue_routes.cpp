#include "tools/api/api_input.hpp"
#include "tools/api/api_routes.hpp"
#include "tools/cli/queue_report.hpp"

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::http_method;
using runtime::http_reply;
using runtime::problem_reply;

namespace {

http_reply show(const api_services& with) {
  const auto report = with.engine.queue();
  return report ? reply_with(to_json(*report)) : problem_reply(report.error());
}

http_reply change(const api_services& with, const api_call& call, bool pauses) {
  const auto wanted = read_queue_change(call.request, pauses);
  if (!wanted)
    return wanted.error();
  const auto changed = with.engine.change(*wanted);
  return changed ? reply_with(json{{"is_paused", changed->is_paused()}})
                 : problem_reply(changed.error());
}

} // namespace

void add_queue_routes(std::vector<api_route>& to, api_services& services) {
  to.push_back({{http_method::get, "/v1/queue"},
                [&](const api_call&) { return show(services); }});
  to.push_back(
    {{http_method::post, "/v1/queue/pause"},
     [&](const api_call& call) { return change(services, call, true); }});
  to.push_back(
    {{http_method::post, "/v1/queue/resume"},
     [&](const api_call& call) { return change(services, call, false); }});
}

} // namespace troupe::tools
