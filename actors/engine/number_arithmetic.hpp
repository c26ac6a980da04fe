#pragma once

#include "actors/engine/expression.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <compare>
#include <string>

namespace troupe::engine {

/// `left` and `right` are numbers, `kind` is add to remainder. The error is a
/// sentence: overflow, division by zero, or a remainder of real numbers.
[[nodiscard]] tl::expected<nlohmann::json, std::string>
compute(expression_kind kind, const nlohmann::json& left,
        const nlohmann::json& right);

/// Minus a number; an error where 64 bits do not hold it.
[[nodiscard]] tl::expected<nlohmann::json, std::string>
negated(const nlohmann::json& number);

/// Compares numbers exactly, whole ones with real ones too.
[[nodiscard]] std::partial_ordering
compare_numbers(const nlohmann::json& left, const nlohmann::json& right);

/// As `==` of the language: numbers by value, also within lists and objects.
[[nodiscard]] bool are_equal(const nlohmann::json& left,
                             const nlohmann::json& right);

} // namespace troupe::engine
