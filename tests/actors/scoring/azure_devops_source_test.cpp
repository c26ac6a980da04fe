#include "actors/scoring/azure_devops_source.hpp"
#include "tests/support/azure_devops_double.hpp"
#include "tests/support/http_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

runtime::outcome<std::string>
read_all(const runtime::outcome<runtime::byte_source>& source) {
  if (!source)
    return runtime::fail(source.error());
  auto text = std::string{};
  auto buffer = std::vector<char>(1'000);
  for (;;) {
    const auto size = (*source)(buffer);
    if (!size)
      return runtime::fail(size.error());
    if (*size == 0)
      return text;
    text.append(buffer.data(), *size);
  }
}

azure_devops_question question_to(const std::string& endpoint) {
  auto question = azure_devops_question{};
  question.project = find_azure_devops_project("o", "p", endpoint).value();
  question.condition = "[System.Id] > 0";
  return question;
}

class fixture {
public:
  fixture() {
    for (auto id = 1; id <= 450; ++id)
      server.items[id] = {{"System.Title", "t"}};
  }

  [[nodiscard]] azure_devops_surroundings surroundings() {
    auto with = azure_devops_surroundings{};
    with.send = [this](const runtime::http_request& request) {
      return runtime::outcome<runtime::http_reply>{server.answer(request)};
    };
    with.pause = [this](std::chrono::milliseconds time) {
      paused += time;
      return !has_to_stop;
    };
    with.now = [] { return runtime::clock::wall_time{}; };
    with.draw = [] { return 0.0; };
    return with;
  }

  azure_devops_double server;
  std::chrono::milliseconds paused{0};
  bool has_to_stop = false;
};

} // namespace

TEST_CASE_METHOD(fixture, "a project is a stream of lines") {
  server.troubles[3] = error_reply(429, "", {{"Retry-After", "30"}});
  const auto source = open_azure_devops(question_to(""), surroundings());
  // The first list at once, the items when they are wanted.
  CHECK(server.requests().size() == 1);
  const auto text = read_all(source).value();
  CHECK(std::count(text.begin(), text.end(), '\n') == 450);
  CHECK(paused == 30s);
}

TEST_CASE_METHOD(fixture, "a stop request ends a pause") {
  server.troubles[2] = error_reply(429, "", {{"Retry-After", "30"}});
  has_to_stop = true;
  const auto source = open_azure_devops(question_to(""), surroundings());
  CHECK(read_all(source).error().kind == problem_kind::interrupted);
}

TEST_CASE_METHOD(fixture, "the token travels with each request, over HTTP") {
  server.token = "a token";
  const auto over_http
    = http_server{[this](const runtime::http_request& asked) {
        return server.answer(asked);
      }};
  const auto question = question_to(over_http.url());
  const auto text
    = read_all(open_azure_devops(question, runtime::secret{"a token"}, {}));
  REQUIRE(text);
  CHECK(std::count(text->begin(), text->end(), '\n') == 450);
  const auto refused
    = open_azure_devops(question, runtime::secret{"another"}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::denied);
  CHECK(render(refused.error()).find("another") == std::string::npos);
}

TEST_CASE("a stop request ends the wait for a silent server") {
  auto server = silent_server{};
  auto stop = std::stop_source{};
  auto waiting = std::thread{[&] {
    server.await_request();
    stop.request_stop();
  }};
  const auto opened
    = open_azure_devops(question_to("http://" + server.address()),
                        runtime::secret{"t"}, stop.get_token());
  waiting.join();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == problem_kind::interrupted);
}
