#include "runtime/config/yaml_document.hpp"

#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/config/text_file.hpp"
#include "runtime/config/yaml_tree.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <system_error>

namespace troupe::runtime {

namespace {

using node = yaml_tree::node;

/// Enough of a foreign text to recognise it by.
std::string clipped(std::string_view text) {
  constexpr auto length_max = std::size_t{60};
  const auto clip = clip_utf8(text, length_max);
  return std::string{clip} + (clip.size() < text.size() ? "..." : "");
}

bool is_simple(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

std::string step_to(const yaml_tree& tree, const node& child, bool is_first) {
  if (tree.nodes[child.parent].type == yaml_kind::sequence)
    return "[" + std::to_string(child.position) + "]";
  if (!is_simple(child.key))
    return "[\"" + clipped(child.key) + "\"]";
  return is_first ? child.key : "." + child.key;
}

std::string path_of(const yaml_tree& tree, std::size_t index) {
  auto chain = std::vector<std::size_t>{};
  for (; index != 0; index = tree.nodes[index].parent)
    chain.push_back(index);
  std::reverse(chain.begin(), chain.end());
  auto path = std::string{};
  for (const auto step : chain)
    path += step_to(tree, tree.nodes[step], path.empty());
  return path;
}

std::string describe(const node& value) {
  switch (value.type) {
    case yaml_kind::null:
      return "nothing";
    case yaml_kind::scalar:
      return "\"" + clipped(value.text) + "\"";
    case yaml_kind::sequence:
      return "a list";
    case yaml_kind::mapping:
      return "a mapping";
  }
  return "something else";
}

std::string shortest(double value) {
  auto buffer = std::array<char, 32>{};
  const auto end
    = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

/// The element that "[3]..." names; the path loses that part.
std::optional<std::size_t> step_into_list(const node& list,
                                          std::string_view& path) {
  const auto close = path.find(']');
  auto position = std::size_t{0};
  if (close == std::string_view::npos || list.type != yaml_kind::sequence)
    return std::nullopt;
  const auto* end = path.data() + close;
  const auto read = std::from_chars(path.data() + 1, end, position);
  if (read.ec != std::errc{} || read.ptr != end
      || position >= list.children.size())
    return std::nullopt;
  path.remove_prefix(close + 1);
  return list.children[position];
}

/// The entry whose key the path begins with; the path loses that part.
std::optional<std::size_t> step_into_mapping(const yaml_tree& tree,
                                             const node& mapping,
                                             std::string_view& path) {
  if (path.front() == '.')
    path.remove_prefix(1);
  auto longest = std::optional<std::size_t>{};
  auto length = std::size_t{0};
  for (const auto child : mapping.children) {
    const auto& key = tree.nodes[child].key;
    const auto size = key.size();
    const auto fits
      = path.starts_with(key)
        && (path.size() == size || path[size] == '.' || path[size] == '[');
    if (mapping.type == yaml_kind::mapping && fits && size > length) {
      longest = child;
      length = size;
    }
  }
  path.remove_prefix(length);
  return longest;
}

/// Reads the whole text as a number, with at most one sign in front.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-"))
    text.remove_prefix(1);
  auto value = T{};
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// "at least 3", "from 0 to 1", "at most 5", or nothing when unbounded.
template <class T, class Render>
std::string describe_range(T min, T max, Render render) {
  const auto low = min > std::numeric_limits<T>::lowest();
  const auto high = max < std::numeric_limits<T>::max();
  if (low && high)
    return "from " + render(min) + " to " + render(max);
  if (low)
    return "at least " + render(min);
  return high ? "at most " + render(max) : std::string{};
}

} // namespace

yaml_kind yaml_value::type() const noexcept {
  return tree_->nodes[index_].type;
}

std::string yaml_value::path() const {
  return path_of(*tree_, index_);
}

problem yaml_value::error(std::string message, std::string hint) const {
  const auto& place = tree_->nodes[index_].place;
  return {problem_kind::invalid_input,
          std::move(message),
          tree_->file,
          place.line,
          place.column,
          path(),
          std::move(hint)};
}

outcome<std::string> yaml_value::text() const {
  const auto& value = tree_->nodes[index_];
  if (value.type != yaml_kind::scalar)
    return fail(error("must be text, not " + describe(value)));
  return value.text;
}

outcome<bool> yaml_value::boolean() const {
  const auto& value = tree_->nodes[index_];
  if (value.type == yaml_kind::scalar && !value.quoted) {
    if (value.text == "true")
      return true;
    if (value.text == "false")
      return false;
  }
  return fail(error("must be true or false, not " + describe(value)));
}

outcome<double> yaml_value::number(double min, double max) const {
  const auto& value = tree_->nodes[index_];
  auto read = std::optional<double>{};
  if (value.type == yaml_kind::scalar && !value.quoted)
    read = parse_number<double>(value.text);
  if (!read || !std::isfinite(*read))
    return fail(error("must be a number, not " + describe(value),
                      value.quoted ? "remove the quotes" : ""));
  if (*read < min || *read > max)
    return fail(error("must be " + describe_range(min, max, shortest) + ", not "
                      + value.text));
  return *read;
}

outcome<std::int64_t> yaml_value::integer(std::int64_t min,
                                          std::int64_t max) const {
  const auto& value = tree_->nodes[index_];
  auto read = std::optional<std::int64_t>{};
  if (value.type == yaml_kind::scalar && !value.quoted)
    read = parse_number<std::int64_t>(value.text);
  if (!read)
    return fail(error("must be a whole number, not " + describe(value),
                      value.quoted ? "remove the quotes" : ""));
  if (*read < min || *read > max) {
    const auto render = [](std::int64_t n) { return std::to_string(n); };
    return fail(error("must be " + describe_range(min, max, render) + ", not "
                      + value.text));
  }
  return *read;
}

outcome<std::chrono::milliseconds>
yaml_value::duration(std::chrono::milliseconds min,
                     std::chrono::milliseconds max) const {
  const auto word = text();
  if (!word)
    return fail(error("must be a duration such as 90s, not "
                      + describe(tree_->nodes[index_])));
  const auto read = parse_duration(*word);
  if (!read)
    return fail(error(read.error().message, read.error().hint));
  if (*read < min || *read > max) {
    const auto render = [](std::int64_t n) {
      return render_duration(std::chrono::milliseconds{n});
    };
    return fail(error("must be "
                      + describe_range(std::int64_t{min.count()},
                                       std::int64_t{max.count()}, render)
                      + ", not " + *word));
  }
  return *read;
}

outcome<std::uint64_t> yaml_value::byte_size(std::uint64_t min,
                                             std::uint64_t max) const {
  const auto word = text();
  if (!word)
    return fail(error("must be a size such as 64MiB, not "
                      + describe(tree_->nodes[index_])));
  const auto read = parse_byte_size(*word);
  if (!read)
    return fail(error(read.error().message, read.error().hint));
  if (*read < min || *read > max)
    return fail(error("must be " + describe_range(min, max, render_byte_size)
                      + ", not " + *word));
  return *read;
}

outcome<std::vector<yaml_value>> yaml_value::items() const {
  const auto& list = tree_->nodes[index_];
  if (list.type != yaml_kind::sequence)
    return fail(error("must be a list, not " + describe(list)));
  auto values = std::vector<yaml_value>{};
  values.reserve(list.children.size());
  for (const auto child : list.children)
    values.push_back(at_index(child));
  return values;
}

outcome<std::vector<std::pair<std::string, yaml_value>>>
yaml_value::entries() const {
  const auto& mapping = tree_->nodes[index_];
  if (mapping.type != yaml_kind::mapping)
    return fail(error("must be a mapping, not " + describe(mapping)));
  auto values = std::vector<std::pair<std::string, yaml_value>>{};
  values.reserve(mapping.children.size());
  for (const auto child : mapping.children)
    values.emplace_back(tree_->nodes[child].key, at_index(child));
  return values;
}

std::optional<yaml_value> yaml_value::find(std::string_view key) const {
  const auto& mapping = tree_->nodes[index_];
  if (mapping.type != yaml_kind::mapping)
    return std::nullopt;
  for (const auto child : mapping.children)
    if (tree_->nodes[child].key == key)
      return at_index(child);
  return std::nullopt;
}

yaml_value yaml_value::locate(std::string_view path) const {
  auto index = index_;
  while (!path.empty()) {
    const auto& from = tree_->nodes[index];
    const auto next = path.front() == '['
                        ? step_into_list(from, path)
                        : step_into_mapping(*tree_, from, path);
    if (!next)
      break;
    index = *next;
  }
  return at_index(index);
}

outcome<yaml_value> yaml_value::at(std::string_view key) const {
  if (auto found = find(key))
    return std::move(*found);
  if (type() != yaml_kind::mapping)
    return fail(
      error("must be a mapping, not " + describe(tree_->nodes[index_])));
  return fail(error("the key \"" + std::string{key} + "\" is missing"));
}

std::vector<problem>
yaml_value::unknown_keys(std::span<const std::string_view> known) const {
  auto problems = std::vector<problem>{};
  const auto& mapping = tree_->nodes[index_];
  if (mapping.type != yaml_kind::mapping)
    return problems;
  for (const auto child : mapping.children) {
    const auto& entry = tree_->nodes[child];
    if (std::find(known.begin(), known.end(), entry.key) != known.end())
      continue;
    auto wrong
      = at_index(child).error("unknown key \"" + clipped(entry.key) + "\"",
                              spelling_hint(entry.key, known));
    wrong.line = entry.key_place.line;
    wrong.column = entry.key_place.column;
    problems.push_back(std::move(wrong));
  }
  return problems;
}

problem
yaml_value::wrong_choice(std::string_view text,
                         std::span<const std::string_view> known) const {
  auto list = std::string{};
  for (const auto word : known)
    list += (list.empty() ? "" : ", ") + std::string{word};
  const auto nearest = nearest_word(text, known);
  return error("must be one of " + list + ", not \"" + clipped(text) + "\"",
               nearest ? spelling_hint(text, known) : std::string{});
}

outcome<yaml_document> yaml_document::parse(std::string_view text,
                                            const std::string& file,
                                            const yaml_limits& limits) {
  auto tree = build_yaml_tree(text, file, limits);
  if (!tree)
    return fail(std::move(tree.error()));
  return yaml_document{yaml_value{std::move(*tree), 0}};
}

outcome<yaml_document> yaml_document::read(const std::string& path,
                                           const yaml_limits& limits) {
  const auto text = read_text_file(path, limits.file_bytes_max);
  if (!text)
    return fail(text.error());
  return parse(*text, path, limits);
}

} // namespace troupe::runtime
