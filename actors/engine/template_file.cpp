#include "actors/engine/template_file.hpp"

#include "actors/engine/literal_text.hpp"
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
using runtime::yaml_kind;
using runtime::yaml_value;

constexpr auto secret_scheme = std::string_view{"secret://"};

source_place place_of(const yaml_value& value) {
  auto at = value.error({});
  return {std::move(at.file), at.line, at.column, std::move(at.key)};
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether it is worth asking for a number: asking fails slowly.
bool may_be_number(std::string_view text) {
  return !text.empty()
         && (is_digit(text.front()) || text.front() == '-'
             || text.front() == '+' || text.front() == '.');
}

/// Walks through a value; texts go to `read_text`.
template <class ReadText>
class value_walk {
public:
  value_walk(std::vector<problem>& problems, ReadText read_text)
    : problems_{&problems}, read_text_{std::move(read_text)} {}

  json walk(const yaml_value& value, const json::json_pointer& where) {
    switch (value.type()) {
      case yaml_kind::null:
        return nullptr;
      case yaml_kind::scalar:
        return read_scalar(value, where);
      case yaml_kind::sequence:
        return walk_list(value, where);
      case yaml_kind::mapping:
        break;
    }
    return walk_mapping(value, where);
  }

private:
  json walk_list(const yaml_value& value, const json::json_pointer& where) {
    auto list = json::array();
    const auto items = value.items().value();
    for (const auto& item : items)
      list.push_back(walk(item, where / list.size()));
    return list;
  }

  json walk_mapping(const yaml_value& value, const json::json_pointer& where) {
    auto object = json::object();
    const auto entries = value.entries().value();
    for (const auto& [key, entry] : entries) {
      if (holds(key, "${"))
        problems_->push_back(entry.error("an expression in a key",
                                         "expressions make values only"));
      object[key] = walk(entry, where / key);
    }
    return object;
  }

  json read_scalar(const yaml_value& value, const json::json_pointer& where) {
    auto text = value.text().value();
    if (text == "true" || text == "false")
      if (const auto truth = value.boolean())
        return *truth;
    if (may_be_number(text)) {
      if (const auto whole = value.integer())
        return *whole;
      if (const auto number = value.number()) {
        if (text.find_first_not_of("+-0123456789") == std::string::npos)
          problems_->push_back(
            value.error("a whole number beyond 64 bits",
                        "put it into quotes to keep it as text"));
        return *number;
      }
    }
    return read_text_(value, std::move(text), where);
  }

  std::vector<problem>* problems_;
  ReadText read_text_;
};

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
  return value_walk{problems, keep}.walk(value, json::json_pointer{});
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
  result.written
    = value_walk{problems, std::move(read)}.walk(value, json::json_pointer{});
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
