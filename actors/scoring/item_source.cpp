#include "actors/scoring/item_source.hpp"

#include <array>
#include <optional>
#include <utility>

namespace troupe::scoring {

namespace {

constexpr std::size_t written_bytes_max = 1'024;
constexpr std::size_t path_depth_max = 16;

constexpr auto functions
  = std::to_array<std::pair<std::string_view, derivation>>({
    {"age_days", derivation::age_days},
    {"days_until", derivation::days_until},
    {"length", derivation::length},
    {"join", derivation::join},
  });

constexpr std::string_view function_hint
  = "known functions: age_days(x), days_until(x), length(x), join(x, y)";

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

auto refuse(std::string_view text, std::string_view reason,
            std::string_view hint) {
  return runtime::fail(runtime::problem_kind::invalid_input,
                       "source \"" + std::string{text} + "\" "
                         + std::string{reason},
                       std::string{hint});
}

/// One reference token of a JSON pointer; "~1" is '/', "~0" is '~'.
std::optional<std::string> unescape(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      key += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1'))
      return std::nullopt;
    key += token[i] == '0' ? '~' : '/';
  }
  return key;
}

runtime::outcome<source_path> parse_path(std::string_view text) {
  auto path = source_path{std::string{text}, {}};
  const auto is_pointer = text.starts_with('/');
  const auto separator = is_pointer ? '/' : '.';
  auto rest = is_pointer ? text.substr(1) : text;
  for (;;) {
    const auto end = rest.find(separator);
    const auto token = rest.substr(0, end);
    auto key = is_pointer ? unescape(token) : std::string{token};
    if (!key)
      return refuse(text, "has a '~' that is not ~0 or ~1",
                    "write ~1 for '/' and ~0 for '~' in a JSON pointer");
    if (key->empty() && !is_pointer)
      return refuse(text, "has an empty key",
                    "write key, outer.inner or /outer/inner");
    path.keys.push_back(*std::move(key));
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  if (path.keys.size() > path_depth_max)
    return refuse(text, "is nested deeper than 16 keys", "");
  return path;
}

} // namespace

bool source_path::is_dotted() const {
  return keys.size() > 1 && !spelling.starts_with('/');
}

runtime::outcome<item_source> parse_source(std::string_view text) {
  text = trim(text);
  if (text.empty())
    return refuse(text, "is empty", "name a key of the items");
  if (text.size() > written_bytes_max)
    return refuse(text.substr(0, 40), "is longer than 1024 bytes", "");
  auto source = item_source{};
  auto arguments = text;
  if (text.ends_with(')') && !text.starts_with('/')) {
    const auto open = text.find('(');
    const auto name = trim(text.substr(0, open));
    for (const auto& [known, what] : functions)
      if (name == known)
        source.what = what;
    if (source.what == derivation::none)
      return refuse(text, "calls an unknown function", function_hint);
    arguments = text.substr(open + 1, text.size() - open - 2);
  }
  while (source.what == derivation::join) {
    const auto comma = arguments.find(',');
    if (comma == std::string_view::npos)
      break;
    auto path = parse_path(trim(arguments.substr(0, comma)));
    if (!path)
      return runtime::fail(std::move(path).error());
    source.paths.push_back(*std::move(path));
    arguments.remove_prefix(comma + 1);
  }
  auto path = parse_path(trim(arguments));
  if (!path)
    return runtime::fail(std::move(path).error());
  source.paths.push_back(*std::move(path));
  return source;
}

} // namespace troupe::scoring
