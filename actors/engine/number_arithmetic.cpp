#include "actors/engine/number_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;
using result = tl::expected<json, std::string>;

/// The number if it is whole and within 64 bits with a sign.
std::optional<std::int64_t> whole(const json& number) {
  if (number.is_number_unsigned()) {
    const auto value = number.get<std::uint64_t>();
    if (!std::in_range<std::int64_t>(value))
      return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  if (number.is_number_integer())
    return number.get<std::int64_t>();
  return std::nullopt;
}

tl::unexpected<std::string> too_large() {
  return tl::unexpected{std::string{"the result is beyond 64 bits"}};
}

result whole_quotient(std::int64_t left, std::int64_t right) {
  if (right == 0)
    return tl::unexpected{std::string{"division by zero"}};
  // The one quotient that 64 bits do not hold.
  if (left == std::numeric_limits<std::int64_t>::min() && right == -1)
    return too_large();
  if (left % right == 0)
    return left / right;
  return static_cast<double>(left) / static_cast<double>(right);
}

result whole_remainder(std::int64_t left, std::int64_t right) {
  if (right == 0)
    return tl::unexpected{std::string{"division by zero"}};
  return right == -1 ? std::int64_t{0} : left % right;
}

result compute_whole(expression_kind kind, std::int64_t left,
                     std::int64_t right) {
  auto value = std::int64_t{0};
  auto overflows = false;
  switch (kind) {
    case expression_kind::add:
      overflows = __builtin_add_overflow(left, right, &value);
      break;
    case expression_kind::subtract:
      overflows = __builtin_sub_overflow(left, right, &value);
      break;
    case expression_kind::multiply:
      overflows = __builtin_mul_overflow(left, right, &value);
      break;
    case expression_kind::divide:
      return whole_quotient(left, right);
    default:
      return whole_remainder(left, right);
  }
  if (overflows)
    return too_large();
  return value;
}

result compute_real(expression_kind kind, double left, double right) {
  auto value = 0.0;
  switch (kind) {
    case expression_kind::add:
      value = left + right;
      break;
    case expression_kind::subtract:
      value = left - right;
      break;
    case expression_kind::multiply:
      value = left * right;
      break;
    case expression_kind::divide:
      if (right == 0.0)
        return tl::unexpected{std::string{"division by zero"}};
      value = left / right;
      break;
    default:
      return tl::unexpected{std::string{"% is for whole numbers"}};
  }
  if (!std::isfinite(value))
    return tl::unexpected{std::string{"the result is no finite number"}};
  return value;
}

/// A whole number beside a real one, without rounding either.
std::partial_ordering compare_mixed(std::int64_t left, double right) {
  constexpr auto beyond = 9223372036854775808.0; // 2^63
  if (std::isnan(right))
    return std::partial_ordering::unordered;
  if (right >= beyond)
    return std::partial_ordering::less;
  if (right < -beyond)
    return std::partial_ordering::greater;
  const auto down = std::floor(right);
  const auto whole_part = static_cast<std::int64_t>(down);
  if (left != whole_part)
    return left <=> whole_part;
  return down == right ? std::partial_ordering::equivalent
                       : std::partial_ordering::less;
}

bool are_equal_objects(const json& left, const json& right) {
  if (left.size() != right.size())
    return false;
  for (const auto& [key, value] : left.items()) {
    const auto found = right.find(key);
    if (found == right.end() || !are_equal(value, *found))
      return false;
  }
  return true;
}

} // namespace

result compute(expression_kind kind, const json& left, const json& right) {
  const auto a = whole(left);
  const auto b = whole(right);
  if (a && b)
    return compute_whole(kind, *a, *b);
  // Only whole numbers above 2^63 - 1 round here: they come from outside.
  return compute_real(kind, left.get<double>(), right.get<double>());
}

result negated(const json& number) {
  if (const auto value = whole(number))
    return compute_whole(expression_kind::subtract, 0, *value);
  return -number.get<double>();
}

std::partial_ordering compare_numbers(const json& left, const json& right) {
  const auto a = whole(left);
  const auto b = whole(right);
  if (a && b)
    return *a <=> *b;
  if (left.is_number_unsigned() && right.is_number_unsigned())
    return left.get<std::uint64_t>() <=> right.get<std::uint64_t>();
  if (a)
    return compare_mixed(*a, right.get<double>());
  if (b)
    return 0 <=> compare_mixed(*b, left.get<double>());
  return left.get<double>() <=> right.get<double>();
}

bool are_equal(const json& left, const json& right) {
  if (left.is_number() && right.is_number())
    return std::is_eq(compare_numbers(left, right));
  if (left.type() != right.type())
    return false;
  if (left.is_array())
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      are_equal);
  return left.is_object() ? are_equal_objects(left, right) : left == right;
}

} // namespace troupe::engine
