#include "actors/engine/template_file.hpp"

#include "actors/engine/literal_text.hpp"
#include "runtime/config/json_value.hpp"
#include "runtime/config/secrets.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;

constexpr auto secret_scheme = std::string_view{"secret://"};

source_place place_of(const yaml_value& value) {
  auto at = value.error({});
  return {std::move(at.file), at.line, at.column, std::move(at.key)};
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Keys are plain; texts go to `read_text`.
template <class ReadText>
struct template_walk {
  void read_key(const yaml_value& entry, std::string_view key) const {
    if (holds(key, "${"))
      problems->push_back(
        entry.error("an expression in a key", "expressions make values only"));
  }

  std::vector<problem>* problems;
  ReadText read_text;
};

template <class ReadText>
json walk(const yaml_value& value, std::vector<problem>& problems,
          ReadText read_text) {
  auto rules = template_walk<ReadText>{&problems, std::move(read_text)};
  return runtime::json_walk{rules, problems}.walk(value);
}

/// Why a text with "secret://" in it is wrong.
std::optional<problem> secret_problem(const yaml_value& value,
                                      std::string_view text) {
  if (!text.starts_with(secret_scheme) || holds(text, "${"))
    return value.error("a reference to a secret within a longer text",
                       "a secret is a whole value: secret://env/NAME or "
                       "secret://file/PATH");
  const auto reference = runtime::parse_secret_reference(text);
  if (reference)
    return std::nullopt;
  return value.error(reference.error().message, reference.error().hint);
}

} // namespace

json to_json(const yaml_value& value, std::vector<problem>& problems) {
  auto keep = [](const yaml_value&, std::string text,
                 const json::json_pointer&) { return json(std::move(text)); };
  return walk(value, problems, keep);
}

outcome<text_template> read_text_template(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  if (holds(*text, secret_scheme))
    return runtime::fail(
      value.error("a secret cannot be used here",
                  "only the arguments of an activity may refer to secrets"));
  return text_template::parse(*text, place_of(value));
}

outcome<text_template> read_single_expression(const yaml_value& value) {
  auto text = read_text_template(value);
  if (text && text->whole() == nullptr)
    return runtime::fail(value.error("must be one expression",
                                     "write for example \"${inputs.x > 0}\""));
  return text;
}

value_template read_value_template(const yaml_value& value,
                                   std::vector<problem>& problems) {
  auto result = value_template{};
  auto read = [&](const yaml_value& scalar, std::string text,
                  const json::json_pointer& where) -> json {
    if (holds(text, secret_scheme)) {
      if (auto wrong = secret_problem(scalar, text))
        problems.push_back(std::move(*wrong));
      else
        result.secrets.push_back(where);
      return text;
    }
    if (!holds(text, "${"))
      return text;
    auto parsed = text_template::parse(text, place_of(scalar));
    if (!parsed) {
      problems.push_back(std::move(parsed.error()));
      return text;
    }
    text = parsed->print();
    result.templates.push_back({where, std::move(*parsed)});
    return text;
  };
  result.written = walk(value, problems, std::move(read));
  // Keys have no order, so the file's must not matter.
  std::sort(result.templates.begin(), result.templates.end(),
            [](const auto& left, const auto& right) {
              return left.where.to_string() < right.where.to_string();
            });
  std::sort(result.secrets.begin(), result.secrets.end(),
            [](const auto& left, const auto& right) {
              return left.to_string() < right.to_string();
            });
  return result;
}

} // namespace troupe::engine
