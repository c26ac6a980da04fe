#include "runtime/actor_errors.hpp"
#include "runtime/supervision/supervision_error.hpp"
#include "tests/support/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

problem make_problem() {
  return problem{
    problem_kind::conflict, "run is locked", "qvf.yaml", 12, 3, "items[3]",
    "wait for it"};
}

} // namespace

TEST_CASE_METHOD(actor_fixture, "a problem survives being an error") {
  const auto kind = GENERATE(problem_kind::failed, problem_kind::invalid_input,
                             problem_kind::not_found, problem_kind::conflict,
                             problem_kind::timeout, problem_kind::unavailable,
                             problem_kind::denied, problem_kind::interrupted);
  auto reason = make_problem();
  reason.kind = kind;
  CHECK(to_problem(to_error(reason), system) == reason);
  CHECK(to_error(reason) == kind);
}

TEST_CASE_METHOD(actor_fixture, "a problem survives the wire") {
  const auto received = wire_round_trip(system, to_error(make_problem()));
  CHECK(to_problem(received, system) == make_problem());
}

TEST_CASE_METHOD(actor_fixture, "an error made from a kind has its text") {
  const auto error = caf::make_error(problem_kind::not_found, "no such run");
  CHECK(to_problem(error, system).message == "no such run");
  CHECK(to_problem(error, system).kind == problem_kind::not_found);
  CHECK(to_problem(caf::make_error(problem_kind::denied), system).message
        == "denied");
}

TEST_CASE_METHOD(actor_fixture, "a kind of a newer node is a failure") {
  const auto error = caf::error{99, caf::atom("troupe")};
  CHECK(to_problem(error, system).kind == problem_kind::failed);
}

TEST_CASE_METHOD(actor_fixture, "errors of CAF have a kind") {
  const auto kind_of = [&](const caf::error& error) {
    const auto reason = to_problem(error, system);
    CHECK_FALSE(reason.message.empty());
    return reason.kind;
  };
  CHECK(kind_of(caf::sec::request_timeout) == problem_kind::timeout);
  CHECK(kind_of(caf::sec::request_receiver_down) == problem_kind::unavailable);
  CHECK(kind_of(caf::sec::invalid_argument) == problem_kind::invalid_input);
  CHECK(kind_of(caf::sec::runtime_error) == problem_kind::failed);
  CHECK(kind_of(caf::exit_reason::user_shutdown) == problem_kind::interrupted);
  CHECK(kind_of(caf::exit_reason::kill) == problem_kind::failed);
  CHECK(kind_of(caf::exit_reason::unreachable) == problem_kind::unavailable);
  CHECK(kind_of(caf::none) == problem_kind::failed);
}

TEST_CASE_METHOD(actor_fixture, "the text that came with an error is kept") {
  const auto error = caf::make_error(caf::sec::runtime_error, "division");
  CHECK(to_problem(error, system).message
        == "internal error: runtime_error: division");
}

TEST_CASE_METHOD(actor_fixture, "the actor system renders our errors") {
  CHECK(system.render(to_error(make_problem()))
        == "qvf.yaml:12:3: run is locked (key items[3])\n"
           "  hint: wait for it");
  CHECK(system.render(
          caf::make_error(supervision_error::intensity_exceeded, "engine"))
        == "restart intensity exceeded: engine");
}
