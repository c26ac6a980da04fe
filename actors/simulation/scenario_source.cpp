#include "actors/simulation/scenario_source.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace troupe::simulation {

using runtime::outcome;
using runtime::problem;
using runtime::yaml_document;
using runtime::yaml_kind;
using runtime::yaml_value;

namespace {

using problems_list = std::vector<problem>;

std::filesystem::path resolved(const std::filesystem::path& path) {
  auto ignored = std::error_code{};
  auto whole = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path.lexically_normal() : whole;
}

/// The file and all it builds on.
std::vector<yaml_value> with_bases(const yaml_value& root,
                                   const std::string& path,
                                   problems_list& problems) {
  auto files = std::vector{root};
  auto seen = std::vector{resolved(path)};
  auto at = std::filesystem::path{path};
  while (const auto base = files.back().find("base")) {
    if (base->is_null())
      break;
    const auto name = base->text();
    if (!name) {
      problems.push_back(name.error());
      break;
    }
    const auto next = at.parent_path() / *name;
    if (std::ranges::find(seen, resolved(next)) != seen.end()) {
      problems.push_back(
        base->error("the base \"" + *name + "\" builds on this file itself",
                    "break the circle"));
      break;
    }
    if (files.size() > bases_max) {
      problems.push_back(base->error(
        "more than " + std::to_string(bases_max) + " files build on each other",
        "let the file inherit from one further down"));
      break;
    }
    const auto document = yaml_document::read(next.string());
    if (!document) {
      auto reason = document.error();
      // A base that is not there is a mistake where it is named.
      problems.push_back(reason.line == 0 ? base->error(
                           "the base \"" + *name + "\": " + reason.message,
                           "the path is relative to this file")
                                          : std::move(reason));
      break;
    }
    files.push_back(document->root());
    seen.push_back(resolved(next));
    at = next;
  }
  return files;
}

/// As a JSON text, which YAML reads.
std::string quoted(std::string_view text) {
  auto result = std::string{"\""};
  for (const auto each : text) {
    if (each == '"' || each == '\\')
      result += '\\';
    result += each;
  }
  return result + "\"";
}

problem wrong_override(const scenario_override& given, std::string message) {
  return {runtime::problem_kind::invalid_input,
          std::move(message),
          {},
          0,
          0,
          given.path,
          "write KEY=VALUE with the path of a key, for example "
          "compensation.cola_rate=0.03"};
}

/// A document that says nothing but the one value.
outcome<yaml_value> parse_override(const scenario_override& given) {
  const auto label = "(override " + given.path + ")";
  // By itself first: nothing in it may close the mappings around it.
  const auto value = yaml_document::parse(given.text, label);
  if (!value)
    return runtime::fail(wrong_override(given, value.error().message));
  auto text = given.text;
  auto path = std::string_view{given.path};
  while (true) {
    const auto dot = path.rfind('.');
    const auto key = path.substr(dot == std::string_view::npos ? 0 : dot + 1);
    if (key.empty())
      return runtime::fail(wrong_override(given, "an override names no key"));
    text.insert(0, "{" + quoted(key) + ": ");
    text += "}";
    if (dot == std::string_view::npos)
      break;
    path = path.substr(0, dot);
  }
  const auto document = yaml_document::parse(text, label);
  if (!document)
    return runtime::fail(wrong_override(given, document.error().message));
  return document->root();
}

std::vector<yaml_value>
parse_overrides(std::span<const scenario_override> overrides,
                problems_list& problems) {
  auto layers = std::vector<yaml_value>{};
  for (const auto& each : overrides) {
    if (auto layer = parse_override(each))
      layers.insert(layers.begin(), std::move(*layer));
    else
      problems.push_back(std::move(layer.error()));
  }
  return layers;
}

std::string name_of(const yaml_value& root, const std::string& path,
                    problems_list& problems) {
  const auto given = root.find("name");
  if (!given || given->is_null())
    return std::filesystem::path{path}.stem().string();
  const auto name = given->text();
  if (name && !name->empty())
    return *name;
  problems.push_back(name ? given->error("the name is empty", "give a name")
                          : name.error());
  return {};
}

} // namespace

std::vector<yaml_value> scenario_source::layers() const {
  auto all = overrides;
  all.insert(all.end(), files.begin(), files.end());
  return all;
}

std::vector<scenario_source>
find_scenarios(const yaml_document& document, const std::string& path,
               std::span<const scenario_override> overrides,
               problems_list& problems) {
  const auto& root = document.root();
  if (root.type() != yaml_kind::mapping) {
    problems.push_back(root.error("a scenario is a mapping of keys",
                                  "start from the example scenario.yaml"));
    return {};
  }
  const auto files = with_bases(root, path, problems);
  const auto outside = parse_overrides(overrides, problems);
  const auto name = name_of(root, path, problems);
  const auto list = root.find("scenarios");
  if (!list || list->is_null())
    return {{name, outside, files}};
  const auto entries = list->entries();
  if (!entries || entries->empty() || entries->size() > scenarios_max) {
    problems.push_back(
      entries ? list->error("a list of " + std::to_string(entries->size())
                              + " scenarios",
                            "name 1 to " + std::to_string(scenarios_max))
              : entries.error());
    return {};
  }
  auto found = std::vector<scenario_source>{};
  for (const auto& [key, entry] : *entries) {
    auto above = outside;
    if (entry.type() == yaml_kind::mapping)
      above.push_back(entry);
    else if (!entry.is_null())
      problems.push_back(entry.entries().error());
    found.push_back({key, std::move(above), files});
  }
  return found;
}

} // namespace troupe::simulation
