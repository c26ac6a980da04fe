#include "actors/simulation/layered_reader.hpp"

namespace troupe::simulation {

using runtime::yaml_kind;
using runtime::yaml_value;

layered_reader::layered_reader(std::string path, std::vector<yaml_value> layers,
                               std::vector<runtime::problem>& problems)
  : path_{std::move(path)}, layers_{std::move(layers)}, problems_{&problems} {}

std::optional<yaml_value> layered_reader::take(std::string_view key) const {
  for (const auto& layer : layers_)
    if (auto value = layer.find(key))
      return value->is_null() ? std::nullopt : std::optional{*value};
  return std::nullopt;
}

std::optional<yaml_value> layered_reader::need(std::string_view key) {
  auto value = take(key);
  if (!value)
    report_missing(key);
  return value;
}

layered_reader layered_reader::section(std::string_view key) {
  auto below = std::vector<yaml_value>{};
  for (const auto& layer : layers_) {
    const auto value = layer.find(key);
    if (!value)
      continue;
    if (value->is_null())
      break;
    if (value->type() != yaml_kind::mapping) {
      problems_->push_back(value->entries().error());
      break;
    }
    below.push_back(*value);
  }
  return {path_of(key), std::move(below), *problems_};
}

layered_reader layered_reader::needed_section(std::string_view key) {
  if (!take(key))
    report_missing(key);
  return section(key);
}

void layered_reader::finish(std::span<const std::string_view> known) {
  for (const auto& layer : layers_)
    for (auto& wrong : layer.unknown_keys(known))
      problems_->push_back(std::move(wrong));
}

std::string layered_reader::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
}

void layered_reader::report_missing(std::string_view key) {
  if (layers_.empty())
    return;
  // The last layer is the file that all others build on.
  auto missing
    = layers_.back().error("the key \"" + path_of(key) + "\" is missing",
                           "give it here or in the file that inherits this; "
                           "no value is made up");
  missing.key = path_of(key);
  problems_->push_back(std::move(missing));
}

} // namespace troupe::simulation
