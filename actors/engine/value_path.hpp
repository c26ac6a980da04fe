#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// Where a path of an expression begins.
enum class path_root : std::uint8_t { inputs, steps, item, run };

/// What is known of a step.
enum class step_field : std::uint8_t {
  output, ///< What its activity returned; of a fan-out, the list of these.
  state, ///< A text such as "succeeded".
  failed, ///< How many of its attempts' results count as failed: 0 or 1, of a
          ///< fan-out the number of items.
  attempts, ///< How often it was tried, all items together.
};

/// One step into a value: by key, or by index into a list.
struct path_step {
  std::string key;
  std::optional<std::uint32_t> index;

  friend bool operator==(const path_step&, const path_step&) = default;
};

/// "inputs.NAME...", "steps.ID.FIELD...", "item..." or "run.NAME".
struct value_path {
  path_root root = path_root::item;
  /// Of the input, the step or the field of the run; empty for an item.
  std::string name;
  /// Only for steps.
  step_field field = step_field::output;
  /// Into the value; empty for all but inputs, outputs and items.
  std::vector<path_step> rest;

  friend bool operator==(const value_path&, const value_path&) = default;
};

[[nodiscard]] std::string_view to_text(path_root root) noexcept;
[[nodiscard]] std::string_view to_text(step_field field) noexcept;

/// As it is written in an expression.
[[nodiscard]] std::string print(const value_path& path);

} // namespace troupe::engine
