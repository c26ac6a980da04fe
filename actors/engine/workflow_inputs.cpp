#include "actors/engine/workflow_inputs.hpp"

#include "actors/engine/evaluation.hpp"
#include "actors/engine/value_size.hpp"
#include "actors/engine/workflow_check.hpp"
#include "actors/engine/workflow_words.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/utf8.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;
using runtime::problem;
using problems = std::vector<problem>;

problem wrong_input(const std::string& input, std::string message,
                    std::string hint = {}) {
  auto reason = problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = "inputs." + input;
  reason.hint = std::move(hint);
  return reason;
}

problem unknown_input(const workflow& of, const std::string& name) {
  auto known = std::vector<std::string_view>{};
  for (const auto& input : of.inputs)
    known.emplace_back(input.name);
  return wrong_input(name, "there is no input \"" + name + "\"",
                     known.empty() ? "the workflow has no inputs"
                                   : runtime::spelling_hint(name, known));
}

/// A text as JSON; nothing if it is none, or nested beyond measure.
std::optional<json> read_json(const std::string& text) {
  auto value = json::parse(text, nullptr, false);
  if (value.is_discarded() || measure(value).depth > value_depth_max)
    return std::nullopt;
  return value;
}

problem wrong_type(const workflow_input& input, const std::string& found) {
  constexpr auto examples = std::to_array<std::string_view>(
    {"text", "3", "2.5", "true", R"('{"a": 1}')", "'[1, 2]'"});
  return wrong_input(
    input.name,
    "must be of type "
      + std::string{runtime::to_word(input_type_words, input.type)} + ", not "
      + found,
    "write for example " + input.name + "="
      + std::string{examples[static_cast<std::size_t>(input.type)]});
}

} // namespace

tl::expected<json, problems> check_inputs(const workflow& of, json given) {
  auto found = problems{};
  if (!given.is_object())
    return tl::unexpected{problems{wrong_input(
      "", "inputs must be an object, not " + describe_type(given))}};
  for (const auto& [name, value] : given.items()) {
    const auto* input = find_input(of, name);
    if (input == nullptr)
      found.push_back(unknown_input(of, name));
    else if (measure(value).depth > value_depth_max)
      found.push_back(wrong_input(name, "is nested too deep"));
    else if (!has_type(value, input->type))
      found.push_back(wrong_type(*input, describe_type(value)));
  }
  for (const auto& input : of.inputs) {
    if (given.contains(input.name))
      continue;
    if (input.required)
      found.push_back(wrong_input(input.name, "the input is missing",
                                  "give it: --input " + input.name + "=..."));
    else if (input.fallback)
      given[input.name] = *input.fallback;
  }
  if (!found.empty())
    return tl::unexpected{std::move(found)};
  return given;
}

tl::expected<json, problems> read_inputs(const workflow& of,
                                         const input_texts& texts) {
  auto found = problems{};
  auto given = json::object();
  for (const auto& [name, text] : texts) {
    const auto* input = find_input(of, name);
    if (input == nullptr) {
      found.push_back(unknown_input(of, name));
      continue;
    }
    if (!runtime::is_valid_utf8(text)) {
      found.push_back(wrong_input(name, "not valid UTF-8"));
      continue;
    }
    auto value = input->type == input_type::string ? std::optional{json(text)}
                                                   : read_json(text);
    if (value)
      given[name] = std::move(*value);
    else
      found.push_back(wrong_type(*input, "what is no JSON"));
  }
  if (!found.empty())
    return tl::unexpected{std::move(found)};
  return check_inputs(of, std::move(given));
}

} // namespace troupe::engine
