#include "actors/engine/http_activity.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;

using json = nlohmann::json;
using pointers = std::vector<json::json_pointer>;
using runtime::http_failure_kind;
using runtime::http_method;
using runtime::problem_kind;

namespace {

/// 1994-11-06T08:49:37Z.
constexpr auto now = runtime::clock::wall_time{784111777s};

runtime::outcome<runtime::secret>
resolve(const runtime::secret_reference& reference) {
  if (reference.name == "TOKEN")
    return runtime::secret{"hush-hush"};
  if (reference.name == "BYTES")
    return runtime::secret{"\xff\xfe\xff\xfe"};
  if (reference.name == "LINES")
    return runtime::secret{"hush\r\nX: y"};
  return runtime::fail(problem_kind::not_found, "no such secret");
}

pointers at(const std::vector<std::string>& texts) {
  auto result = pointers{};
  for (const auto& each : texts)
    result.emplace_back(each);
  return result;
}

runtime::outcome<http_plan> plan(const json& with,
                                 const std::vector<std::string>& secrets = {}) {
  return plan_http(with, at(secrets), "key-1", resolve,
                   {"a.yaml", 7, 0, "steps[0].with"});
}

runtime::problem problem_of(const json& with,
                            const std::vector<std::string>& secrets = {}) {
  const auto planned = plan(with, secrets);
  return planned ? runtime::problem{} : planned.error();
}

http_plan good_plan(const json& with,
                    const std::vector<std::string>& secrets = {}) {
  auto planned = plan(with, secrets);
  if (!planned)
    FAIL(runtime::render(planned.error()));
  return std::move(*planned);
}

/// The values of a header.
std::vector<std::string> header(const http_plan& of, const std::string& name) {
  auto result = std::vector<std::string>{};
  for (const auto& each : of.request.headers)
    if (runtime::header_key(each.name) == runtime::header_key(name))
      result.push_back(each.value);
  return result;
}

using texts = std::vector<std::string>;

runtime::http_reply reply(int status, std::string body,
                          std::vector<runtime::http_header> headers = {}) {
  auto result = runtime::http_reply{};
  result.status = status;
  result.body = std::move(body);
  result.headers = std::move(headers);
  return result;
}

const auto url = std::string{"https://api.example.org/items?key=p4ssw0rd"};
const auto simple = json{{"url", url}};
const auto reference = std::string{"secret://env/TOKEN"};

activity_failure failure_of(const http_plan& of,
                            const runtime::http_outcome& how) {
  auto output = http_result(of, how, now);
  REQUIRE_FALSE(output);
  return output.error();
}

activity_failure failure_of(http_failure_kind kind, problem_kind reason) {
  auto failure = runtime::http_failure{};
  failure.kind = kind;
  failure.reason.kind = reason;
  failure.reason.message = "what curl says";
  failure.reason.file = "api.example.org";
  return failure_of(good_plan(simple),
                    tl::unexpected<runtime::http_failure>{failure});
}

} // namespace

TEST_CASE("a request is planned as it is written") {
  const auto planned
    = good_plan({{"url", url},
                 {"method", "PUT"},
                 {"headers", {{"X-A", "x"}, {"X-N", 1.5}, {"X-Not", nullptr}}},
                 {"body", "some text"},
                 {"expect", {200, 409}},
                 {"output", "text"},
                 {"output_bytes_max", "2KiB"},
                 {"timeout", "3s"},
                 {"follow_redirects", true}});
  CHECK(planned.request.url == url);
  CHECK(planned.request.method == http_method::put);
  CHECK(planned.request.body == "some text");
  CHECK(header(planned, "X-A") == texts{"x"});
  CHECK(header(planned, "X-N") == texts{"1.5"});
  CHECK(header(planned, "X-Not").empty());
  CHECK(header(planned, "Content-Type") == texts{"text/plain; charset=utf-8"});
  CHECK(planned.expect == std::vector{200, 409});
  CHECK(planned.output == http_output::text);
  CHECK(planned.request.response_bytes_max == 2'048);
  CHECK(planned.request.timeout == 3s);
  CHECK(planned.request.redirects_max == 10);
}

TEST_CASE("little has to be written") {
  const auto planned = good_plan(simple);
  CHECK(planned.request.method == http_method::get);
  CHECK(planned.request.body.empty());
  CHECK(header(planned, "Content-Type").empty());
  CHECK(planned.expect.empty());
  CHECK(planned.output == http_output::as_it_says);
  CHECK(planned.request.response_bytes_max == 1'048'576);
  CHECK(planned.request.timeout == 60s);
  CHECK(planned.request.redirects_max == 0);
  const auto sent = good_plan({{"url", url}, {"body", ""}});
  CHECK(sent.request.method == http_method::post);
}

TEST_CASE("what is no text is sent as JSON, and with json everything is") {
  const auto type = texts{"application/json"};
  for (const auto* key : {"body", "json"}) {
    const auto planned = good_plan({{"url", url}, {key, {{"a", {1, 2}}}}});
    CHECK(planned.request.body == R"({"a":[1,2]})");
    CHECK(planned.request.method == http_method::post);
    CHECK(header(planned, "Content-Type") == type);
  }
  CHECK(good_plan({{"url", url}, {"json", "a"}}).request.body == "\"a\"");
  CHECK(good_plan({{"url", url}, {"body", false}}).request.body == "false");
}

TEST_CASE("what must not be doubled has a connection of its own") {
  for (const auto* method : {"GET", "HEAD", "PUT", "DELETE"})
    CHECK_FALSE(good_plan({{"url", url}, {"method", method}})
                  .request.needs_new_connection);
  for (const auto* method : {"POST", "PATCH"})
    CHECK(good_plan({{"url", url}, {"method", method}})
            .request.needs_new_connection);
}

TEST_CASE("the key of idempotency goes along, headers of the workflow win") {
  CHECK(header(good_plan(simple), "Troupe-Idempotency-Key") == texts{"key-1"});
  const auto with_headers = [](json headers) {
    return good_plan(
      {{"url", url}, {"body", "x"}, {"headers", std::move(headers)}});
  };
  const auto own = with_headers(
    {{"troupe-idempotency-key", "mine"}, {"CONTENT-TYPE", "text/csv"}});
  CHECK(header(own, "Troupe-Idempotency-Key") == texts{"mine"});
  CHECK(header(own, "Content-Type") == texts{"text/csv"});
  const auto none = with_headers(
    {{"Troupe-Idempotency-Key", nullptr}, {"Content-Type", nullptr}});
  CHECK(header(none, "Troupe-Idempotency-Key").empty());
  CHECK(header(none, "Content-Type").empty());
}

TEST_CASE("a request that is written wrongly is refused with its key") {
  const auto key_of = [](json more) {
    auto with = simple;
    with.update(more);
    return problem_of(with).key;
  };
  const auto prefix = std::string{"steps[0].with."};
  CHECK(problem_of(json::object()).key == prefix + "url");
  CHECK(key_of({{"url", 1}}) == prefix + "url");
  for (const auto* wrong : {"example.org", "ftp://a", "https://a:b@c.org", "",
                            "https://a b", "https://a\r\nX: y"})
    CHECK(key_of({{"url", wrong}}) == prefix + "url");
  CHECK(key_of({{"method", "get"}}) == prefix + "method");
  CHECK(key_of({{"method", "HEAD"}, {"body", "x"}}) == prefix + "method");
  CHECK(key_of({{"body", "x"}, {"json", 1}}) == prefix + "json");
  CHECK(key_of({{"headers", {1}}}) == prefix + "headers");
  CHECK(key_of({{"headers", {{"a b", "x"}}}}) == prefix + "headers");
  CHECK(key_of({{"headers", {{"", "x"}}}}) == prefix + "headers");
  CHECK(key_of({{"headers", {{"A", "x\r\nB: c"}}}}) == prefix + "headers.A");
  CHECK(key_of({{"headers", {{"A", {1}}}}}) == prefix + "headers.A");
  CHECK(key_of({{"headers", {{"A", 1}, {"a", 2}}}}) == prefix + "headers.a");
  CHECK(key_of({{"headers", {{"Content-Length", 1}}}})
        == prefix + "headers.Content-Length");
  CHECK(key_of({{"headers", {{"Transfer-Encoding", "chunked"}}}})
        == prefix + "headers.Transfer-Encoding");
  CHECK(key_of({{"expect", 200}}) == prefix + "expect");
  CHECK(key_of({{"expect", {200, 99}}}) == prefix + "expect");
  CHECK(key_of({{"expect", {"2xx"}}}) == prefix + "expect");
  CHECK(key_of({{"output", "yaml"}}) == prefix + "output");
  CHECK(key_of({{"output_bytes_max", "1GiB"}}) == prefix + "output_bytes_max");
  CHECK(key_of({{"timeout", "25h"}}) == prefix + "timeout");
  CHECK(key_of({{"follow_redirects", 3}}) == prefix + "follow_redirects");
  CHECK(key_of({{"bdy", "x"}}) == prefix + "bdy");
  CHECK(problem_of(json::object()).file == "a.yaml");
  const auto hidden = problem_of({{"url", "https://me:p4ssw0rd@example.org"}});
  CHECK(render(hidden).find("p4ssw0rd") == std::string::npos);
}

TEST_CASE("who asks is said by a token or a password") {
  const auto auth = [](json value) {
    return json{{"url", url}, {"auth", std::move(value)}};
  };
  CHECK(header(good_plan(auth({{"bearer", "abc"}})), "Authorization")
        == texts{"Bearer abc"});
  const auto basic
    = good_plan(auth({{"user", "Aladdin"}, {"password", "open sesame"}}));
  CHECK(header(basic, "Authorization")
        == texts{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="});
  // Whoever sees this knows the password.
  CHECK(basic.secrets.back().reveal() == "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const auto key = std::string{"steps[0].with.auth"};
  CHECK(problem_of(auth("abc")).key == key);
  CHECK(problem_of(auth(json::object())).key == key);
  CHECK(problem_of(auth({{"user", "a"}})).key == key);
  CHECK(problem_of(auth({{"bearer", "a"}, {"user", "b"}})).key == key);
  CHECK(problem_of(auth({{"bearer", "a\nb"}})).key == key);
  CHECK(problem_of(auth({{"token", "a"}})).key.starts_with(key));
  auto both = auth({{"bearer", "a"}});
  both["headers"] = {{"authorization", "b"}};
  CHECK(problem_of(both).key == key);
}

TEST_CASE("a request's secrets are resolved where they were written as such") {
  const auto with = json{{"url", url},
                         {"headers", {{"A", reference}, {"B", reference}}},
                         {"auth", {{"bearer", reference}}},
                         {"json", {{"a", {1, reference}}, {"b", reference}}}};
  const auto planned
    = good_plan(with, {"/headers/A", "/auth/bearer", "/json/a/1"});
  CHECK(header(planned, "A") == texts{"hush-hush"});
  // What came out of an expression is a text, whatever it looks like.
  CHECK(header(planned, "B") == texts{reference});
  CHECK(header(planned, "Authorization") == texts{"Bearer hush-hush"});
  CHECK(planned.request.body
        == R"({"a":[1,"hush-hush"],"b":"secret://env/TOKEN"})");
  CHECK(good_plan({{"url", url}, {"body", reference}}, {"/body"}).request.body
        == "hush-hush");
}

TEST_CASE("secrets that cannot be sent are not shown either") {
  auto reason = problem_of({{"url", reference}}, {"/url"});
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.message
        == "a secret may only stand in headers, auth, body and json");
  reason = problem_of({{"url", url}, {"headers", {{"A", "secret://env/NO"}}}},
                      {"/headers/A"});
  CHECK(reason.kind == problem_kind::not_found);
  CHECK(reason.key == "steps[0].with.headers.A");
  reason = problem_of(
    {{"url", url}, {"headers", {{"A", "secret://env/LINES"}}}}, {"/headers/A"});
  CHECK(reason.key == "steps[0].with.headers.A");
  CHECK(render(reason).find("hush") == std::string::npos);
  reason
    = problem_of({{"url", url}, {"json", {"secret://env/BYTES"}}}, {"/json/0"});
  CHECK(reason.key == "steps[0].with.json");
}

TEST_CASE("nobody on the way sees secrets") {
  const auto send = [](const char* to, bool has_secret) {
    auto with = json{{"url", to}};
    if (has_secret)
      with["headers"] = {{"A", reference}};
    return problem_of(with, {"/headers/A"}).key;
  };
  CHECK(send("http://example.org", true) == "steps[0].with.url");
  CHECK(send("http://127.0.0.1.example.org", true) == "steps[0].with.url");
  CHECK(send("http://example.org", false).empty());
  CHECK(send("https://example.org", true).empty());
  CHECK(send("http://127.0.0.1:80", true).empty());
  CHECK(send("http://localhost", true).empty());
  CHECK(problem_of(
          {{"url", "http://example.org"}, {"auth", {{"bearer", "a literal"}}}})
          .key
        == "steps[0].with.url");
}

TEST_CASE("a reply becomes the output of the step") {
  const auto output_of
    = [](const char* form, const std::string& body, const char* type) {
        auto with = simple;
        if (*form != '\0')
          with["output"] = form;
        return http_result(good_plan(with),
                           reply(200, body, {{"Content-Type", type}}), now);
      };
  CHECK(
    output_of("", R"({"a": 1})", "application/json; charset=utf-8").value()
    == json{{"status", 200},
            {"headers", {{"content-type", "application/json; charset=utf-8"}}},
            {"json", {{"a", 1}}}});
  CHECK(output_of("", "[]", "Application/Problem+JSON")->at("json")
        == json::array());
  CHECK(output_of("", "", "application/json")->at("json") == nullptr);
  CHECK(output_of("", "[]", "text/plain")->at("body") == "[]");
  CHECK(output_of("json", "[]", "text/plain")->at("json") == json::array());
  CHECK(output_of("text", "[]", "application/json")->at("body") == "[]");
  CHECK(output_of("none", "\xff", "application/json")->size() == 2);
  for (const auto& wrong : {output_of("json", "<p>", "text/html"),
                            output_of("", "{", "application/json"),
                            output_of("text", "\xff", "text/plain"),
                            output_of("", "\xff", "image/png")}) {
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == "bad_reply");
    CHECK_FALSE(wrong.error().is_retryable);
  }
}

TEST_CASE("headers of a reply are one object, without cookies") {
  const auto output = http_result(good_plan(simple),
                                  reply(204, "",
                                        {{"X-A", "1"},
                                         {"x-a", "2"},
                                         {"Set-Cookie", "id=1"},
                                         {"X-Bytes", "\xff"}}),
                                  now);
  CHECK(output.value().at("headers")
        == json{{"x-a", "1, 2"}, {"x-bytes", "?"}});
}

TEST_CASE("a status that is not expected is a failure") {
  const auto planned = good_plan(simple);
  auto failure = failure_of(planned, reply(404, " no such item\n"));
  CHECK(failure.kind == "http_status");
  CHECK(failure.message == "status 404 from api.example.org:  no such item");
  CHECK(failure.details == json{{"status", 404}, {"body_bytes", 14}});
  CHECK(failure_of(planned, reply(500, "")).message
        == "status 500 from api.example.org");
  CHECK(failure_of(planned, reply(302, "", {{"Location", "/x"}})).message
        == "status 302 from api.example.org: a redirect that was not followed");

  const auto narrow = good_plan({{"url", url}, {"expect", {202, 404}}});
  CHECK(http_result(narrow, reply(404, ""), now));
  CHECK(failure_of(narrow, reply(200, "")).kind == "http_status");
}

TEST_CASE("only statuses that may pass by themselves are tried again") {
  const auto planned = good_plan(simple);
  for (auto status = 300; status < 600; ++status) {
    const auto expected = status == 408 || status == 425 || status == 429
                          || status == 500 || status == 502 || status == 503
                          || status == 504;
    CAPTURE(status);
    CHECK(failure_of(planned, reply(status, "")).is_retryable == expected);
  }
}

TEST_CASE("a server says when to ask again") {
  const auto wait = [](const char* value) {
    return failure_of(good_plan(simple),
                      reply(503, "", {{"Retry-After", value}}))
      .details;
  };
  CHECK(wait("7").at("retry_after_ms") == 7'000);
  CHECK(wait("Sun, 06 Nov 1994 08:50:37 GMT").at("retry_after_ms") == 60'000);
  CHECK_FALSE(wait("soon").contains("retry_after_ms"));
}

TEST_CASE("what a server says of its refusal is short and without secrets") {
  const auto planned = good_plan(
    {{"url", url}, {"headers", {{"A", reference}}}}, {"/headers/A"});
  CHECK(failure_of(planned, reply(401, "who is hush-hush?")).message
        == "status 401 from api.example.org: who is [redacted]?");
  const auto prefix = std::string{"status 401 from api.example.org: "};
  auto message
    = failure_of(planned, reply(401, std::string(5'000, 'x'))).message;
  CHECK(message == prefix + std::string(1'024, 'x'));
  CHECK(failure_of(planned, reply(401, "a\xff")).message == prefix + "a?");
  // Half of a secret, at the end of what is looked at.
  auto body = std::string{};
  while (body.size() < 65'526)
    body += "hush-hush ";
  body.resize(65'536 - 5);
  body += "hush-hush";
  message = failure_of(planned, reply(401, body)).message;
  CHECK(message.find("hush") == std::string::npos);
}

TEST_CASE("whatever else goes wrong has a kind of its own") {
  const auto check = [](http_failure_kind kind, problem_kind reason,
                        const char* name, bool is_retryable) {
    CAPTURE(name);
    const auto failure = failure_of(kind, reason);
    CHECK(failure.kind == name);
    CHECK(failure.is_retryable == is_retryable);
    CHECK(failure.message == "api.example.org: what curl says");
  };
  using kind = http_failure_kind;
  check(kind::connect, problem_kind::unavailable, "connect", true);
  check(kind::lost, problem_kind::unavailable, "connection_lost", true);
  check(kind::timeout, problem_kind::timeout, "timeout", true);
  check(kind::tls, problem_kind::denied, "tls", false);
  check(kind::tls, problem_kind::unavailable, "tls", true);
  check(kind::too_large, problem_kind::failed, "output_too_large", false);
  check(kind::bad_reply, problem_kind::failed, "bad_reply", false);
  check(kind::invalid, problem_kind::invalid_input, "invalid_input", false);
  check(kind::stopped, problem_kind::interrupted, "interrupted", true);
  check(kind::overloaded, problem_kind::unavailable, "unavailable", true);
  check(kind::other, problem_kind::failed, "failed", true);
}
