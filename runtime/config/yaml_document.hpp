#pragma once

#include "runtime/problem.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::runtime {

struct yaml_tree; // yaml_tree.hpp, not for callers.

/// How much a document may ask of us. Beyond any of these it is refused.
struct yaml_limits {
  std::size_t file_bytes_max = std::size_t{16} << 20;
  /// Mappings and sequences within each other.
  std::size_t depth_max = 64;
  /// Values and keys, those repeated by aliases counted each time.
  std::size_t nodes_max = 500'000;
};

enum class yaml_kind : std::uint8_t { null, scalar, sequence, mapping };

/// One value of a document, which it keeps alive. Cheap to copy. Every getter
/// that fails is `invalid_input` and tells file, line, column and key.
class yaml_value {
public:
  [[nodiscard]] yaml_kind type() const noexcept;

  [[nodiscard]] bool is_null() const noexcept {
    return type() == yaml_kind::null;
  }

  /// "criteria[3].weight"; empty for the whole document.
  [[nodiscard]] std::string path() const;

  /// An `invalid_input` that points here, for rules only the caller knows.
  [[nodiscard]] problem error(std::string message, std::string hint = {}) const;

  /// Any scalar, as written, without its quotes.
  [[nodiscard]] outcome<std::string> text() const;

  /// `true` or `false`, nothing else.
  [[nodiscard]] outcome<bool> boolean() const;

  /// A finite number in [min, max]; not a quoted one.
  [[nodiscard]] outcome<double>
  number(double min = std::numeric_limits<double>::lowest(),
         double max = std::numeric_limits<double>::max()) const;

  /// A whole number in [min, max]; not a quoted one.
  [[nodiscard]] outcome<std::int64_t>
  integer(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
          std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;

  /// See `parse_duration`.
  [[nodiscard]] outcome<std::chrono::milliseconds>
  duration(std::chrono::milliseconds min = std::chrono::milliseconds{0},
           std::chrono::milliseconds max
           = std::chrono::milliseconds::max()) const;

  /// See `parse_byte_size`.
  [[nodiscard]] outcome<std::uint64_t>
  byte_size(std::uint64_t min = 0,
            std::uint64_t max
            = std::numeric_limits<std::uint64_t>::max()) const;

  /// One of the named choices; the error lists them and suggests the nearest.
  template <class T>
  [[nodiscard]] outcome<T>
  choice(std::span<const std::pair<std::string_view, T>> choices) const;

  /// The elements of a sequence, in order.
  [[nodiscard]] outcome<std::vector<yaml_value>> items() const;

  /// The entries of a mapping, in order of the file.
  [[nodiscard]] outcome<std::vector<std::pair<std::string, yaml_value>>>
  entries() const;

  /// The value of a key; nothing if this is no mapping or has no such key.
  [[nodiscard]] std::optional<yaml_value> find(std::string_view key) const;

  /// The value of a key that must be there.
  [[nodiscard]] outcome<yaml_value> at(std::string_view key) const;

  /// The value at a path such as "criteria[3].weight", or the innermost one on
  /// the way to it that there is. Keys may hold dots: the longest that fits is
  /// the one meant.
  [[nodiscard]] yaml_value locate(std::string_view path) const;

  /// One problem for each key that is not in `known`, at the key itself, with
  /// the nearest known one as hint.
  [[nodiscard]] std::vector<problem>
  unknown_keys(std::span<const std::string_view> known) const;

  /// The getter for type T: text, truth, number or whole number in T's range,
  /// or duration.
  template <class T>
  [[nodiscard]] outcome<T> as() const;

private:
  friend class yaml_document;

  yaml_value(std::shared_ptr<const yaml_tree> tree, std::size_t index) noexcept
    : tree_{std::move(tree)}, index_{index} {}

  [[nodiscard]] yaml_value at_index(std::size_t index) const noexcept {
    return {tree_, index};
  }

  [[nodiscard]] problem
  wrong_choice(std::string_view text,
               std::span<const std::string_view> known) const;

  std::shared_ptr<const yaml_tree> tree_;
  std::size_t index_ = 0;
};

/// A YAML 1.2 or JSON text with exactly one document, read within limits.
/// Refused, each with its place: syntax errors, NUL bytes, text that is not
/// UTF-8, duplicate keys, keys that are not scalars, tags, a second document.
class yaml_document {
public:
  /// `file` appears in errors only. An empty text is a null document.
  [[nodiscard]] static outcome<yaml_document>
  parse(std::string_view text, const std::string& file,
        const yaml_limits& limits = {});

  /// The same from a file: `not_found` when there is none, `denied` when it
  /// may not be read.
  [[nodiscard]] static outcome<yaml_document>
  read(const std::string& path, const yaml_limits& limits = {});

  [[nodiscard]] const yaml_value& root() const noexcept {
    return root_;
  }

private:
  explicit yaml_document(yaml_value root) noexcept : root_{std::move(root)} {}

  yaml_value root_;
};

template <class T>
outcome<T> yaml_value::choice(
  std::span<const std::pair<std::string_view, T>> choices) const {
  const auto word = text();
  if (!word)
    return fail(word.error());
  auto known = std::vector<std::string_view>{};
  for (const auto& [name, value] : choices) {
    if (name == *word)
      return value;
    known.push_back(name);
  }
  return fail(wrong_choice(*word, known));
}

template <class T>
outcome<T> yaml_value::as() const {
  if constexpr (std::same_as<T, std::string>) {
    return text();
  } else if constexpr (std::same_as<T, bool>) {
    return boolean();
  } else if constexpr (std::same_as<T, double>) {
    return number();
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    return duration();
  } else {
    static_assert(std::integral<T>, "no getter for this type");
    constexpr auto largest = std::numeric_limits<T>::max();
    constexpr auto wide_max = std::numeric_limits<std::int64_t>::max();
    const auto max = std::cmp_greater(largest, wide_max)
                       ? wide_max
                       : static_cast<std::int64_t>(largest);
    return integer(static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                   max)
      .map([](std::int64_t value) { return static_cast<T>(value); });
  }
}

} // namespace troupe::runtime
