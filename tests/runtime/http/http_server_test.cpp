#include "runtime/http/http_client.hpp"
#include "runtime/http/http_connection.hpp"
#include "runtime/http/http_server.hpp"
#include "runtime/http/problem_reply.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

using namespace troupe::runtime;
using namespace std::chrono_literals;

namespace {

constexpr auto local = "127.0.0.1";

http_server_options echoing() {
  auto options = http_server_options{};
  options.at = {local, 0};
  options.admit = [](const http_request& head) -> std::optional<http_reply> {
    if (header_of(head, "x-refuse").empty())
      return std::nullopt;
    return json_reply("{}", 403);
  };
  options.answer = [](const http_request& request, const std::stop_token&) {
    return json_reply(std::string{to_string(request.method)} + " " + request.url
                      + " " + request.body);
  };
  return options;
}

/// A connection on which anything may be said.
class raw_connection {
public:
  explicit raw_connection(const http_server& server)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.address().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                      sizeof(address))
            == 0);
  }

  void say(const std::string& text) const {
    static_cast<void>(
      ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL));
  }

  /// All that is said until the other side closes.
  [[nodiscard]] std::string hear() const {
    auto heard = std::string{};
    auto bytes = std::array<char, 4096>{};
    for (;;) {
      const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (count <= 0)
        return heard;
      heard.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

private:
  file_descriptor socket_;
};

std::size_t count(const std::string& text, const std::string& part) {
  auto found = std::size_t{0};
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("a server answers many requests on one connection") {
  const auto server = http_server::start(echoing()).value();
  auto client = http_client{};
  for (const auto* body : {"a", "", "b"}) {
    auto request = http_request{};
    request.method = http_method::post;
    request.url = url_of(server->address()) + "/x?y=%20";
    request.body = body;
    const auto reply = client.send(request);
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->body == std::string{"POST /x?y=%20 "} + body);
  }
  CHECK(server->connections() == 1);
}

TEST_CASE("what is refused is answered although its body is on its way") {
  const auto server = http_server::start(echoing()).value();
  const auto connection = raw_connection{*server};
  connection.say("POST / HTTP/1.1\r\nHost: x\r\nX-Refuse: 1\r\n"
                 "Content-Length: 100000\r\n\r\n"
                 + std::string(100'000, 'x'));
  const auto heard = connection.hear();
  CHECK(heard.starts_with("HTTP/1.1 403"));
  CHECK(count(heard, "HTTP/1.1") == 1);
}

TEST_CASE("no body is taken for the next request") {
  const auto server = http_server::start(echoing()).value();
  const auto hidden = std::string{"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"};
  const auto length = "Content-Length: " + std::to_string(hidden.size());
  for (const auto* method : {"GET", "HEAD", "POST", "BREW"}) {
    const auto connection = raw_connection{*server};
    connection.say(std::string{method}
                   + " / HTTP/1.1\r\nHost: x\r\n"
                     "Connection: close\r\n"
                   + length + "\r\n\r\n" + hidden);
    const auto heard = connection.hear();
    CHECK(count(heard, "HTTP/1.1 ") == 1);
    CHECK(count(heard, "GET /hidden HTTP") == (method[0] == 'P' ? 1 : 0));
  }
}

TEST_CASE("what is no request ends the connection") {
  auto options = echoing();
  options.header_bytes_max = 2'000;
  const auto server = http_server::start(std::move(options)).value();
  for (const auto& text :
       {std::string{"hello\r\n\r\n"}, std::string{"GET\r\n\r\n"},
        "GET / HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n", [] {
          auto many = std::string{"GET / HTTP/1.1\r\n"};
          for (auto i = 0; i < 1'000; ++i)
            many += "A: b\r\n";
          return many + "\r\n";
        }()}) {
    const auto connection = raw_connection{*server};
    connection.say(text);
    const auto heard = connection.hear();
    CHECK_FALSE(heard.starts_with("HTTP/1.1 200"));
    CHECK(count(heard, "HTTP/1.1") <= 1);
  }
}

TEST_CASE("who is slow is not waited for") {
  auto options = echoing();
  options.read_timeout = 30ms;
  options.idle_timeout = 30ms;
  const auto server = http_server::start(std::move(options)).value();
  CHECK(raw_connection{*server}.hear().empty());
  const auto connection = raw_connection{*server};
  connection.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  CHECK_FALSE(connection.hear().starts_with("HTTP/1.1 200"));
}

TEST_CASE("one connection too many is turned away") {
  auto options = echoing();
  options.connections_max = 1;
  const auto server = http_server::start(std::move(options)).value();
  auto client = http_client{};
  auto request = http_request{};
  request.url = url_of(server->address()) + "/";
  REQUIRE(client.send(request));
  const auto heard = raw_connection{*server}.hear();
  CHECK(heard.starts_with("HTTP/1.1 503"));
  CHECK(count(heard, "Retry-After") == 1);
  CHECK(client.send(request)->status == 200);
}

TEST_CASE("a stop is heard by whoever waits, and answered") {
  auto mutex = std::mutex{};
  auto changed = std::condition_variable_any{};
  auto is_waiting = std::atomic<bool>{false};
  auto options = echoing();
  options.answer = [&](const http_request&, const std::stop_token& stop) {
    auto guard = std::unique_lock{mutex};
    is_waiting = true;
    is_waiting.notify_all();
    changed.wait(guard, stop, [] { return false; });
    return json_reply("stopped", 503);
  };
  auto server = http_server::start(std::move(options)).value();
  const auto connection = raw_connection{*server};
  const auto idle = raw_connection{*server};
  connection.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  is_waiting.wait(false);
  server.reset();
  CHECK(count(connection.hear(), "stopped") == 1);
  CHECK(idle.hear().empty());
}

TEST_CASE("a port that is taken is not shared") {
  const auto server = http_server::start(echoing()).value();
  auto options = echoing();
  options.at = server->address();
  const auto second = http_server::start(std::move(options));
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == problem_kind::unavailable);
  CHECK(second.error().hint.find("--listen") != std::string::npos);
}

TEST_CASE("an exception becomes an answer that keeps it to itself") {
  auto options = echoing();
  options.answer
    = [](const http_request&, const std::stop_token&) -> http_reply {
    throw std::runtime_error{"secret"};
  };
  const auto server = http_server::start(std::move(options)).value();
  auto client = http_client{};
  auto request = http_request{};
  request.url = url_of(server->address()) + "/";
  const auto reply = client.send(request);
  REQUIRE(reply);
  CHECK(reply->status == 500);
  CHECK(reply->header("Content-Type") == "application/problem+json");
  CHECK(reply->body.find("secret") == std::string::npos);
}
