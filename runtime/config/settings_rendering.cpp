#include "runtime/config/quantities.hpp"
#include "runtime/config/settings.hpp"

#include <nlohmann/json.hpp>

namespace troupe::runtime {

namespace {

std::string_view to_string(setting_source source) {
  switch (source) {
    case setting_source::fallback:
      return "default";
    case setting_source::file:
      return "file";
    case setting_source::environment:
      return "environment";
    case setting_source::flag:
      return "flag";
  }
  return "default";
}

setting_origin origin_of(const settings& values, const setting_spec& spec) {
  const auto found = values.origins.find(spec.key);
  return found == values.origins.end() ? setting_origin{} : found->second;
}

/// JSON's quoting is also YAML's; replaces bytes that are not UTF-8.
std::string dump(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false,
                   nlohmann::json::error_handler_t::replace);
}

nlohmann::ordered_json json_value(const settings& values,
                                  const setting_spec& spec) {
  return std::visit(
    [&](auto member) -> nlohmann::ordered_json {
      const auto& value = values.*member;
      if constexpr (requires { value.count(); })
        return value.count();
      else
        return value;
    },
    spec.member);
}

std::string yaml_value_text(const settings& values, const setting_spec& spec) {
  const auto text = value_text(values, spec);
  return std::holds_alternative<std::string settings::*>(spec.member)
           ? dump(text, -1)
           : text;
}

std::string origin_comment(const setting_origin& origin) {
  auto text = "  # " + std::string{to_string(origin.source)};
  if (!origin.where.empty())
    text += " " + origin.where;
  // A line break in a file name would end the comment.
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      c = '?';
  return text;
}

} // namespace

std::string value_text(const settings& values, const setting_spec& spec) {
  return std::visit(
    [&](auto member) -> std::string {
      const auto& value = values.*member;
      if constexpr (requires { value.count(); })
        return render_duration(value);
      else if constexpr (requires { value.c_str(); })
        return value;
      else if (spec.measure == setting_spec::unit::bytes)
        return render_byte_size(static_cast<std::uint64_t>(value));
      else
        return std::to_string(value);
    },
    spec.member);
}

std::string render_yaml(const settings& values, show_origins origins) {
  auto text = std::string{};
  auto group = std::string_view{};
  for (const auto& spec : setting_specs()) {
    const auto point = spec.key.find('.');
    const auto is_grouped = point != std::string_view::npos;
    const auto own_group
      = is_grouped ? spec.key.substr(0, point) : std::string_view{};
    if (is_grouped && own_group != group)
      text += std::string{own_group} + ":\n";
    group = own_group;
    text += is_grouped ? "  " + std::string{spec.key.substr(point + 1)}
                       : std::string{spec.key};
    text += ": " + yaml_value_text(values, spec);
    if (origins == show_origins::yes)
      text += origin_comment(origin_of(values, spec));
    text += "\n";
  }
  return text;
}

std::string render_json(const settings& values, show_origins origins) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& spec : setting_specs()) {
    auto value = json_value(values, spec);
    if (origins == show_origins::no) {
      json[std::string{spec.key}] = std::move(value);
      continue;
    }
    const auto origin = origin_of(values, spec);
    auto entry = nlohmann::ordered_json::object();
    entry["value"] = std::move(value);
    entry["source"] = to_string(origin.source);
    if (!origin.where.empty())
      entry["where"] = origin.where;
    json[std::string{spec.key}] = std::move(entry);
  }
  return dump(json, 2) + "\n";
}

} // namespace troupe::runtime
