#include "actors/engine/http_activity.hpp"

#include "actors/engine/activity_input.hpp"
#include "actors/engine/foreign_json.hpp"
#include "runtime/http/http_retry.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe::engine {

using json = nlohmann::json;
using runtime::http_failure_kind;
using runtime::http_method;
using runtime::outcome;

namespace {

using namespace std::chrono_literals;

constexpr auto output_bytes_default = std::size_t{1} << 20;
constexpr auto output_bytes_most = std::uint64_t{64} << 20;
constexpr auto timeout_max = std::chrono::milliseconds{24h};
constexpr auto redirects_max = std::size_t{10};
constexpr auto message_bytes_max = std::size_t{1} << 10;
/// More of a reply is not searched for secrets, nor shown.
constexpr auto searched_bytes_max = std::size_t{64} << 10;
constexpr auto idempotency_header = "Troupe-Idempotency-Key";

constexpr auto output_words
  = std::array<std::string_view, 3>{"json", "text", "none"};

constexpr auto method_words = std::array<std::string_view, 6>{
  "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

/// What decides where a request ends. Set by whoever sends it, as two opinions
/// about that are how one request becomes two.
constexpr auto framing_headers = std::array<std::string_view, 7>{
  "connection", "content-length",    "expect", "te",
  "trailer",    "transfer-encoding", "upgrade"};

bool is_header_name(std::string_view name) {
  constexpr auto marks = std::string_view{"!#$%&'*+-.^_`|~"}; // RFC 9110, 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || marks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

/// The parts of planning that share what is read.
class planning {
public:
  planning(opened_input given, const source_place& place)
    : given_{std::move(given)}, place_{place}, input_{given_.with, place} {}

  outcome<http_plan> plan(const std::string& key) {
    read_url();
    read_headers();
    read_auth();
    read_body();
    read_method();
    read_limits();
    add_header(idempotency_header, key);
    check_secrecy();
    if (auto finished = input_.finish(); !finished)
      return runtime::fail(std::move(finished.error()));
    plan_.secrets = std::move(given_.secrets);
    return std::move(plan_);
  }

private:
  void read_url() {
    const auto hint = "write https://HOST/PATH, without user and blanks";
    auto url = input_.text("url");
    if (!url)
      return input_.refuse("url", "is missing", hint);
    origin_ = runtime::origin_of(*url);
    // The address itself may hold what must not be shown.
    if (!origin_)
      return input_.refuse("url", "is no HTTP address", hint);
    plan_.request.url = std::move(*url);
  }

  void read_headers() {
    const auto* given = input_.value("headers");
    if (given == nullptr)
      return;
    if (!given->is_object())
      return input_.refuse("headers", "has to be an object of headers");
    for (const auto& [name, value] : given->items())
      read_header(name, value);
  }

  void read_header(const std::string& name, const json& value) {
    const auto where = "headers." + name;
    const auto key = runtime::header_key(name);
    auto text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!is_header_name(name))
      input_.refuse("headers", "not a name of a header",
                    "letters, digits and marks such as a minus");
    else if (std::find(framing_headers.begin(), framing_headers.end(), key)
             != framing_headers.end())
      input_.refuse(where, "is set by us");
    else if (is_known(key))
      input_.refuse(where, "is there twice, in another spelling");
    else if (value.is_structured())
      input_.refuse(where, "has to be a text, a number or a truth value");
    else if (!is_header_value(text))
      input_.refuse(where, "holds a line break or a control character",
                    "check where its value comes from");
    else if (!value.is_null())
      plan_.request.headers.push_back({name, std::move(text)});
    known_.push_back(key);
  }

  void read_auth() {
    const auto* given = input_.value("auth");
    if (given == nullptr)
      return;
    has_auth_ = true;
    auto place = place_;
    place.key = input_.key_of("auth");
    auto inner = activity_input{*given, place};
    const auto bearer = inner.text("bearer");
    const auto user = inner.text("user");
    const auto password = inner.text("password");
    auto value = std::string{};
    if (bearer && !user && !password)
      value = "Bearer " + *bearer;
    else if (!bearer && user && password)
      value = runtime::basic_authorization(*user, *password);
    else
      inner.refuse("", "has to say who asks",
                   "{bearer: TOKEN} or {user: NAME, password: PASSWORD}");
    if (auto finished = inner.finish(); !finished)
      return input_.refuse(std::move(finished.error()));
    if (is_known("authorization"))
      return input_.refuse("auth", "stands beside a header Authorization",
                           "leave one of them out");
    if (!is_header_value(value))
      return input_.refuse("auth", "holds a line break or a control character");
    // Whoever has this has the password.
    given_.secrets.emplace_back(value);
    given_.secrets.emplace_back(value.substr(value.find(' ') + 1));
    add_header("Authorization", std::move(value));
  }

  void read_body() {
    const auto* body = input_.value("body");
    const auto* value = input_.value("json");
    if (body != nullptr && value != nullptr)
      return input_.refuse("json", "stands beside body",
                           "leave one of them out");
    has_body_ = body != nullptr || value != nullptr;
    if (body != nullptr && body->is_string()) {
      plan_.request.body = body->get<std::string>();
      add_header("Content-Type", "text/plain; charset=utf-8");
    } else if (has_body_) {
      write_json(body != nullptr ? "body" : "json",
                 body != nullptr ? *body : *value);
    }
  }

  void write_json(std::string_view key, const json& value) {
    try {
      plan_.request.body = value.dump();
    } catch (const json::type_error&) {
      // Only a secret can be that: all else came as JSON.
      input_.refuse(key, "holds a secret that is not UTF-8");
    }
    add_header("Content-Type", "application/json");
  }

  void read_method() {
    auto& request = plan_.request;
    request.method = has_body_ ? http_method::post : http_method::get;
    if (const auto word = input_.choice("method", method_words))
      request.method = static_cast<http_method>(*word);
    if (request.method == http_method::head && has_body_)
      input_.refuse("method", "HEAD sends no body");
    // The others may be doubled by their nature (RFC 9110, 9.2.2).
    request.needs_new_connection = request.method == http_method::post
                                   || request.method == http_method::patch;
  }

  void read_limits() {
    auto& request = plan_.request;
    plan_.expect
      = input_.integers("expect", 100, 599).value_or(std::vector<int>{});
    if (const auto word = input_.choice("output", output_words))
      plan_.output = static_cast<http_output>(*word);
    request.response_bytes_max
      = input_.bytes("output_bytes_max", output_bytes_most)
          .value_or(output_bytes_default);
    if (const auto time = input_.duration("timeout", timeout_max))
      request.timeout = *time;
    if (input_.boolean("follow_redirects").value_or(false))
      request.redirects_max = redirects_max;
  }

  void check_secrecy() {
    if (!origin_ || origin_->is_encrypted || origin_->is_loopback())
      return;
    if (has_auth_ || !given_.secrets.empty())
      input_.refuse("url", "http would show secrets to everybody on the way",
                    "use https");
  }

  [[nodiscard]] bool is_known(std::string_view key) const {
    return std::find(known_.begin(), known_.end(), key) != known_.end();
  }

  /// A header of ours, unless the workflow has its own.
  void add_header(std::string name, std::string value) {
    if (!value.empty() && !is_known(runtime::header_key(name)))
      plan_.request.headers.push_back({std::move(name), std::move(value)});
  }

  opened_input given_;
  source_place place_;
  activity_input input_;
  std::optional<runtime::http_origin> origin_;
  /// The workflow's headers, in lower case, those included that it leaves out.
  std::vector<std::string> known_;
  bool has_auth_ = false;
  bool has_body_ = false;
  http_plan plan_;
};

/// What a server says about its refusal, without secrets.
std::string words_of(const http_plan& plan, const runtime::http_reply& reply) {
  const auto searched = std::string_view{reply.body}.substr(
    0, std::min(reply.body.size(), searched_bytes_max));
  auto text = redactor_of(plan.secrets).redact(searched);
  // The cut may have left the first half of a secret.
  if (searched.size() < reply.body.size())
    text.resize(text.size() - std::min(text.size(), longest_of(plan.secrets)));
  text = to_utf8(text);
  text.resize(runtime::clip_utf8(text, message_bytes_max).size());
  const auto end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

activity_failure status_failure(const http_plan& plan,
                                const runtime::http_reply& reply,
                                runtime::clock::wall_time now) {
  auto failure = activity_failure{};
  failure.kind = "http_status";
  failure.is_retryable = runtime::is_retryable(reply.status);
  failure.message = "status " + std::to_string(reply.status);
  if (const auto origin = runtime::origin_of(plan.request.url))
    failure.message += " from " + to_utf8(origin->host);
  const auto words = words_of(plan, reply);
  if (!reply.header("Location").empty() && reply.status / 100 == 3)
    failure.message += ": a redirect that was not followed";
  else if (!words.empty())
    failure.message += ": " + words;
  failure.details
    = {{"status", reply.status}, {"body_bytes", reply.body.size()}};
  if (const auto time = runtime::retry_after(reply, now))
    failure.details["retry_after_ms"] = time->count();
  return failure;
}

activity_failure failure_of(const runtime::http_failure& why) {
  auto failure = to_failure(why.reason);
  switch (why.kind) {
    case http_failure_kind::connect:
      failure.kind = "connect";
      break;
    case http_failure_kind::lost:
      failure.kind = "connection_lost";
      break;
    case http_failure_kind::tls:
      failure.kind = "tls";
      break;
    case http_failure_kind::too_large:
      failure.kind = "output_too_large";
      failure.is_retryable = false;
      break;
    case http_failure_kind::bad_reply:
      failure.kind = "bad_reply";
      failure.is_retryable = false;
      break;
    default: // Those of the problem.
      break;
  }
  return failure;
}

json headers_of(const runtime::http_reply& reply) {
  auto headers = json::object();
  for (const auto& [name, value] : reply.headers) {
    const auto key = to_utf8(runtime::header_key(name));
    if (key == "set-cookie")
      continue; // Whoever has it is the user.
    auto& all = headers[key];
    all = all.is_null() ? to_utf8(value)
                        : all.get<std::string>() + ", " + to_utf8(value);
  }
  return headers;
}

/// Whether the reply calls itself JSON (RFC 6839 too: application/x+json).
bool is_json(const runtime::http_reply& reply) {
  auto type = runtime::header_key(reply.header("Content-Type"));
  type.resize(std::min(type.size(), type.find_first_of("; \t")));
  return type == "application/json" || type.ends_with("+json");
}

} // namespace

outcome<http_plan> plan_http(const json& with,
                             const std::vector<json::json_pointer>& secrets,
                             const std::string& key,
                             const secret_resolver& resolve,
                             const source_place& place) {
  const auto places = secret_places{
    [](std::string_view pointer) {
      return pointer.starts_with("/headers/") || pointer.starts_with("/auth/")
             || pointer == "/body" || pointer.starts_with("/body/")
             || pointer == "/json" || pointer.starts_with("/json/");
    },
    "a secret may only stand in headers, auth, body and json",
    "addresses are written to logs everywhere; send it in a header"};
  auto opened = open_secrets(with, secrets, resolve, places, place);
  if (!opened)
    return runtime::fail(std::move(opened.error()));
  return planning{std::move(*opened), place}.plan(key);
}

tl::expected<json, activity_failure>
http_result(const http_plan& plan, const runtime::http_outcome& how,
            runtime::clock::wall_time now) {
  if (!how)
    return tl::unexpected<activity_failure>{failure_of(how.error())};
  const auto& expect = plan.expect;
  const auto is_expected
    = expect.empty()
        ? how->status / 100 == 2
        : std::find(expect.begin(), expect.end(), how->status) != expect.end();
  if (!is_expected)
    return tl::unexpected<activity_failure>{status_failure(plan, *how, now)};
  const auto bad = [&](const std::string& message) {
    return tl::unexpected<activity_failure>{
      {"bad_reply", message, false, json{{"status", how->status}}}};
  };
  auto output = json{{"status", how->status}, {"headers", headers_of(*how)}};
  if (plan.output == http_output::none)
    return output;
  if (plan.output == http_output::json
      || (plan.output == http_output::as_it_says && is_json(*how))) {
    auto value = parse_foreign_json(how->body);
    if (!value)
      return bad("the reply " + value.error().message
                 + "; set output: text or none");
    output["json"] = std::move(*value);
    return output;
  }
  if (!runtime::is_valid_utf8(how->body))
    return bad("the reply is not UTF-8; set output: none");
  output["body"] = how->body;
  return output;
}

} // namespace troupe::engine
