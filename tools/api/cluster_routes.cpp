#include "tools/api/api_routes.hpp"
#include "tools/cli/cluster_report.hpp"

namespace troupe::tools {

using runtime::http_method;
using runtime::http_reply;
using runtime::problem_reply;

namespace {

/// Of a server that is no node there is no cluster to be found.
http_reply refusal(const runtime::problem& reason) {
  constexpr auto not_found = 404;
  return reason.kind == runtime::problem_kind::invalid_input
           ? problem_reply(reason, not_found)
           : problem_reply(reason);
}

http_reply show_cluster(const api_services& with) {
  const auto status = with.engine.cluster();
  return status ? reply_with(to_json(*status)) : refusal(status.error());
}

/// What counts up is told as it is: whoever asks twice has a rate.
http_reply show_load(const api_services& with) {
  auto load = with.engine.cluster_load(false);
  if (!load)
    return refusal(load.error());
  auto samples = load_samples{};
  samples.now = std::move(*load);
  return reply_with(to_json(samples));
}

} // namespace

void add_cluster_routes(std::vector<api_route>& to, api_services& services) {
  to.push_back({{http_method::get, "/v1/cluster"},
                [&](const api_call&) { return show_cluster(services); }});
  to.push_back({{http_method::get, "/v1/cluster/load"},
                [&](const api_call&) { return show_load(services); }});
}

} // namespace troupe::tools
