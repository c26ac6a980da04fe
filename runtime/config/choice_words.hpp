#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace troupe::runtime {

/// How a choice is spelt in files and on the command line.
template <class Choice>
struct spelling {
  Choice value;
  std::string_view text;
};

/// The text of a choice; empty for a value outside the list.
template <class Choice, std::size_t Size>
[[nodiscard]] constexpr std::string_view
to_word(const std::array<spelling<Choice>, Size>& words, Choice value) {
  for (const auto& word : words)
    if (word.value == value)
      return word.text;
  return {};
}

/// The choice a text means, if any. Case matters.
template <class Choice, std::size_t Size>
[[nodiscard]] constexpr std::optional<Choice>
from_word(const std::array<spelling<Choice>, Size>& words,
          std::string_view text) {
  for (const auto& word : words)
    if (word.text == text)
      return word.value;
  return std::nullopt;
}

/// A getter for `mapping_reader` that reads one of the words.
template <class Choice, std::size_t Size>
[[nodiscard]] auto one_of(const std::array<spelling<Choice>, Size>& words) {
  return [&words](const yaml_value& value) -> outcome<Choice> {
    auto choices = std::array<std::pair<std::string_view, Choice>, Size>{};
    for (auto index = std::size_t{0}; index < Size; ++index)
      choices[index] = {words[index].text, words[index].value};
    return value.choice<Choice>(choices);
  };
}

} // namespace troupe::runtime
