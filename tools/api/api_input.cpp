#include "tools/api/api_input.hpp"

#include "actors/engine/foreign_json.hpp"
#include "actors/engine/workflow_words.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/http/http_admission.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace troupe::tools {

using namespace std::chrono_literals;

using nlohmann::json;
using runtime::http_request;
using runtime::problem_kind;

namespace {

constexpr int bad_request = 400;
/// Who asks, if the caller does not say.
constexpr auto anybody = "api";
constexpr auto patience_fallback = std::chrono::milliseconds{30s};
constexpr auto patience_max = std::chrono::milliseconds{60s};
constexpr auto grace_fallback = std::chrono::milliseconds{10s};
constexpr auto json_type = "application/json";

constexpr auto change_words = std::to_array<std::string_view>(
  {"pause", "resume", "cancel", "terminate", "retry", "signal"});

auto wrong(std::string key, std::string message, std::string hint = {},
           int status = 0) {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = std::move(key);
  reason.hint = std::move(hint);
  return refuse_call(reason, status);
}

/// The body as an object with no other keys than these; no body is an empty
/// one.
api_result<json> read_object(const http_request& request,
                             std::initializer_list<std::string_view> known) {
  if (request.body.empty())
    return json::object();
  if (runtime::media_type(request) != json_type)
    return wrong({}, "the body is not said to be JSON",
                 "send Content-Type: application/json", 415);
  auto body = engine::parse_foreign_json(request.body);
  if (!body)
    return wrong({}, "the body " + body.error().message, {}, bad_request);
  if (!body->is_object())
    return wrong({}, "the body is no JSON object", {}, bad_request);
  for (const auto& [key, value] : body->items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return wrong(key, "unknown key", "see /openapi.json");
  return std::move(*body);
}

/// A text of the body; empty if it is not there.
api_result<std::string> read_text(const json& body, const std::string& key) {
  const auto found = body.find(key);
  if (found == body.end())
    return std::string{};
  if (!found->is_string())
    return wrong(key, "has to be a text");
  return found->get<std::string>();
}

api_result<std::string> read_required(const json& body,
                                      const std::string& key) {
  auto text = read_text(body, key);
  if (text && text->empty())
    return wrong(key, "is missing", "see /openapi.json");
  return text;
}

api_result<std::string> read_by(const json& body) {
  auto by = read_text(body, "by");
  if (by && by->empty())
    *by = anybody;
  return by;
}

api_result<void> take_workflow(const json& body, messages::SubmitRun& wanted) {
  auto id = read_text(body, "workflow");
  if (!id)
    return tl::unexpected{std::move(id.error())};
  const auto definition = body.find("definition");
  if (id->empty() == (definition == body.end()))
    return wrong("workflow",
                 "name a workflow that was applied, or send its definition",
                 "send either workflow or definition");
  wanted.set_workflow_id(*id);
  if (definition == body.end())
    return {};
  if (!definition->is_object() && !definition->is_string())
    return wrong("definition", "has to be an object, or YAML as a text");
  wanted.set_workflow_text(definition->is_string()
                             ? definition->get<std::string>()
                             : definition->dump());
  wanted.set_workflow_file("definition");
  return {};
}

api_result<void> take_priority(const json& body, messages::SubmitRun& wanted) {
  const auto word = read_text(body, "priority");
  if (!word)
    return tl::unexpected{word.error()};
  if (word->empty())
    return {};
  auto names = std::string{};
  for (const auto& each : engine::priority_words) {
    if (each.text == *word) {
      wanted.set_priority(static_cast<std::uint32_t>(each.value));
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string{each.text};
  }
  return wrong("priority", "no priority: " + *word, "one of " + names);
}

api_result<void> take_key(const http_request& request, const json& body,
                          messages::SubmitRun& wanted) {
  auto key = read_text(body, "key");
  if (!key)
    return tl::unexpected{std::move(key.error())};
  const auto header = runtime::header_of(request, "idempotency-key");
  if (!key->empty() && !header.empty() && *key != header)
    return wrong("key", "differs from the header Idempotency-Key",
                 "send one of them");
  wanted.set_idempotency_key(key->empty() ? std::string{header} : *key);
  return {};
}

api_result<void> take_cancel(const json& body, run_change change,
                             messages::CancelRun& cancel) {
  const auto reason = read_text(body, "reason");
  if (!reason)
    return tl::unexpected{reason.error()};
  cancel.set_reason(*reason);
  cancel.set_terminate(change == run_change::terminate);
  if (change == run_change::terminate)
    return {};
  const auto text = read_text(body, "grace");
  if (!text)
    return tl::unexpected{text.error()};
  auto grace = text->empty()
                 ? runtime::outcome<std::chrono::milliseconds>{grace_fallback}
                 : runtime::parse_duration(*text);
  if (!grace)
    return wrong("grace", grace.error().message, grace.error().hint);
  cancel.set_grace_ms(static_cast<std::uint64_t>(grace->count()));
  return {};
}

api_result<void> take_signal(const json& body,
                             messages::SignalReceived& signal) {
  const auto name = read_required(body, "name");
  const auto id = read_text(body, "id");
  if (!name || !id)
    return tl::unexpected{name ? id.error() : name.error()};
  signal.set_name(*name);
  signal.set_id(*id);
  if (const auto payload = body.find("payload"); payload != body.end())
    signal.set_payload(payload->dump());
  const auto roles = body.find("roles");
  if (roles == body.end())
    return {};
  if (!roles->is_array())
    return wrong("roles", "has to be a list of texts");
  for (const auto& role : *roles) {
    if (!role.is_string())
      return wrong("roles", "has to be a list of texts");
    signal.add_roles(role.get<std::string>());
  }
  return {};
}

api_result<json> read_change_body(const http_request& request,
                                  run_change change) {
  switch (change) {
    case run_change::cancel:
      return read_object(request, {"by", "reason", "grace"});
    case run_change::terminate:
      return read_object(request, {"by", "reason"});
    case run_change::retry:
      return read_object(request, {"by", "step"});
    case run_change::signal:
      return read_object(request, {"by", "name", "payload", "id", "roles"});
    default:
      return read_object(request, {"by"});
  }
}

api_result<void> fill(messages::ChangeRun& wanted, const json& body,
                      run_change change) {
  switch (change) {
    case run_change::pause:
      wanted.set_pause(true);
      return {};
    case run_change::resume:
      wanted.set_resume(true);
      return {};
    case run_change::retry: {
      auto step = read_text(body, "step");
      if (!step)
        return tl::unexpected{std::move(step.error())};
      wanted.set_retry_step(*step);
      return {};
    }
    case run_change::signal:
      return take_signal(body, *wanted.mutable_signal());
    default:
      return take_cancel(body, change, *wanted.mutable_cancel());
  }
}

std::optional<std::int64_t> whole_number(const std::string& text) {
  auto number = std::int64_t{0};
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return number;
}

} // namespace

std::string_view to_string(run_change change) noexcept {
  return change_words[static_cast<std::size_t>(change)];
}

api_result<messages::SubmitRun> read_submission(const http_request& request) {
  const auto body = read_object(request, {"workflow", "definition", "inputs",
                                          "priority", "key", "by"});
  if (!body)
    return tl::unexpected{body.error()};
  auto wanted = messages::SubmitRun{};
  if (auto taken = take_workflow(*body, wanted); !taken)
    return tl::unexpected{std::move(taken.error())};
  if (auto taken = take_priority(*body, wanted); !taken)
    return tl::unexpected{std::move(taken.error())};
  if (auto taken = take_key(request, *body, wanted); !taken)
    return tl::unexpected{std::move(taken.error())};
  const auto by = read_by(*body);
  if (!by)
    return tl::unexpected{by.error()};
  wanted.set_by(*by);
  if (const auto inputs = body->find("inputs"); inputs != body->end()) {
    if (!inputs->is_object())
      return wrong("inputs", "has to be an object");
    wanted.set_inputs(inputs->dump());
  }
  return wanted;
}

api_result<messages::ChangeRun> read_change(const http_request& request,
                                            run_change change) {
  const auto body = read_change_body(request, change);
  if (!body)
    return tl::unexpected{body.error()};
  auto wanted = messages::ChangeRun{};
  const auto by = read_by(*body);
  if (!by)
    return tl::unexpected{by.error()};
  wanted.set_by(*by);
  if (auto filled = fill(wanted, *body, change); !filled)
    return tl::unexpected{std::move(filled.error())};
  return wanted;
}

std::string_view to_string(run_derivation what) noexcept {
  return what == run_derivation::rerun ? "rerun" : "reset";
}

api_result<messages::SubmitRun> read_derivation(const http_request& request,
                                                run_derivation what) {
  const auto* const place = what == run_derivation::rerun ? "from" : "to";
  const auto body = read_object(request, {place, "cancel", "key", "by"});
  if (!body)
    return tl::unexpected{body.error()};
  auto wanted = messages::SubmitRun{};
  auto& derived = *wanted.mutable_derived();
  const auto found = body->find(place);
  if (what == run_derivation::rerun) {
    const auto step = read_required(*body, place);
    if (!step)
      return tl::unexpected{step.error()};
    derived.set_step(*step);
  } else if (found == body->end() || !found->is_number_unsigned()) {
    return wrong(place, "has to be the number of an event",
                 "see the run's history");
  } else {
    derived.set_event(found->get<std::uint64_t>());
  }
  const auto cancel = body->value("cancel", json(false));
  if (!cancel.is_boolean())
    return wrong("cancel", "has to be true or false");
  derived.set_cancel(cancel.get<bool>());
  if (auto taken = take_key(request, *body, wanted); !taken)
    return tl::unexpected{std::move(taken.error())};
  const auto by = read_by(*body);
  if (!by)
    return tl::unexpected{by.error()};
  wanted.set_by(*by);
  return wanted;
}

api_result<messages::ChangeQueue> read_queue_change(const http_request& request,
                                                    bool pauses) {
  const auto body = pauses ? read_object(request, {"by", "reason"})
                           : read_object(request, {"by"});
  if (!body)
    return tl::unexpected{body.error()};
  const auto by = read_by(*body);
  const auto reason = read_text(*body, "reason");
  if (!by || !reason)
    return tl::unexpected{by ? reason.error() : by.error()};
  auto wanted = messages::ChangeQueue{};
  wanted.set_by(*by);
  wanted.set_reason(*reason);
  if (pauses)
    wanted.set_pause(true);
  else
    wanted.set_resume(true);
  return wanted;
}

api_result<std::string_view> read_workflow_text(const http_request& request) {
  if (request.body.empty())
    return wrong({}, "there is no body", "send the workflow as YAML or JSON",
                 bad_request);
  if (runtime::media_type(request) == json_type) {
    const auto parsed = engine::parse_foreign_json(request.body);
    if (!parsed)
      return wrong({}, "the body " + parsed.error().message, {}, bad_request);
  }
  return std::string_view{request.body};
}

api_result<page_request>
read_page(const std::map<std::string, std::string>& query, std::size_t limit,
          std::size_t most) {
  auto page = page_request{};
  page.limit = limit;
  if (const auto found = query.find("limit"); found != query.end()) {
    const auto number = whole_number(found->second);
    if (!number || *number < 1 || static_cast<std::size_t>(*number) > most)
      return wrong("limit", "has to be from 1 to " + std::to_string(most), {},
                   bad_request);
    page.limit = static_cast<std::size_t>(*number);
  }
  if (const auto found = query.find("cursor"); found != query.end()) {
    page.cursor = whole_number(found->second);
    if (!page.cursor || *page.cursor < 0)
      return wrong("cursor", "no cursor of a page",
                   "send next_cursor of the page before", bad_request);
  }
  return page;
}

api_result<std::optional<runtime::clock::wall_time>>
read_since(const std::map<std::string, std::string>& query,
           runtime::clock::wall_time now) {
  const auto found = query.find("since");
  if (found == query.end())
    return std::optional<runtime::clock::wall_time>{};
  const auto span = runtime::parse_duration(found->second);
  if (!span)
    return wrong("since", span.error().message, span.error().hint, bad_request);
  return now - *span;
}

api_result<std::chrono::milliseconds>
read_patience(const std::map<std::string, std::string>& query) {
  const auto found = query.find("timeout");
  if (found == query.end())
    return patience_fallback;
  const auto span = runtime::parse_duration(found->second);
  if (!span)
    return wrong("timeout", span.error().message, span.error().hint,
                 bad_request);
  return std::min(*span, patience_max);
}

api_result<void> check_query(const std::map<std::string, std::string>& query,
                             std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong(name, "unknown parameter", "see /openapi.json", bad_request);
  return {};
}

} // namespace troupe::tools
