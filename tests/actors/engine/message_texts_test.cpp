#include "actors/engine/message_texts.hpp"
#include "messages/engine.pb.h"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::engine;

TEST_CASE("a command whose texts are UTF-8 is let through") {
  auto command = messages::SubmitRun{};
  CHECK(check_texts(command));
  command.set_idempotency_key("caf\xc3\xa9");
  command.set_inputs(R"({"x": 1})");
  CHECK(check_texts(command));
}

TEST_CASE("a text that is not UTF-8 is refused, however deep it is") {
  const auto refusal_of = [](const google::protobuf::Message& command) {
    const auto checked = check_texts(command);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == runtime::problem_kind::invalid_input);
    return checked.error().key;
  };
  auto run = messages::SubmitRun{};
  run.set_idempotency_key("caf\xe9");
  CHECK(refusal_of(run) == "idempotency_key");
  auto change = messages::ChangeRun{};
  change.mutable_signal()->set_name("go");
  change.mutable_signal()->add_roles("operator");
  CHECK(check_texts(change));
  change.mutable_signal()->add_roles("\xff");
  CHECK(refusal_of(change) == "roles");
  auto many = messages::SubmitRuns{};
  many.add_runs();
  *many.add_runs() = run;
  CHECK(refusal_of(many) == "idempotency_key");
}
