#include "actors/engine/activity_reports.hpp"

#include <utility>

namespace troupe::engine {

using json = nlohmann::json;

json input_of(const messages::RunActivity& request) {
  return json::parse(request.input_json(), nullptr, false);
}

source_place place_of(const messages::RunActivity& request) {
  auto place = source_place{};
  place.file = request.source_file();
  place.line = request.source_line();
  place.key = request.source_key();
  return place;
}

runtime::outcome<std::vector<json::json_pointer>>
secrets_of(const messages::RunActivity& request) {
  auto result = std::vector<json::json_pointer>{};
  try {
    for (const auto& each : request.secrets())
      result.emplace_back(each);
  } catch (const json::exception&) {
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "the list of secrets is no list of JSON pointers");
  }
  return result;
}

messages::ActivitySucceeded success_of(const messages::ActivityRef& ref,
                                       std::string output_json) {
  auto success = messages::ActivitySucceeded{};
  *success.mutable_ref() = ref;
  success.set_output_json(std::move(output_json));
  return success;
}

messages::ActivityFailed to_message(const messages::ActivityRef& ref,
                                    const activity_failure& failure) {
  auto message = messages::ActivityFailed{};
  *message.mutable_ref() = ref;
  message.set_kind(failure.kind);
  message.set_message(failure.message);
  message.set_retryable(failure.is_retryable);
  if (!failure.details.is_null())
    message.set_details_json(failure.details.dump());
  return message;
}

messages::ActivityFailed cancelled(const messages::ActivityRef& ref) {
  return to_message(ref, {"cancelled", "cancelled", false, {}});
}

} // namespace troupe::engine
