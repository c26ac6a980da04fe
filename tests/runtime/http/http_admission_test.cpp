#include "runtime/http/http_admission.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace troupe::runtime;

namespace {

http_admission rules() {
  return {"t", {"/healthz"}, 10, {"application/json", "text/yaml"}};
}

/// A request that is let in.
http_request good() {
  auto head = http_request{};
  head.method = http_method::post;
  head.url = "/v1/runs";
  head.headers = {{"Host", "localhost:7070"},
                  {"Authorization", "Bearer t"},
                  {"Content-Length", "10"},
                  {"Content-Type", "Application/JSON; charset=utf-8"}};
  return head;
}

/// The status of the refusal of a good request with another header; 0: none.
int status_with(const std::string& name, const std::string& value) {
  auto head = good();
  for (auto& header : head.headers)
    if (header.name == name)
      header.value = value;
  const auto reply = refuse(rules(), head);
  return reply ? reply->status : 0;
}

int status_with_another(const std::string& name, const std::string& value) {
  auto head = good();
  head.headers.push_back({name, value});
  const auto reply = refuse(rules(), head);
  return reply ? reply->status : 0;
}

} // namespace

TEST_CASE("only names of this machine are taken as host") {
  for (const auto* host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:7070", "127.8.8.8", "[::1]:80"})
    CHECK(status_with("Host", host) == 0);
  for (const auto* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost@evil.example", "10.0.0.1:7070", "localhost/x", "0.0.0.0"})
    CHECK(status_with("Host", host) == 403);
  CHECK(status_with_another("host", "evil.example") == 403);
  CHECK(status_with_another("Host", "localhost") == 403);
}

TEST_CASE("a token is wanted but where none is needed") {
  CHECK(status_with("Authorization", "Bearer x") == 401);
  CHECK(status_with("Authorization", "") == 401);
  auto head = good();
  head.headers[1].value.clear();
  const auto reply = refuse(rules(), head);
  REQUIRE(reply);
  CHECK(reply->header("WWW-Authenticate") == "Bearer");
  CHECK(reply->header("Content-Type") == "application/problem+json");
  for (const auto* open : {"/healthz", "/healthz?x=1"}) {
    head.url = open;
    CHECK_FALSE(refuse(rules(), head));
  }
  for (const auto* closed : {"/healthz/", "//healthz", "/healthz%3f", "/x"}) {
    head.url = closed;
    CHECK(refuse(rules(), head)->status == 401);
  }
}

TEST_CASE("a body is refused by what its headers say") {
  CHECK(status_with("Content-Length", "11") == 413);
  CHECK(status_with("Content-Length", "99999999999999999999") == 400);
  CHECK(status_with("Content-Length", "-1") == 400);
  CHECK(status_with("Content-Length", "1, 1") == 400);
  CHECK(status_with_another("content-length", "10") == 400);
  CHECK(status_with_another("Transfer-Encoding", "chunked") == 411);
  CHECK(status_with_another("Content-Encoding", "gzip") == 415);
  CHECK(status_with("Content-Type", "text/plain") == 415);
  CHECK(status_with("Content-Type", "") == 415);
  CHECK(status_with("Content-Type", "text/yaml") == 0);
  auto head = good();
  head.headers.resize(2);
  CHECK_FALSE(refuse(rules(), head));
}

TEST_CASE("only this machine is listened to") {
  CHECK(parse_loopback("127.0.0.1:7070") == listen_address{"127.0.0.1", 7070});
  CHECK(parse_loopback("localhost:0") == listen_address{"127.0.0.1", 0});
  CHECK(parse_loopback("[::1]:80") == listen_address{"::1", 80});
  CHECK(url_of({"::1", 80}) == "http://[::1]:80");
  CHECK(url_of({"127.0.0.1", 7070}) == "http://127.0.0.1:7070");
  for (const auto* text :
       {"0.0.0.0:7070", "[::]:1", "10.1.1.1:7070", "example.org:80"}) {
    const auto refused = parse_loopback(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().hint.find("listen at 127.0.0.1")
          != std::string::npos);
  }
  for (const auto* text :
       {"", "7070", "localhost", "localhost:", ":7070", "localhost:70700",
        "localhost:-1", "localhost:7x", "localhost:1/x", "u@localhost:1"})
    CHECK_FALSE(parse_loopback(text));
}
