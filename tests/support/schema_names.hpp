#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <set>
#include <string>

// Names as a JSON schema and as a reader list them, to be compared.
namespace troupe::tests {

using name_set = std::set<std::string, std::less<>>;

/// The keys that a mapping may have by its schema.
[[nodiscard]] inline name_set properties(const nlohmann::json& schema) {
  auto names = name_set{};
  for (const auto& [key, value] : schema.at("properties").items())
    names.insert(key);
  return names;
}

template <class Keys>
[[nodiscard]] name_set names(const Keys& keys) {
  return {keys.begin(), keys.end()};
}

/// The words of pairs of a word and its value.
template <class Words>
[[nodiscard]] name_set spellings(const Words& words) {
  auto found = name_set{};
  for (const auto& [word, value] : words)
    found.emplace(word);
  return found;
}

} // namespace troupe::tests
