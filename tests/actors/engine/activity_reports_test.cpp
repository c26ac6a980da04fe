#include "actors/engine/activity_reports.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::engine;
using json = nlohmann::json;

TEST_CASE("what a request holds is read, or is no JSON") {
  auto request = messages::RunActivity{};
  request.set_input_json(R"({"a": [1]})");
  request.set_source_file("a.yaml");
  request.set_source_line(7);
  request.set_source_key("steps[0].with");
  CHECK(input_of(request) == json{{"a", {1}}});
  CHECK(place_of(request).file == "a.yaml");
  CHECK(place_of(request).line == 7);
  CHECK(place_of(request).key == "steps[0].with");
  request.set_input_json("{");
  CHECK(input_of(request).is_discarded());
}

TEST_CASE("secrets are JSON pointers") {
  auto request = messages::RunActivity{};
  request.add_secrets("/env/TOKEN");
  request.add_secrets("/env/a~1b");
  const auto secrets = secrets_of(request);
  REQUIRE(secrets);
  CHECK(*secrets
        == std::vector{json::json_pointer{"/env/TOKEN"},
                       json::json_pointer{} / "env" / "a/b"});
  request.add_secrets("env");
  REQUIRE_FALSE(secrets_of(request));
  CHECK(secrets_of(request).error().kind
        == runtime::problem_kind::invalid_input);
}

TEST_CASE("reports name the work they are about") {
  auto ref = messages::ActivityRef{};
  ref.set_run("r");
  ref.set_epoch(3);
  const auto success = success_of(ref, "[1]");
  CHECK(success.ref().epoch() == 3);
  CHECK(success.output_json() == "[1]");
  const auto failure
    = to_message(ref, {"signal", "why", true, json{{"signal", 9}}});
  CHECK(failure.ref().run() == "r");
  CHECK(failure.kind() == "signal");
  CHECK(failure.message() == "why");
  CHECK(failure.retryable());
  CHECK(failure.details_json() == R"({"signal":9})");
  CHECK(cancelled(ref).kind() == "cancelled");
  CHECK(cancelled(ref).details_json().empty());
  CHECK_FALSE(cancelled(ref).retryable());
}
