#include "actors/engine/run_submission.hpp"
#include "actors/engine/workflow_file.hpp"
#include "actors/engine/workflow_inputs.hpp"
#include "actors/engine/workflow_plan.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace troupe;
using namespace troupe::engine;
using tests::promise;

namespace {

/// Any value of the type.
nlohmann::json some_value(const workflow_input& of) {
  switch (of.type) {
    case input_type::string:
      return "text";
    case input_type::integer:
      return 7;
    case input_type::number:
      return 2.5;
    case input_type::boolean:
      return true;
    case input_type::array:
      return nlohmann::json::array({1, "b"});
    default:
      return nlohmann::json::object();
  }
}

void plan(const workflow& of) {
  auto given = nlohmann::json::object();
  for (const auto& input : of.inputs)
    if (input.required)
      given[input.name] = some_value(input);
  const auto inputs = check_inputs(of, given);
  if (!inputs)
    return tests::promise_reasons(inputs.error());
  const auto planned = plan_workflow(of, *inputs);
  if (!planned)
    return tests::promise_reasons(planned.error());
  promise(planned->steps.size() == of.steps.size(),
          "a plan has every step of its workflow");
  static_cast<void>(to_json(of, *planned).dump());
}

/// The beginning of a run, as an engine makes it.
void submit(const workflow& of) {
  auto request = run_request{};
  request.of = make_version(of);
  const auto made
    = make_submission(request, "run-1", instant{std::chrono::years{55}});
  if (!made)
    promise(!made.error().message.empty(), "a problem has a message");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto surroundings = workflow_surroundings{};
  surroundings.zone_exists = may_be_zone;
  const auto read
    = parse_workflow(tests::text_of(data, size), "fuzz", surroundings);
  if (!read) {
    tests::promise_reasons(read.error());
    return 0;
  }
  const auto again = parse_workflow(canonical_json(*read), "again");
  promise(again.has_value(), "the canonical text is a workflow");
  promise(*again == *read, "the canonical text is the same workflow");
  promise(digest(*again) == digest(*read), "equal workflows have one digest");
  plan(*read);
  submit(*read);
  return 0;
}
