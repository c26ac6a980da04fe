#include "actors/simulation/draw_weight.hpp"

#include <array>
#include <bit>
#include <cstddef>

namespace troupe::simulation {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr std::uint64_t upper_half(uint128 value) {
  return static_cast<std::uint64_t>(value >> 64U);
}

constexpr std::uint64_t multiply_high(std::uint64_t left, std::uint64_t right) {
  return upper_half(uint128{left} * right);
}

// Logarithms of numbers from 1 to 2 come from a table of those that begin
// with so many bits, and a series for the quotient of number and table
// entry.
constexpr auto table_bits = 8U;
constexpr auto table_size = std::size_t{1} << table_bits;
/// Of the number after its leading one. Two numbers that differ in these have
/// logarithms at least 2^-57 apart, which is more than all errors before the
/// last rounding together, 2^-59: so the result never falls.
constexpr auto number_bits = 56U;
constexpr auto rest_bits = number_bits - table_bits;
/// Of tables and series behind the point.
constexpr auto log_bits = 62U;

/// log2 of a number from 2^63 to 2^64 - 1, in parts of 2^63: each square tells
/// one bit. Less than two parts of 2^62 too low.
constexpr std::uint64_t log2_by_squares(std::uint64_t number) {
  auto log = std::uint64_t{0};
  for (auto bit = 0U; bit < log_bits; ++bit) {
    const auto square = uint128{number} * number;
    const auto is_two = upper_half(square) >> 63U;
    log = log << 1U | is_two;
    number = upper_half(square << (1U - is_two));
  }
  return log;
}

struct table_entry {
  /// log2(1 + at / 256), in parts of 2^62.
  std::uint64_t log = 0;
  /// 2^64 / (256 + at).
  std::uint64_t reciprocal = 0;
};

constexpr auto log_table = [] {
  auto entries = std::array<table_entry, table_size>{};
  for (auto at = std::size_t{0}; at < table_size; ++at) {
    const auto number = table_size + at;
    entries[at] = {.log = log2_by_squares(number << (63U - table_bits)),
                   .reciprocal = ~std::uint64_t{0} / number};
  }
  return entries;
}();

/// 1 / (k ln 2) in parts of 2^62: log2(1 + z) is z / ln 2 - z^2 / (2 ln 2) ...
constexpr auto series = [] {
  auto factors = std::array<std::uint64_t, 7>{};
  for (auto k = std::uint64_t{1}; k <= factors.size(); ++k)
    factors[k - 1] = 6'653'256'548'922'161'245U / k;
  return factors;
}();

/// log2 of a number from 2^63 to 2^64 - 1, in parts of 2^63, as parts of 2^56.
/// The error of the series is below z^8 / (8 ln 2), z < 2^-8; those of products
/// and log_table are a few parts of 2^62.
std::uint64_t log2_of(std::uint64_t number) noexcept {
  const auto bits = (number << 1U) >> (64U - number_bits);
  const auto& entry = log_table[bits >> rest_bits];
  const auto rest = bits & ((std::uint64_t{1} << rest_bits) - 1);
  // What is left of the number over the entry's, in parts of 2^64.
  const auto z = multiply_high(rest << (64U - rest_bits), entry.reciprocal);
  auto sum = series.back();
  for (auto k = series.size() - 1; k > 0; --k)
    sum = series[k - 1] - multiply_high(z, sum);
  return (entry.log + multiply_high(z, sum)) >> (log_bits - exponential_bits);
}

/// Keys of weight 0 begin with this, which no others reach.
constexpr auto last_keys = std::uint64_t{3} << 62U;
constexpr auto exponent_bits = 8U;
/// Keeps exponents above 0: quotients have at least 64 bits, weights at
/// most 80.
constexpr auto exponent_bias = 18U;

} // namespace

std::uint64_t exponential_draw(std::uint64_t draw) noexcept {
  if (draw == 0)
    return 0;
  // log2(1 - draw / 2^64) is that of a number from 1 to 2, less whole bits.
  const auto rest = std::uint64_t{0} - draw;
  const auto zeros = static_cast<unsigned>(std::countl_zero(rest));
  return (std::uint64_t{zeros + 1} << exponential_bits)
         - log2_of(rest << zeros);
}

draw_weight draw_weight::product(ppm first, ppm second, ppm third) noexcept {
  const auto weight = uint128{static_cast<std::uint64_t>(first)}
                      * static_cast<std::uint64_t>(second)
                      * static_cast<std::uint64_t>(third);
  if (weight == 0)
    return {};
  const auto upper = upper_half(weight);
  const auto width = static_cast<unsigned>(
    upper != 0 ? 64 + std::bit_width(upper)
               : std::bit_width(static_cast<std::uint64_t>(weight)));
  const auto leading = upper_half(weight << (128U - width));
  constexpr auto most = ~uint128{0} >> 1U;
  return {static_cast<std::uint64_t>(most / leading), width};
}

std::uint64_t draw_weight::weigh(std::uint64_t draw) const noexcept {
  if (inverse_ == 0)
    return last_keys | draw >> 2U;
  const auto exponential = exponential_draw(draw);
  if (exponential == 0)
    return 0;
  const auto quotient = uint128{exponential} * inverse_;
  // At least 2^63, so that the upper half may be 0.
  const auto upper = upper_half(quotient);
  const auto zeros = static_cast<unsigned>(
    upper != 0 ? std::countl_zero(upper)
               : 64 + std::countl_zero(static_cast<std::uint64_t>(quotient)));
  // Its first bit is in the exponent.
  const auto fraction = upper_half(quotient << zeros) << 1U;
  const auto exponent = std::uint64_t{128U - zeros + exponent_bias - width_};
  return exponent << (64U - exponent_bits) | fraction >> exponent_bits;
}

} // namespace troupe::simulation
