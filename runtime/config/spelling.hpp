#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// How many single-character insertions, deletions, substitutions and swaps of
/// neighbours turn one word into the other (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view left,
                                        std::string_view right);

/// The word most like `word`, the first of equals; nothing if more than a
/// third of its characters (at least two) would have to change.
[[nodiscard]] std::optional<std::string_view>
nearest_word(std::string_view word, std::span<const std::string_view> known);

/// `did you mean "NEAREST"?`, or the list of known words when none is near.
[[nodiscard]] std::string
spelling_hint(std::string_view word, std::span<const std::string_view> known);

} // namespace troupe::runtime
