#pragma once

#include "actors/engine/text_template.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// Reads what an activity is given key by key. Remembers the first problem
/// instead of stopping there; every key that is asked for is known, `finish`
/// refuses the others. A null counts as absent.
class activity_input {
public:
  /// `place` is where the object was written; all problems name it. The object
  /// must outlive the reader.
  activity_input(const nlohmann::json& input, source_place place);

  [[nodiscard]] std::optional<std::string> text(std::string_view key);

  /// "90s", "1h30m" and so on, at most `max`.
  [[nodiscard]] std::optional<std::chrono::milliseconds>
  duration(std::string_view key, std::chrono::milliseconds max);

  /// A number of bytes, or "64KiB" and so on, at most `max`.
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::string_view key,
                                                   std::uint64_t max);

  /// Position of the word in `words`.
  [[nodiscard]] std::optional<std::size_t>
  choice(std::string_view key, std::span<const std::string_view> words);

  /// A list of texts.
  [[nodiscard]] std::optional<std::vector<std::string>>
  texts(std::string_view key);

  /// A list of whole numbers, none outside of these bounds.
  [[nodiscard]] std::optional<std::vector<int>> integers(std::string_view key,
                                                         int min, int max);

  [[nodiscard]] std::optional<bool> boolean(std::string_view key);

  /// Any value.
  [[nodiscard]] const nlohmann::json* value(std::string_view key);

  /// A problem about a key, which may be a path such as "argv[2]".
  void refuse(std::string_view key, std::string message, std::string hint = {});

  /// A problem that somebody else has found.
  void refuse(runtime::problem reason);

  /// The key as problems name it.
  [[nodiscard]] std::string key_of(std::string_view key) const;

  /// Refuses the keys that nobody asked for. The first problem, if any.
  [[nodiscard]] runtime::outcome<void> finish();

private:
  const nlohmann::json* input_;
  source_place place_;
  std::vector<std::string> known_;
  std::optional<runtime::problem> problem_;
};

} // namespace troupe::engine
