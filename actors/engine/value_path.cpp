#include "actors/engine/value_path.hpp"

#include "actors/engine/literal_text.hpp"

namespace troupe::engine {

namespace {

std::string print_key(const std::string& key) {
  return is_plain_name(key) ? "." + key : "[" + quote(key) + "]";
}

} // namespace

std::string_view to_text(path_root root) noexcept {
  switch (root) {
    case path_root::inputs:
      return "inputs";
    case path_root::steps:
      return "steps";
    case path_root::item:
      return "item";
    case path_root::run:
      break;
  }
  return "run";
}

std::string_view to_text(step_field field) noexcept {
  switch (field) {
    case step_field::output:
      return "output";
    case step_field::state:
      return "state";
    case step_field::failed:
      return "failed";
    case step_field::attempts:
      break;
  }
  return "attempts";
}

std::string print(const value_path& path) {
  auto text = std::string{to_text(path.root)};
  if (path.root != path_root::item)
    text += print_key(path.name);
  if (path.root == path_root::steps)
    text += "." + std::string{to_text(path.field)};
  for (const auto& step : path.rest)
    text += step.index ? "[" + std::to_string(*step.index) + "]"
                       : print_key(step.key);
  return text;
}

} // namespace troupe::engine
