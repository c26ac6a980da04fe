#include "runtime/http/http_host.hpp"
#include "tests/support/http_server.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

constexpr auto patience = 20s;

http_request ask(std::string url) {
  auto request = http_request{};
  request.url = std::move(url);
  return request;
}

/// A request on its way.
class observed_request {
public:
  observed_request(http_runner& runner, http_request request)
    : promise_{std::make_shared<std::promise<http_outcome>>()},
      end_{promise_->get_future()} {
    auto observer = http_observer{};
    observer.on_end = [promise = promise_](http_outcome how) {
      promise->set_value(std::move(how));
    };
    handle_ = runner.run(std::move(request), std::move(observer));
  }

  http_outcome result() {
    if (end_.wait_for(patience) != std::future_status::ready)
      throw std::runtime_error{"the request does not end"};
    return end_.get();
  }

  [[nodiscard]] bool has_ended() const {
    return end_.wait_for(0s) == std::future_status::ready;
  }

  void drop() {
    handle_.reset();
  }

private:
  std::shared_ptr<std::promise<http_outcome>> promise_;
  std::future<http_outcome> end_;
  std::unique_ptr<running_request> handle_;
};

http_failure_kind failure_of(http_runner& runner, http_request request) {
  const auto result = observed_request{runner, std::move(request)}.result();
  if (result)
    throw std::runtime_error{"there is a reply"};
  return result.error().kind;
}

http_reply answer(const http_request& request) {
  auto reply = http_reply{};
  reply.status = 200;
  reply.body = request.url;
  if (request.url.starts_with("/moved")) {
    reply.status = 302;
    reply.headers
      = {{"Location", request.url == "/moved" ? "/here" : "/moved"}};
  }
  return reply;
}

} // namespace

TEST_CASE("hundreds of requests are under way at the same time") {
  constexpr auto count = std::size_t{300};
  auto crowd = crowd_server{count};
  auto host = http_host{};
  auto requests = std::vector<std::unique_ptr<observed_request>>{};
  for (auto i = std::size_t{0}; i < count; ++i)
    requests.push_back(std::make_unique<observed_request>(
      host, ask(crowd.url() + "/" + std::to_string(i))));
  for (auto i = std::size_t{0}; i < count; ++i) {
    const auto reply = requests[i]->result();
    REQUIRE(reply);
    CHECK(reply->body == "/" + std::to_string(i));
  }
}

TEST_CASE("a dropped request is stopped at once, and never told of") {
  auto silent = silent_server{};
  const auto server = http_server{answer};
  auto host = http_host{};
  auto dropped = observed_request{host, ask("http://" + silent.address())};
  silent.await_request();
  dropped.drop();
  silent.await_close();
  CHECK(observed_request{host, ask(server.url() + "/")}.result());
  CHECK_FALSE(dropped.has_ended());
}

TEST_CASE("the end of a host is the end of its requests") {
  auto silent = silent_server{};
  auto host = std::make_optional<http_host>();
  auto request = observed_request{*host, ask("http://" + silent.address())};
  silent.await_request();
  host.reset();
  CHECK(request.result().error().kind == http_failure_kind::stopped);
  // A handle may outlive the host.
  request.drop();
}

TEST_CASE("a host takes so many requests and no more") {
  auto silent = silent_server{};
  const auto server = http_server{answer};
  auto host = http_host{{1}};
  auto first = observed_request{host, ask("http://" + silent.address())};
  silent.await_request();
  CHECK(failure_of(host, ask(server.url() + "/"))
        == http_failure_kind::overloaded);
  first.drop();
  silent.await_close();
  CHECK(observed_request{host, ask(server.url() + "/")}.result());
}

TEST_CASE("connections are kept, and not given to those who need a new one") {
  const auto server = http_server{[](const http_request& request) {
    auto reply = answer(request);
    for (const auto& [name, value] : request.headers)
      if (name == "Remote-Port")
        reply.body = value;
    return reply;
  }};
  auto host = http_host{};
  auto request = ask(server.url() + "/");
  const auto port = [&] {
    return observed_request{host, request}.result().value().body;
  };
  const auto first = port();
  CHECK(port() == first);
  request.needs_new_connection = true;
  CHECK(port() != first);
}

TEST_CASE("redirects are followed as often as allowed") {
  const auto server = http_server{answer};
  auto host = http_host{};
  auto request = ask(server.url() + "/moved-twice");
  for (const auto& [times, status, body] : {std::tuple{0U, 302, "/moved-twice"},
                                            {1U, 302, "/moved"},
                                            {2U, 200, "/here"},
                                            {9U, 200, "/here"}}) {
    request.redirects_max = times;
    const auto reply = observed_request{host, request}.result();
    REQUIRE(reply);
    CHECK(reply->status == status);
    CHECK(reply->body == body);
  }
}

TEST_CASE("a redirect takes nothing along to another server") {
  auto mutex = std::mutex{};
  auto seen = std::vector<http_header>{};
  const auto other = http_server{[&](const http_request& request) {
    const auto lock = std::lock_guard{mutex};
    seen = request.headers;
    return answer(request);
  }};
  const auto server = http_server{[&](const http_request&) {
    auto reply = http_reply{};
    reply.status = 307;
    reply.headers = {{"Location", other.url() + "/there"}};
    return reply;
  }};
  auto host = http_host{};
  auto request = ask(server.url() + "/");
  request.headers = {{"X-Api-Key", "hush"}, {"Authorization", "hush"}};
  request.redirects_max = 3;
  CHECK(observed_request{host, request}.result()->body == "/there");
  const auto lock = std::lock_guard{mutex};
  for (const auto& [name, value] : seen)
    CHECK(value != "hush");
}

TEST_CASE("each failure has its kind") {
  auto host = http_host{};
  CHECK(failure_of(host, ask("ftp://127.0.0.1")) == http_failure_kind::invalid);
  auto gone = std::make_optional<http_server>(answer);
  const auto nobody = gone->url();
  gone.reset();
  CHECK(failure_of(host, ask(nobody)) == http_failure_kind::connect);

  const auto server = http_server{answer};
  CHECK(failure_of(host, ask("https" + server.url().substr(4)))
        == http_failure_kind::tls);
  auto request = ask(server.url() + "/" + std::string(100, 'x'));
  request.response_bytes_max = 100;
  CHECK(failure_of(host, request) == http_failure_kind::too_large);

  const auto silent = silent_server{};
  request = ask("http://" + silent.address());
  request.timeout = 20ms;
  CHECK(failure_of(host, request) == http_failure_kind::timeout);
}
