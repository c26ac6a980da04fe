#pragma once

#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::scoring {

/// A sum of doubles, and of products of two doubles, without any rounding until
/// it is read: the same for every order and grouping of the terms. A long
/// fixed-point number in 32-bit steps with room for carries, after Neal, "Fast
/// exact summation using small and large superaccumulators" (2015),
/// arXiv:1505.05571, widened so that it holds every product.
///
/// A NaN, or infinities of both signs, make the sum NaN; one infinity makes it
/// infinite. Empty sums own no memory. Room for 2^60 terms.
class exact_sum {
public:
  void add(double term);

  /// Adds the exact product, also where the product of two doubles would
  /// overflow or vanish.
  void add_product(double left, double right);

  void add_square(double term) {
    add_product(term, term);
  }

  void merge(const exact_sum& other);

  /// The sum, correctly rounded (to nearest, ties to even); +-inf beyond the
  /// range of double. An exact zero is +0.
  [[nodiscard]] double value() const;

  /// The sum as three doubles, each the rounded rest of those before: together
  /// about 159 bits. All but the first are 0 when the sum is not finite.
  [[nodiscard]] std::array<double, 3> expansion() const;

  /// For a message: equal sums give equal words, and a zero sum none.
  [[nodiscard]] std::vector<std::uint64_t> words() const;

  /// The way back; `invalid_input` unless `words` are what `words()` returns.
  [[nodiscard]] static runtime::outcome<exact_sum>
  from_words(std::span<const std::uint64_t> words);

  /// Whether the sums, not the roads to them, are equal. NaN equals NaN here.
  friend bool operator==(const exact_sum& left, const exact_sum& right) {
    return left.words() == right.words();
  }

private:
  /// Adds mantissa x 2^(position of the last bit), with `sign`.
  void add_bits(std::uint64_t high, std::uint64_t low, std::size_t position,
                bool is_negative);
  void add_special(double term) noexcept;
  void prepare_for(std::uint64_t additions);
  void carry() noexcept;

  /// Empty, or all limbs; limb k counts units of 2^(32 k - 2148). Only the sum
  /// over all limbs means something, until `carry` puts all but the last
  /// into 0..2^32-1.
  std::vector<std::int64_t> limbs_;
  /// Upper bound of what went into any limb since `carry`, in 2^32.
  std::uint64_t pending_ = 0;
  std::uint8_t specials_ = 0;
};

} // namespace troupe::scoring
