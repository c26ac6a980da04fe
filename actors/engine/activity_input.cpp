#include "actors/engine/activity_input.hpp"

#include "runtime/config/quantities.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using json = nlohmann::json;

activity_input::activity_input(const json& input, source_place place)
  : input_{&input}, place_{std::move(place)} {
  if (place_.key.empty())
    place_.key = "with";
  if (!input.is_object())
    refuse("", "has to be an object");
}

const json* activity_input::value(std::string_view key) {
  known_.emplace_back(key);
  if (!input_->is_object())
    return nullptr;
  const auto found = input_->find(std::string{key});
  if (found == input_->end() || found->is_null())
    return nullptr;
  return &*found;
}

std::optional<std::string> activity_input::text(std::string_view key) {
  const auto* found = value(key);
  if (found == nullptr)
    return std::nullopt;
  if (found->is_string())
    return found->get<std::string>();
  refuse(key, "has to be a text, not " + std::string{found->type_name()},
         "put it in quotes");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds>
activity_input::duration(std::string_view key, std::chrono::milliseconds max) {
  const auto written = text(key);
  if (!written)
    return std::nullopt;
  const auto span = runtime::parse_duration(*written);
  if (!span)
    refuse(key, span.error().message, "write a duration such as 90s or 1h30m");
  else if (*span > max)
    refuse(key, "is longer than " + runtime::render_duration(max));
  else
    return *span;
  return std::nullopt;
}

std::optional<std::uint64_t> activity_input::bytes(std::string_view key,
                                                   std::uint64_t max) {
  const auto* found = value(key);
  if (found == nullptr)
    return std::nullopt;
  auto size = runtime::outcome<std::uint64_t>{0};
  if (found->is_number_integer() && *found >= 0)
    size = found->get<std::uint64_t>();
  else if (found->is_string())
    size = runtime::parse_byte_size(found->get_ref<const std::string&>());
  else
    size
      = runtime::fail(runtime::problem_kind::invalid_input, "has to be a size");
  if (!size)
    refuse(key, size.error().message, "write a size such as 64KiB");
  else if (*size > max)
    refuse(key, "is more than " + runtime::render_byte_size(max));
  else
    return *size;
  return std::nullopt;
}

std::optional<std::size_t>
activity_input::choice(std::string_view key,
                       std::span<const std::string_view> words) {
  const auto written = text(key);
  if (!written)
    return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *written);
  if (found != words.end())
    return static_cast<std::size_t>(found - words.begin());
  refuse(key, "\"" + *written + "\" is not known",
         runtime::spelling_hint(*written, words));
  return std::nullopt;
}

std::optional<std::vector<std::string>>
activity_input::texts(std::string_view key) {
  const auto* found = value(key);
  if (found == nullptr)
    return std::nullopt;
  if (!found->is_array()) {
    refuse(key,
           "has to be a list of texts, not " + std::string{found->type_name()},
           "write it in brackets, also if it is one");
    return std::nullopt;
  }
  auto result = std::vector<std::string>{};
  for (const auto& each : *found) {
    if (!each.is_string()) {
      refuse(std::string{key} + "[" + std::to_string(result.size()) + "]",
             "has to be a text, not " + std::string{each.type_name()},
             "put it in quotes");
      return std::nullopt;
    }
    result.push_back(each.get<std::string>());
  }
  return result;
}

std::optional<std::vector<int>> activity_input::integers(std::string_view key,
                                                         int min, int max) {
  const auto* found = value(key);
  if (found == nullptr)
    return std::nullopt;
  const auto is_right = [=](const json& each) {
    return each.is_number_integer() && each >= min && each <= max;
  };
  if (found->is_array() && std::all_of(found->begin(), found->end(), is_right))
    return found->get<std::vector<int>>();
  refuse(key, "has to be a list of whole numbers from " + std::to_string(min)
                + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<bool> activity_input::boolean(std::string_view key) {
  const auto* found = value(key);
  if (found == nullptr)
    return std::nullopt;
  if (found->is_boolean())
    return found->get<bool>();
  refuse(key, "has to be true or false, not " + std::string{found->type_name()},
         "write true or false, without quotes");
  return std::nullopt;
}

void activity_input::refuse(runtime::problem reason) {
  if (!problem_)
    problem_ = std::move(reason);
}

void activity_input::refuse(std::string_view key, std::string message,
                            std::string hint) {
  if (problem_)
    return;
  auto& reason = problem_.emplace();
  reason.kind = runtime::problem_kind::invalid_input;
  reason.file = place_.file;
  reason.line = place_.line;
  reason.column = place_.column;
  reason.key = key_of(key);
  reason.message = std::move(message);
  reason.hint = std::move(hint);
}

std::string activity_input::key_of(std::string_view key) const {
  return key.empty() ? place_.key : place_.key + "." + std::string{key};
}

runtime::outcome<void> activity_input::finish() {
  const auto known
    = std::vector<std::string_view>{known_.begin(), known_.end()};
  if (input_->is_object())
    for (const auto& each : input_->items())
      if (std::find(known.begin(), known.end(), each.key()) == known.end())
        refuse(each.key(), "is not known",
               runtime::spelling_hint(each.key(), known));
  if (problem_)
    return runtime::fail(*problem_);
  return {};
}

} // namespace troupe::engine
