// An input is a request as it comes over HTTP: a line with method and target,
// headers, an empty line, the body. What an engine would do is not tried here.
#include "actors/engine/run_submission.hpp"
#include "actors/engine/workflow_file.hpp"
#include "runtime/http/http_admission.hpp"
#include "runtime/http/http_route.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tools/api/api_input.hpp"

using namespace troupe;
using namespace troupe::tools;
using tests::promise;

namespace {

const runtime::http_admission& some_rules() {
  static const auto rules = [] {
    auto made = runtime::http_admission{};
    made.token = "secret";
    made.open_paths = {"/healthz"};
    made.content_types = {"application/json", "application/yaml"};
    return made;
  }();
  return rules;
}

runtime::http_request read_request(std::string_view text) {
  auto request = runtime::http_request{};
  const auto method = tests::take_until(text, ' ');
  request.method
    = method == "GET" ? runtime::http_method::get : runtime::http_method::post;
  request.url = tests::take_until(text, '\n');
  for (auto line = tests::take_until(text, '\n'); !line.empty();
       line = tests::take_until(text, '\n')) {
    const auto name = tests::take_until(line, ':');
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    request.headers.push_back({std::string{name}, std::string{line}});
  }
  request.body = text;
  return request;
}

void promise_refusal(const runtime::http_reply& reply) {
  promise(reply.status >= 400 && reply.status < 500,
          "what a caller does wrong is the caller's fault");
  const auto said = nlohmann::json::parse(reply.body, nullptr, false);
  promise(said.is_object(), "a refusal is a JSON object");
  promise(said.value("status", 0) == reply.status, "a refusal has its status");
  promise(said.contains("detail"), "a refusal says why");
}

/// What was read, or nothing if it was refused as it should be.
template <class T>
std::optional<T> accepted(api_result<T> result) {
  if (result)
    return std::move(*result);
  promise_refusal(result.error());
  return std::nullopt;
}

void take_workflow(std::string_view text) {
  auto surroundings = engine::workflow_surroundings{};
  surroundings.zone_exists = engine::may_be_zone;
  const auto flow = engine::parse_workflow(text, "request body", surroundings);
  if (!flow)
    promise_refusal(runtime::problem_reply(flow.error()));
}

void take_submission(const runtime::http_request& request) {
  const auto wanted = accepted(read_submission(request));
  if (!wanted)
    return;
  promise(wanted->workflow_id().empty() != wanted->workflow_text().empty()
            || wanted->workflow_file() == "definition",
          "a submission names a workflow or has one");
  promise(nlohmann::json::accept(wanted->inputs()) || wanted->inputs().empty(),
          "inputs are JSON");
  if (!wanted->workflow_text().empty())
    take_workflow(wanted->workflow_text());
}

void take_query(const std::map<std::string, std::string>& query) {
  constexpr auto most = std::size_t{100};
  if (const auto page = accepted(read_page(query, 20, most)))
    promise(page->limit >= 1 && page->limit <= most, "a page has a size");
  if (const auto patience = accepted(read_patience(query)))
    promise(patience->count() >= 0 && *patience <= std::chrono::minutes{1},
            "nobody waits for ever");
  const auto known = check_query(query, {"limit", "cursor", "timeout", "by"});
  if (!known)
    promise_refusal(known.error());
}

void take_body(const runtime::http_request& request,
               const std::vector<std::string>& path) {
  if (path.size() == 2 && path[1] == "workflows") {
    if (const auto text = accepted(read_workflow_text(request)))
      take_workflow(*text);
    return;
  }
  if (path.size() < 4)
    return take_submission(request);
  for (const auto change :
       {run_change::pause, run_change::resume, run_change::cancel,
        run_change::terminate, run_change::retry, run_change::signal})
    if (path[3] == to_string(change))
      static_cast<void>(accepted(read_change(request, change)));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = read_request(tests::text_of(data, size));
  if (const auto refused = runtime::refuse(some_rules(), request))
    promise_refusal(*refused);
  const auto target = runtime::parse_target(request.url);
  if (!target) {
    promise_refusal(runtime::problem_reply(target.error()));
    return 0;
  }
  take_query(target->query);
  take_body(request, target->segments);
  return 0;
}
