#include "actors/engine/local_engine.hpp"
#include "tests/support/places.hpp"
#include "tools/api/api_input.hpp"
#include "tools/api/api_metrics.hpp"
#include "tools/api/run_readers.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::tools;
using namespace std::chrono_literals;

namespace {

runtime::http_request with_body(std::string body) {
  auto request = runtime::http_request{};
  request.method = runtime::http_method::post;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  request.body = std::move(body);
  return request;
}

/// The status and the key of a refusal: "422 inputs".
template <class T>
std::string refusal_of(const api_result<T>& result) {
  if (result)
    return "none";
  const auto said = nlohmann::json::parse(result.error().body);
  return std::to_string(result.error().status) + " " + said.value("key", "");
}

} // namespace

TEST_CASE("a submission is read with all that it says") {
  auto request = with_body(
    R"({"workflow": "w", "inputs": {"n": 1}, "priority": "high", "by": "ada"})");
  request.headers.push_back({"idempotency-key", "k"});
  const auto wanted = read_submission(request);
  REQUIRE(wanted);
  CHECK(wanted->workflow_id() == "w");
  CHECK(wanted->inputs() == R"({"n":1})");
  CHECK(wanted->priority() == 1);
  CHECK(wanted->by() == "ada");
  CHECK(wanted->idempotency_key() == "k");
  const auto other
    = read_submission(with_body(R"({"definition": "id: x", "key": "k"})"));
  REQUIRE(other);
  CHECK(other->workflow_text() == "id: x");
  CHECK(other->by() == "api");
  CHECK_FALSE(other->has_priority());
}

TEST_CASE("a submission that is none is refused at its key") {
  const auto refused = [](const char* body) {
    return refusal_of(read_submission(with_body(body)));
  };
  CHECK(refused("{") == "400 ");
  CHECK(refused("[]") == "400 ");
  CHECK(refused("{}") == "422 workflow");
  CHECK(refused("") == "422 workflow");
  CHECK(refused(R"({"workflow": "w", "definition": {}})") == "422 workflow");
  CHECK(refused(R"({"workflow": 1})") == "422 workflow");
  CHECK(refused(R"({"definition": 1})") == "422 definition");
  CHECK(refused(R"({"workflow": "w", "inputs": []})") == "422 inputs");
  CHECK(refused(R"({"workflow": "w", "priority": "top"})") == "422 priority");
  CHECK(refused(R"({"workflow": "w", "input": {}})") == "422 input");
  const auto deep = R"({"workflow": "w", "inputs": {"n": )"
                    + std::string(300, '[') + std::string(300, ']') + "}}";
  CHECK(refused(deep.c_str()) == "400 ");
  auto request = with_body(R"({"workflow": "w", "key": "a"})");
  request.headers.push_back({"Idempotency-Key", "b"});
  CHECK(refusal_of(read_submission(request)) == "422 key");
  request.headers.front().value = "text/yaml";
  CHECK(refusal_of(read_submission(request)) == "415 ");
}

TEST_CASE("a change is read by what it is") {
  CHECK(read_change(with_body(""), run_change::pause)->pause());
  CHECK(read_change(with_body("{}"), run_change::resume)->resume());
  const auto cancel = read_change(
    with_body(R"({"reason": "r", "grace": "2s"})"), run_change::cancel);
  REQUIRE(cancel);
  CHECK(cancel->cancel().grace_ms() == 2'000);
  CHECK(cancel->cancel().reason() == "r");
  CHECK_FALSE(cancel->cancel().terminate());
  CHECK(
    read_change(with_body(""), run_change::terminate)->cancel().terminate());
  CHECK(
    read_change(with_body(R"({"step": "s"})"), run_change::retry)->retry_step()
    == "s");
  const auto signal = read_change(
    with_body(
      R"({"name": "go", "payload": {"a": [1]}, "id": "i", "roles": ["r"]})"),
    run_change::signal);
  REQUIRE(signal);
  CHECK(signal->signal().payload() == R"({"a":[1]})");
  CHECK(signal->signal().roles(0) == "r");
  const auto refused = [](const char* body, run_change change) {
    return refusal_of(read_change(with_body(body), change));
  };
  CHECK(refused(R"({"grace": "2 parsecs"})", run_change::cancel)
        == "422 grace");
  CHECK(refused(R"({"grace": "2s"})", run_change::terminate) == "422 grace");
  CHECK(refused(R"({"step": 1})", run_change::retry) == "422 step");
  CHECK(refused("{}", run_change::signal) == "422 name");
  CHECK(refused(R"({"name": "a", "roles": "r"})", run_change::signal)
        == "422 roles");
  CHECK(refused(R"({"name": "a", "roles": [1]})", run_change::signal)
        == "422 roles");
  CHECK(refused(R"({"by": 1})", run_change::pause) == "422 by");
}

TEST_CASE("a run that goes on from another is read by where from") {
  const auto rerun
    = read_derivation(with_body(R"({"from": "b", "cancel": true, "key": "k"})"),
                      run_derivation::rerun);
  REQUIRE(rerun);
  CHECK(rerun->derived().step() == "b");
  CHECK(rerun->derived().cancel());
  CHECK(rerun->idempotency_key() == "k");
  const auto reset
    = read_derivation(with_body(R"({"to": 12})"), run_derivation::reset);
  REQUIRE(reset);
  CHECK(reset->derived().event() == 12);
  CHECK_FALSE(reset->derived().cancel());
  const auto refused = [](const char* body, run_derivation what) {
    return refusal_of(read_derivation(with_body(body), what));
  };
  CHECK(refused("{}", run_derivation::rerun) == "422 from");
  CHECK(refused(R"({"to": 1})", run_derivation::rerun) == "422 to");
  CHECK(refused(R"({"to": "1"})", run_derivation::reset) == "422 to");
  CHECK(refused(R"({"to": -1})", run_derivation::reset) == "422 to");
  CHECK(refused(R"({"to": 1, "cancel": 1})", run_derivation::reset)
        == "422 cancel");
}

TEST_CASE("a change of the queue is read with who and why") {
  const auto pause
    = read_queue_change(with_body(R"({"by": "me", "reason": "tea"})"), true);
  REQUIRE(pause);
  CHECK(pause->pause());
  CHECK(pause->by() == "me");
  CHECK(pause->reason() == "tea");
  CHECK(read_queue_change(with_body(""), false)->resume());
  CHECK(refusal_of(read_queue_change(with_body(R"({"reason": "x"})"), false))
        == "422 reason");
}

TEST_CASE("since when is how long before now") {
  const auto now = runtime::clock::wall_time{std::chrono::hours{100}};
  CHECK(*read_since({{"since", "1h"}}, now) == now - std::chrono::hours{1});
  CHECK_FALSE(read_since({}, now)->has_value());
  CHECK(refusal_of(read_since({{"since", "soon"}}, now)) == "400 since");
}

TEST_CASE("pages and patience are bounded") {
  CHECK(read_page({}, 20, 100)->limit == 20);
  const auto page = read_page({{"limit", "100"}, {"cursor", "7"}}, 20, 100);
  REQUIRE(page);
  CHECK(page->limit == 100);
  CHECK(page->cursor == 7);
  for (const auto* limit : {"0", "101", "-1", "x", "", "1x"})
    CHECK(refusal_of(read_page({{"limit", limit}}, 20, 100)) == "400 limit");
  for (const auto* cursor : {"-1", "x", ""})
    CHECK(refusal_of(read_page({{"cursor", cursor}}, 20, 100)) == "400 cursor");
  CHECK(read_patience({}).value() == 30s);
  CHECK(read_patience({{"timeout", "250ms"}}).value() == 250ms);
  CHECK(read_patience({{"timeout", "1h"}}).value() == 60s);
  CHECK(refusal_of(read_patience({{"timeout", "x"}})) == "400 timeout");
  CHECK(refusal_of(check_query({{"a", ""}, {"b", ""}}, {"a"})) == "400 b");
  CHECK(check_query({{"a", ""}}, {"a", "b"}));
}

TEST_CASE("a workflow is text, and JSON where it says so") {
  CHECK(refusal_of(read_workflow_text(with_body(""))) == "400 ");
  CHECK(refusal_of(read_workflow_text(with_body("id: x"))) == "400 ");
  auto request = with_body("id: x");
  request.headers.front().value = "application/yaml";
  CHECK(read_workflow_text(request).value() == "id: x");
}

TEST_CASE("metrics name routes, never paths") {
  auto metrics = api_metrics{};
  metrics.count("GET", "/v1/runs/{run}", 200, 2ms);
  metrics.count("GET", "", 404, 2ms);
  auto figures = api_figures{};
  figures.engine.emplace().set_open_runs(3);
  figures.deadlines = engine::deadline_figures{1, 2, 3};
  figures.connections = 2;
  figures.waiting = 1;
  const auto text = metrics.render(figures);
  for (
    const auto* line :
    {R"(troupe_http_requests_total{method="GET",route="/v1/runs/{run}",status="200"} 1)",
     R"(troupe_http_requests_total{method="GET",route="none",status="404"} 1)",
     "troupe_engine_open_runs 3", "troupe_engine_up 1",
     "troupe_runs_near_deadline 1", "troupe_runs_overdue 2",
     "troupe_runs_deadline_missed 3", "troupe_http_connections 2",
     "troupe_http_waiting_requests 1", "process_resident_memory_bytes"})
    CHECK(text.find(line) != std::string::npos);
  CHECK(metrics.render({}).find("troupe_engine_up 0") != std::string::npos);
}

TEST_CASE("readers say that there is no store") {
  const auto folder = tests::temporary_folder{};
  auto readers = run_readers{(folder / "none.db").string()};
  const auto found = readers.with(
    [](engine::recorded_runs& runs) { return runs.last_number(); });
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == runtime::problem_kind::not_found);
  auto nowhere = run_readers{""};
  CHECK_FALSE(nowhere.has_store());
  const auto refused = nowhere.with(
    [](engine::recorded_runs& runs) { return runs.last_number(); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::unavailable);
}

TEST_CASE("a reader that has lost its database is not used again") {
  const auto folder = tests::temporary_folder{};
  auto readers = run_readers{(folder / "runs.db").string()};
  {
    auto options = engine::local_engine_options{};
    options.store = readers.store();
    REQUIRE(engine::local_engine::start(options));
  }
  const auto read = [&](bool is_lost) {
    auto times = 0;
    const auto done
      = readers.with([&](engine::recorded_runs&) -> runtime::outcome<int> {
          ++times;
          return is_lost && times < 2 ? runtime::outcome<int>{runtime::fail(
                   runtime::problem_kind::unavailable, "gone")}
                                      : runtime::outcome<int>{times};
        });
    return done ? *done : -times;
  };
  CHECK(read(true) == -1); // A new one: it is not the reader's fault.
  CHECK(read(false) == 1);
  CHECK(read(true) == 2); // Another one instead of the one that was kept.
}
