#include "runtime/http/http_client.hpp"
#include "tests/support/http_server.hpp"

#include <catch2/catch.hpp>

#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

http_request ask(std::string url) {
  auto request = http_request{};
  request.url = std::move(url);
  return request;
}

std::string value_of(const http_request& request, const std::string& name) {
  for (const auto& [known, value] : request.headers)
    if (known == name)
      return value;
  return {};
}

/// Remembers what it was asked last.
class fixture {
public:
  [[nodiscard]] http_reply answer(const http_request& request) {
    const auto lock = std::lock_guard{mutex_};
    asked_ = request;
    auto reply = http_reply{};
    reply.status = 200;
    if (request.url == "/moved") {
      reply.status = 302;
      reply.headers = {{"Location", "/here"}};
      return reply;
    }
    if (request.url == "/missing")
      reply.status = 404;
    reply.headers = {{"Content-Type", "text/plain"}, {"X-Answer", " a b "}};
    reply.body = request.url == "/large" ? std::string(100'000, 'x') : "body";
    return reply;
  }

  [[nodiscard]] http_request asked() {
    const auto lock = std::lock_guard{mutex_};
    return asked_;
  }

  http_server server{
    [this](const http_request& request) { return answer(request); }};
  http_client client;

private:
  std::mutex mutex_;
  http_request asked_;
};

} // namespace

TEST_CASE_METHOD(fixture, "a request arrives as it was made") {
  for (const auto method :
       {http_method::post, http_method::put, http_method::patch,
        http_method::remove, http_method::get}) {
    auto request = ask(server.url() + "/path?x=1");
    request.method = method;
    request.headers = {{"X-One", "1"}, {"Content-Type", "text/x-test"}};
    if (method != http_method::get)
      request.body = "hello";
    const auto reply = client.send(request);
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->header("x-answer") == "a b");
    CHECK(reply->body == "body");
    CHECK(asked().method == method);
    CHECK(asked().url == "/path?x=1");
    CHECK(asked().body == request.body);
    CHECK(value_of(asked(), "X-One") == "1");
    CHECK(value_of(asked(), "Content-Type") == "text/x-test");
    CHECK(value_of(asked(), "User-Agent") == "troupe");
  }
}

TEST_CASE_METHOD(fixture, "a HEAD has headers only") {
  auto request = ask(server.url() + "/");
  request.method = http_method::head;
  const auto reply = client.send(request);
  REQUIRE(reply);
  CHECK(reply->header("X-Answer") == "a b");
  CHECK(reply->body.empty());
}

TEST_CASE_METHOD(fixture, "any status is a reply") {
  CHECK(client.send(ask(server.url() + "/missing"))->status == 404);
}

TEST_CASE_METHOD(fixture, "redirects are followed only when asked for") {
  auto request = ask(server.url() + "/moved");
  CHECK(client.send(request)->status == 302);
  CHECK(asked().url == "/moved");
  request.redirects_max = 1;
  CHECK(client.send(request)->status == 200);
  CHECK(asked().url == "/here");
}

TEST_CASE_METHOD(fixture, "a reply longer than allowed is not read") {
  auto request = ask(server.url() + "/large");
  request.response_bytes_max = 99'999;
  const auto reply = client.send(request);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == problem_kind::failed);
  CHECK(reply.error().message.find("99999 bytes") != std::string::npos);
  request.response_bytes_max = 100'000;
  CHECK(client.send(request)->body.size() == 100'000);
}

TEST_CASE_METHOD(fixture, "a header cannot smuggle in another one") {
  for (const auto& header :
       {http_header{"A", "b\r\nC: d"}, http_header{"A\n", "b"},
        http_header{"", "b"}, http_header{"A: b", "c"},
        http_header{"A", std::string{"b\0c", 3}}}) {
    auto request = ask(server.url() + "/");
    request.headers = {header};
    CHECK(client.send(request).error().kind == problem_kind::invalid_input);
  }
}

TEST_CASE("what is no HTTP address is refused") {
  auto client = http_client{};
  for (const auto* url : {"", "file:///etc/passwd", "ftp://127.0.0.1/"})
    CHECK(client.send(ask(url)).error().kind == problem_kind::invalid_input);
}

TEST_CASE("a server that is not there is unavailable") {
  auto gone = std::optional<http_server>{
    std::in_place, [](const http_request&) { return http_reply{}; }};
  const auto url = gone->url();
  gone.reset();
  auto client = http_client{};
  auto request = ask(url + "/path?secret=1");
  request.headers = {{"Authorization", "Basic c2VjcmV0"}};
  const auto reply = client.send(request);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == problem_kind::unavailable);
  CHECK(reply.error().file == "127.0.0.1");
  CHECK(render(reply.error()).find("secret") == std::string::npos);
  CHECK(render(reply.error()).find("c2Vj") == std::string::npos);
}

TEST_CASE("a server without a certificate is not spoken to") {
  const auto server = http_server{[](const http_request&) {
    auto reply = http_reply{};
    reply.status = 200;
    return reply;
  }};
  auto client = http_client{};
  const auto reply = client.send(ask("https" + server.url().substr(4)));
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == problem_kind::unavailable);
}

TEST_CASE("nobody waits for ever for a silent server") {
  auto server = silent_server{};
  auto client = http_client{};
  auto request = ask("http://" + server.address());
  request.timeout = 20ms;
  CHECK(client.send(request).error().kind == problem_kind::timeout);
  request.timeout = 1h;
  auto stop = std::stop_source{};
  auto waiting = std::thread{[&] {
    server.await_request();
    stop.request_stop();
  }};
  CHECK(client.send(request, stop.get_token()).error().kind
        == problem_kind::interrupted);
  waiting.join();
}
