#include "actors/scoring/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace troupe::scoring {

namespace {

__extension__ using wide = unsigned __int128;

// The last bit of the smallest product, 2^-1074 x 2^-1074, is bit 0. The
// largest product ends below bit 4196; the rest is room for 2^60 of them.
constexpr auto limb_count = std::size_t{134};
constexpr auto lowest_exponent = -2148;
constexpr auto limb_bits = std::size_t{32};
constexpr auto limb_mask = (std::int64_t{1} << limb_bits) - 1;
constexpr auto pending_max = std::uint64_t{1} << 29;

constexpr auto has_plus_infinity = std::uint8_t{1};
constexpr auto has_minus_infinity = std::uint8_t{2};
constexpr auto has_nan = std::uint8_t{4};

// Layout of the first word: flags, then the index of the first limb.
constexpr auto negative_flag = std::uint64_t{8};
constexpr auto index_shift = 8U;

struct decoded {
  std::uint64_t mantissa = 0;
  std::size_t exponent = 0; // Biased, and 1 for subnormal numbers.
  bool is_negative = false;
};

decoded decode(double term) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(term);
  auto result = decoded{};
  result.is_negative = (bits >> 63U) != 0;
  result.mantissa = bits & ((std::uint64_t{1} << 52U) - 1);
  result.exponent = (bits >> 52U) & 0x7ffU;
  if (result.exponent == 0)
    result.exponent = 1;
  else
    result.mantissa |= std::uint64_t{1} << 52U;
  return result;
}

/// Sign and magnitude of canonical limbs.
struct magnitude {
  std::vector<std::uint32_t> limbs;
  bool is_negative = false;
};

magnitude to_magnitude(const std::vector<std::int64_t>& limbs) {
  auto result = magnitude{};
  if (limbs.empty())
    return result;
  result.is_negative = limbs.back() < 0;
  result.limbs.reserve(limbs.size());
  auto borrow = std::int64_t{0};
  for (const auto limb : limbs) {
    const auto digit = (result.is_negative ? -limb : limb) + borrow;
    result.limbs.push_back(static_cast<std::uint32_t>(digit & limb_mask));
    borrow = digit >> limb_bits;
  }
  return result;
}

/// Bits [position, position + 64) of the magnitude.
std::uint64_t bits_at(const magnitude& number, std::size_t position) {
  const auto limb = [&number](std::size_t index) {
    return static_cast<wide>(index < number.limbs.size() ? number.limbs[index]
                                                         : 0U);
  };
  const auto index = position / limb_bits;
  const auto window = limb(index) | (limb(index + 1) << limb_bits)
                      | (limb(index + 2) << (2 * limb_bits));
  return static_cast<std::uint64_t>(window >> (position % limb_bits));
}

bool has_bits_below(const magnitude& number, std::size_t position) {
  const auto index = position / limb_bits;
  for (auto i = std::size_t{0}; i < index; ++i)
    if (number.limbs[i] != 0)
      return true;
  const auto mask = (std::uint32_t{1} << (position % limb_bits)) - 1;
  return (number.limbs[index] & mask) != 0;
}

double round(const magnitude& number) {
  auto last = number.limbs.size();
  while (last > 0 && number.limbs[last - 1] == 0)
    --last;
  if (last == 0)
    return 0.0;
  const auto width
    = limb_bits * last
      - static_cast<std::size_t>(std::countl_zero(number.limbs[last - 1]));
  // The place of the last bit that a double keeps: 53 bits, not below 2^-1074.
  constexpr auto subnormal_place
    = static_cast<std::size_t>(-1074 - lowest_exponent);
  const auto place = std::max(width, subnormal_place + 53) - 53;
  auto mantissa = bits_at(number, place) & ((std::uint64_t{1} << 53U) - 1);
  const auto half = (bits_at(number, place - 1) & 1U) != 0;
  if (half && (has_bits_below(number, place - 1) || (mantissa & 1U) != 0))
    ++mantissa;
  const auto result = std::ldexp(static_cast<double>(mantissa),
                                 static_cast<int>(place) + lowest_exponent);
  return number.is_negative ? -result : result;
}

tl::unexpected<runtime::problem> malformed() {
  return runtime::fail(runtime::problem_kind::invalid_input,
                       "the words are not those of an exact sum");
}

} // namespace

void exact_sum::add(double term) {
  if (!std::isfinite(term)) {
    add_special(term);
    return;
  }
  const auto number = decode(term);
  if (number.mantissa != 0)
    add_bits(0, number.mantissa, number.exponent + 1073, number.is_negative);
}

void exact_sum::add_product(double left, double right) {
  if (!std::isfinite(left) || !std::isfinite(right)) {
    add_special(left * right);
    return;
  }
  const auto a = decode(left);
  const auto b = decode(right);
  const auto product = static_cast<wide>(a.mantissa) * b.mantissa;
  if (product != 0)
    add_bits(static_cast<std::uint64_t>(product >> 64U),
             static_cast<std::uint64_t>(product), a.exponent + b.exponent - 2,
             a.is_negative != b.is_negative);
}

void exact_sum::add_bits(std::uint64_t high, std::uint64_t low,
                         std::size_t position, bool is_negative) {
  prepare_for(1);
  const auto shift = position % limb_bits;
  auto* limb = limbs_.data() + position / limb_bits;
  // The first 32 bits apart, so that the shifted rest fits into 128 bits.
  const auto all = (static_cast<wide>(high) << 64U) | low;
  const auto first = (low << shift) & static_cast<std::uint64_t>(limb_mask);
  auto rest = all >> (limb_bits - shift);
  const auto sign = is_negative ? std::int64_t{-1} : std::int64_t{1};
  *limb += sign * static_cast<std::int64_t>(first);
  while (rest != 0) {
    const auto digit = static_cast<std::int64_t>(rest) & limb_mask;
    *++limb += sign * digit;
    rest >>= limb_bits;
  }
}

void exact_sum::add_special(double term) noexcept {
  if (std::isnan(term))
    specials_ |= has_nan;
  else if (std::isinf(term))
    specials_ |= term > 0 ? has_plus_infinity : has_minus_infinity;
}

void exact_sum::prepare_for(std::uint64_t additions) {
  if (limbs_.empty())
    limbs_.resize(limb_count);
  if (pending_ + additions > pending_max)
    carry();
  pending_ += additions;
}

void exact_sum::carry() noexcept {
  auto carried = std::int64_t{0};
  for (auto& limb : limbs_) {
    limb += carried;
    if (&limb == &limbs_.back())
      break;
    carried = limb >> limb_bits;
    limb &= limb_mask;
  }
  pending_ = 1;
}

void exact_sum::merge(const exact_sum& other) {
  specials_ |= other.specials_;
  if (other.limbs_.empty())
    return;
  prepare_for(other.pending_ + 1);
  for (auto i = std::size_t{0}; i < limb_count; ++i)
    limbs_[i] += other.limbs_[i];
}

double exact_sum::value() const {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  if (specials_ == has_plus_infinity)
    return infinity;
  if (specials_ == has_minus_infinity)
    return -infinity;
  if (specials_ != 0)
    return std::numeric_limits<double>::quiet_NaN();
  auto canonical = *this;
  canonical.carry();
  return round(to_magnitude(canonical.limbs_));
}

std::array<double, 3> exact_sum::expansion() const {
  auto result = std::array<double, 3>{value(), 0.0, 0.0};
  auto rest = *this;
  for (auto i = std::size_t{1}; i < 3 && std::isfinite(result[0]); ++i) {
    rest.add(-result[i - 1]);
    result[i] = rest.value();
  }
  return result;
}

std::vector<std::uint64_t> exact_sum::words() const {
  auto canonical = *this;
  canonical.carry();
  const auto number = to_magnitude(canonical.limbs_);
  const auto is_set = [](std::uint32_t limb) { return limb != 0; };
  const auto first = std::ranges::find_if(number.limbs, is_set);
  auto last = number.limbs.end();
  while (last != first && *(last - 1) == 0)
    --last;
  if (first == last)
    return specials_ == 0 ? std::vector<std::uint64_t>{}
                          : std::vector<std::uint64_t>{specials_};
  const auto index = static_cast<std::uint64_t>(first - number.limbs.begin());
  auto result = std::vector<std::uint64_t>{
    specials_ | (number.is_negative ? negative_flag : 0)
    | (index << index_shift)};
  result.insert(result.end(), first, last);
  return result;
}

runtime::outcome<exact_sum>
exact_sum::from_words(std::span<const std::uint64_t> words) {
  auto result = exact_sum{};
  if (words.empty())
    return result;
  const auto flags = words[0] & 0xffU;
  const auto index = words[0] >> index_shift;
  const auto limbs = words.subspan(1);
  const auto is_wide = [](std::uint64_t word) {
    return word > static_cast<std::uint64_t>(limb_mask);
  };
  // The last limb is signed, so half of it is the limit.
  if (flags > 15 || index >= limb_count || limbs.size() > limb_count - index
      || std::ranges::any_of(limbs, is_wide)
      || (index + limbs.size() == limb_count && limbs.back() >> 31U != 0))
    return malformed();
  result.specials_ = static_cast<std::uint8_t>(flags & 7U);
  if (!limbs.empty()) {
    result.limbs_.resize(limb_count);
    result.pending_ = 1;
    const auto is_negative = (flags & negative_flag) != 0;
    for (auto i = std::size_t{0}; i < limbs.size(); ++i) {
      const auto limb = static_cast<std::int64_t>(limbs[i]);
      result.limbs_[index + i] = is_negative ? -limb : limb;
    }
  }
  if (!std::ranges::equal(result.words(), words))
    return malformed();
  return result;
}

} // namespace troupe::scoring
