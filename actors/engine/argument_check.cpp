#include "actors/engine/argument_check.hpp"

#include "actors/engine/evaluation.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;
using runtime::problem;

problem wrong(std::string key, std::string message, std::string hint = {}) {
  auto reason = problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = std::move(key);
  reason.hint = std::move(hint);
  return reason;
}

/// Says what is wrong with a value, or nothing.
std::string complaint(argument_type type, const json& value) {
  const auto must_be = [&](std::string_view what) {
    return "must be " + std::string{what} + ", not " + describe_type(value);
  };
  switch (type) {
    case argument_type::text:
      return value.is_string() ? "" : must_be("a text");
    case argument_type::integer:
      return value.is_number_integer() ? "" : must_be("a whole number");
    case argument_type::number:
      return value.is_number() ? "" : must_be("a number");
    case argument_type::boolean:
      return value.is_boolean() ? "" : must_be("true or false");
    case argument_type::duration:
      if (!value.is_string())
        return must_be("a duration such as 90s");
      return runtime::parse_duration(value.get_ref<const std::string&>())
               ? ""
               : "must be a duration such as 90s";
    case argument_type::size:
      if (value.is_number_integer() && value >= 0)
        return "";
      if (!value.is_string())
        return must_be("a size such as 64MiB");
      return runtime::parse_byte_size(value.get_ref<const std::string&>())
               ? ""
               : "must be a size such as 64MiB";
    case argument_type::texts:
    case argument_type::integers:
      return value.is_array() ? "" : must_be("a list");
    case argument_type::text_map:
    case argument_type::object:
      return value.is_object() ? "" : must_be("an object");
    case argument_type::any:
      break;
  }
  return "";
}

/// The same for a value that is used as text.
std::string scalar_complaint(const json& value) {
  return value.is_structured()
           ? "must be a text or a number, not " + describe_type(value)
           : "";
}

/// Whether exactly one of the alternatives is there.
std::optional<problem> check_alternatives(const activity_spec& spec,
                                          const json& with) {
  const auto& names = spec.alternatives;
  const auto count
    = std::count_if(names.begin(), names.end(),
                    [&](const auto& name) { return with.contains(name); });
  if (names.empty() || count == 1)
    return std::nullopt;
  auto list = std::string{};
  for (const auto& name : names)
    list += (list.empty() ? "" : " or ") + name;
  return wrong("", spec.name + " takes " + list + " in `with`",
               count == 0 ? "give one of them" : "leave out all but one");
}

/// Walks through arguments; values that a run makes are left alone.
class argument_walk {
public:
  explicit argument_walk(const value_template* written) {
    if (written == nullptr)
      return;
    for (const auto& [where, text] : written->templates)
      if (text.whole() != nullptr)
        open_.insert(where.to_string());
  }

  void check(const activity_argument& argument, const json& value) {
    const auto pointer = json::json_pointer{} / argument.name;
    if (open_.contains(pointer.to_string()))
      return;
    auto reason = complaint(argument.type, value);
    if (!reason.empty()) {
      found_.push_back(wrong(argument.name, std::move(reason)));
      return;
    }
    if (value.is_array() && argument.type != argument_type::any)
      check_elements(argument, value);
    if (argument.type == argument_type::text_map)
      check_values(argument, value);
  }

  std::vector<problem> take() && {
    return std::move(found_);
  }

private:
  void check_elements(const activity_argument& argument, const json& list) {
    for (auto i = std::size_t{0}; i < list.size(); ++i) {
      const auto pointer = json::json_pointer{} / argument.name / i;
      if (open_.contains(pointer.to_string()))
        continue;
      const auto type = argument.type == argument_type::texts
                          ? argument_type::text
                          : argument_type::integer;
      if (auto reason = complaint(type, list[i]); !reason.empty())
        found_.push_back(wrong(
          argument.name + "[" + std::to_string(i) + "]", std::move(reason),
          type == argument_type::text ? "put it into quotes" : ""));
    }
  }

  void check_values(const activity_argument& argument, const json& map) {
    for (const auto& [key, value] : map.items())
      if (auto reason = scalar_complaint(value); !reason.empty())
        found_.push_back(wrong(argument.name + "." + key, std::move(reason)));
  }

  std::set<std::string> open_;
  std::vector<problem> found_;
};

std::vector<problem> check(const activity_spec& spec, const json& with,
                           const value_template* written) {
  auto walk = argument_walk{written};
  auto found = std::vector<problem>{};
  for (const auto& argument : spec.arguments) {
    const auto value = with.find(argument.name);
    if (value != with.end())
      walk.check(argument, *value);
    else if (argument.required)
      found.push_back(
        wrong("", spec.name + " needs \"" + argument.name + "\" in `with`",
              "write with: {" + argument.name + ": ...}"));
  }
  if (auto reason = check_alternatives(spec, with))
    found.push_back(std::move(*reason));
  for (const auto& [key, value] : with.items()) {
    const auto is_known
      = spec.takes_others
        || std::any_of(spec.arguments.begin(), spec.arguments.end(),
                       [&key = key](const auto& argument) {
                         return argument.name == key;
                       });
    if (is_known)
      continue;
    auto known = std::vector<std::string_view>{};
    for (const auto& argument : spec.arguments)
      known.emplace_back(argument.name);
    found.push_back(wrong(key, spec.name + " takes no \"" + key + "\"",
                          runtime::spelling_hint(key, known)));
  }
  auto types = std::move(walk).take();
  std::move(types.begin(), types.end(), std::back_inserter(found));
  return found;
}

} // namespace

std::vector<problem> check_arguments(const activity_spec& spec,
                                     const json& with) {
  if (!with.is_object())
    return {wrong("", "`with` must be an object, not " + describe_type(with))};
  return check(spec, with, nullptr);
}

std::vector<problem> check_written_arguments(const activity_spec& spec,
                                             const value_template& with) {
  return check(spec, with.written, &with);
}

} // namespace troupe::engine
