#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>

namespace troupe::engine {

/// Lists and objects within each other that a value may have. Whatever comes
/// from outside is measured before anything walks through it recursively.
inline constexpr auto value_depth_max = std::size_t{128};

struct value_size {
  /// About those of its JSON text, at least one per value.
  std::size_t bytes = 0;
  /// 0 for a scalar.
  std::size_t depth = 0;
};

/// Measures a value of any depth, on the heap.
[[nodiscard]] value_size measure(const nlohmann::json& value);

} // namespace troupe::engine
