#include "actors/engine/foreign_json.hpp"

#include <string>

namespace troupe::engine {

using json = nlohmann::json;

namespace {

constexpr auto depth_max = 256;

} // namespace

runtime::outcome<json> parse_foreign_json(std::string_view text) {
  if (text.find_first_not_of(" \n\r\t") == std::string_view::npos)
    return json{};
  auto is_too_deep = false;
  const auto limit_depth = [&](int depth, json::parse_event_t, const json&) {
    is_too_deep = is_too_deep || depth > depth_max;
    return !is_too_deep;
  };
  try {
    auto value = json::parse(text, limit_depth);
    if (is_too_deep)
      return runtime::fail(runtime::problem_kind::invalid_input,
                           "is JSON of more than " + std::to_string(depth_max)
                             + " levels");
    return value;
  } catch (const json::parse_error& error) {
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "is not JSON, at byte " + std::to_string(error.byte));
  } catch (const json::out_of_range&) {
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "is JSON with a number beyond those of 64 bits");
  }
}

} // namespace troupe::engine
