#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace troupe::runtime {

namespace {

/// Longer words are not typing errors of ours, and the table grows with the
/// product of the lengths.
constexpr auto word_length_max = std::size_t{128};

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const auto columns = right.size() + 1;
  auto before_last = std::vector<std::size_t>(columns);
  auto last = std::vector<std::size_t>(columns);
  auto row = std::vector<std::size_t>(columns);
  for (auto j = std::size_t{0}; j < columns; ++j)
    row[j] = j;
  for (auto i = std::size_t{1}; i <= left.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (auto j = std::size_t{1}; j < columns; ++j) {
      const auto cost = left[i - 1] == right[j - 1] ? 0u : 1u;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2]
          && left[i - 2] == right[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[right.size()];
}

std::optional<std::string_view>
nearest_word(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > word_length_max)
    return std::nullopt;
  auto nearest = std::optional<std::string_view>{};
  auto distance_max = std::max(std::size_t{2}, word.size() / 3);
  for (const auto candidate : known) {
    if (candidate.size() > word_length_max)
      continue;
    const auto distance = edit_distance(word, candidate);
    // Nothing in common is no likeness, however short the words.
    const auto is_alike = distance < std::max(word.size(), candidate.size());
    if (!is_alike || distance > distance_max
        || (nearest && distance == distance_max))
      continue;
    nearest = candidate;
    distance_max = distance;
  }
  return nearest;
}

std::string spelling_hint(std::string_view word,
                          std::span<const std::string_view> known) {
  if (const auto nearest = nearest_word(word, known))
    return "did you mean \"" + std::string{*nearest} + "\"?";
  if (known.empty())
    return {};
  auto list = std::string{};
  for (const auto candidate : known)
    list += (list.empty() ? "" : ", ") + std::string{candidate};
  return "known: " + list;
}

} // namespace troupe::runtime
