#include "actors/engine/http_runner.hpp"
#include "runtime/http/http_host.hpp"
#include "tests/actors/engine/activity_fixture.hpp"
#include "tests/actors/engine/live_activity_fixture.hpp"
#include "tests/support/http_server.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using nlohmann::json;
using runtime::http_failure_kind;

namespace {

/// Requests that exist only in the test.
class fake_requests final : public runtime::http_runner {
public:
  struct sent {
    runtime::http_request request;
    runtime::http_observer observer;
    bool is_dropped = false;
  };

  std::unique_ptr<runtime::running_request>
  run(runtime::http_request request, runtime::http_observer observer) override {
    auto made = std::make_shared<sent>();
    made->request = std::move(request);
    made->observer = std::move(observer);
    requests.push_back(made);
    return std::make_unique<handle>(made);
  }

  std::vector<std::shared_ptr<sent>> requests;

private:
  class handle final : public runtime::running_request {
  public:
    explicit handle(std::shared_ptr<sent> to) : to_{std::move(to)} {}
    handle(const handle&) = delete;
    handle& operator=(const handle&) = delete;

    ~handle() override {
      to_->is_dropped = true;
    }

  private:
    std::shared_ptr<sent> to_;
  };
};

runtime::http_reply replied(int status, std::string body) {
  auto reply = runtime::http_reply{};
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

std::string value_of(const runtime::http_request& request,
                     const std::string& name) {
  for (const auto& each : request.headers)
    if (each.name == name)
      return each.value;
  return {};
}

struct http_fixture : activity_fixture {
  std::shared_ptr<fake_requests> fake = std::make_shared<fake_requests>();

  http_fixture() {
    add_http_activity(*registry, {fake, {{"T", "hush-hush"}}});
    start_host();
  }

  fake_requests::sent& sent() {
    REQUIRE(fake->requests.size() == 1);
    return *fake->requests.front();
  }

  void end(runtime::http_outcome how) {
    sent().observer.on_end(std::move(how));
    run();
  }
};

const auto simple
  = run_activity("http", "fetch", R"({"url": "https://example.org/x"})");

} // namespace

TEST_CASE_METHOD(http_fixture, "a reply is the result of a request") {
  auto request = simple;
  request.set_idempotency_key("key-1");
  give(request);
  CHECK(sent().request.url == "https://example.org/x");
  CHECK(value_of(sent().request, "Troupe-Idempotency-Key") == "key-1");
  CHECK(heard->successes.empty());
  end(replied(200, "text"));
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].output_json()
        == R"({"body":"text","headers":{},"status":200})");
  CHECK(others() == 1);
}

TEST_CASE_METHOD(http_fixture, "a request's failure is told with its kind") {
  give(simple);
  auto reply = replied(503, "later");
  reply.headers = {{"Retry-After", "7"}};
  end(reply);
  CHECK(failure().kind() == "http_status");
  CHECK(failure().message() == "status 503 from example.org: later");
  CHECK(failure().retryable());
  CHECK(json::parse(failure().details_json()).at("retry_after_ms") == 7'000);
}

TEST_CASE_METHOD(http_fixture, "a wrong request is not sent") {
  give(run_activity("http", "fetch", R"({"uri": "https://example.org"})"));
  CHECK(failure().kind() == "invalid_input");
  CHECK(fake->requests.empty());
}

TEST_CASE_METHOD(http_fixture,
                 "secrets of the environment are sent, not told") {
  auto request = run_activity("http", "fetch", R"({
    "url": "https://example.org",
    "headers": {"A": "secret://env/T", "B": "secret://env/T"}
  })");
  request.add_secrets("/headers/A");
  give(request);
  CHECK(value_of(sent().request, "A") == "hush-hush");
  CHECK(value_of(sent().request, "B") == "secret://env/T");
  end(replied(401, "not hush-hush"));
  CHECK(failure().message().find("hush") == std::string::npos);
}

TEST_CASE_METHOD(http_fixture, "a cancelled request is stopped at once") {
  give(simple);
  CHECK_FALSE(sent().is_dropped);
  give(cancel_activity(simple));
  CHECK(sent().is_dropped);
  CHECK(failure().kind() == "cancelled");
  // What was already on its way reaches nobody.
  end(replied(200, ""));
  CHECK(heard->successes.empty());
  CHECK(others() == 1);
}

TEST_CASE_METHOD(http_fixture, "a request that takes too long is stopped") {
  auto request = simple;
  request.set_start_to_close_ms(1'000);
  give(request);
  advance(1s);
  CHECK(sent().is_dropped);
  CHECK(failure().kind() == "timeout");
}

TEST_CASE_METHOD(http_fixture, "no request outlives the host's crash") {
  give(simple);
  stop(host, caf::exit_reason::kill);
  CHECK(sent().is_dropped);
}

namespace {

/// Real requests on real threads.
struct live_http_fixture : live_activity_fixture {
  http_server server{
    [](const runtime::http_request& request) { return answer(request); }};

  live_http_fixture() {
    add_http_activity(*registry, {std::make_shared<runtime::http_host>(),
                                  {{"T", "hush-hush"}}});
    start_host();
  }

  static runtime::http_reply answer(const runtime::http_request& request) {
    auto reply = replied(200, json(request.body).dump());
    reply.headers = {{"Content-Type", "application/json"}};
    if (request.url == "/moved") {
      reply.status = 302;
      reply.headers = {{"Location", "/headers"}};
    } else if (request.url == "/busy") {
      reply = replied(503, "later");
      reply.headers = {{"Retry-After", "2"}};
    } else if (request.url == "/headers") {
      reply.body = json{{"key", value_of(request, "Troupe-Idempotency-Key")},
                        {"token", value_of(request, "Authorization")}}
                     .dump();
    }
    return reply;
  }

  void ask(json with, const std::vector<std::string>& secrets = {}) {
    auto request
      = run_activity("http", "s" + std::to_string(++steps_), with.dump());
    request.set_idempotency_key("key-1");
    for (const auto& each : secrets)
      request.add_secrets(each);
    last = request;
    give(request);
  }

  json output() {
    return json::parse(reports->wait_for(reports->successes).output_json());
  }

  messages::ActivityFailed failure() {
    return reports->wait_for(reports->failures);
  }

  messages::RunActivity last;

private:
  int steps_ = 0;
};

} // namespace

TEST_CASE_METHOD(live_http_fixture, "a real request is sent for a step") {
  ask({{"url", server.url() + "/echo"}, {"json", {{"x", 1}}}});
  const auto reply = output();
  CHECK(reply.at("status") == 200);
  CHECK(reply.at("json") == R"({"x":1})");
  CHECK(reply.at("headers").at("content-type") == "application/json");
}

TEST_CASE_METHOD(live_http_fixture,
                 "a real request has its key and its secret, redirected or "
                 "not") {
  for (const auto* path : {"/headers", "/moved"}) {
    ask({{"url", server.url() + path},
         {"auth", {{"bearer", "secret://env/T"}}},
         {"follow_redirects", true}},
        {"/auth/bearer"});
    CHECK(output().at("json")
          == json{{"key", "key-1"}, {"token", "Bearer hush-hush"}});
  }
  ask({{"url", server.url() + "/moved"}});
  CHECK(failure().kind() == "http_status");
}

TEST_CASE_METHOD(live_http_fixture, "real failures have their kinds") {
  ask({{"url", server.url() + "/busy"}});
  const auto busy = failure();
  CHECK(busy.kind() == "http_status");
  CHECK(busy.retryable());
  CHECK(json::parse(busy.details_json()).at("retry_after_ms") == 2'000);

  ask({{"url", server.url() + "/echo"},
       {"body", std::string(1'000, 'x')},
       {"output_bytes_max", 1'000}});
  CHECK(failure().kind() == "output_too_large");

  auto gone = std::make_optional<http_server>(&live_http_fixture::answer);
  const auto nobody = gone->url();
  gone.reset();
  ask({{"url", nobody}});
  const auto refused = failure();
  CHECK(refused.kind() == "connect");
  CHECK(refused.retryable());

  const auto silent = silent_server{};
  ask({{"url", "http://" + silent.address()}, {"timeout", "20ms"}});
  CHECK(failure().kind() == "timeout");
}

TEST_CASE_METHOD(live_http_fixture,
                 "a real request is stopped for real when it is cancelled") {
  auto silent = silent_server{};
  ask({{"url", "http://" + silent.address()}});
  silent.await_request();
  caf::anon_send(host, cancel_activity(last));
  CHECK(failure().kind() == "cancelled");
  silent.await_close();
}
