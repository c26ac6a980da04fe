#include "actors/scoring/ranking.hpp"

#include "actors/scoring/column_range.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>

namespace troupe::scoring {

namespace {

constexpr auto digit_bits = 11U;
constexpr auto digit_count = std::size_t{1} << digit_bits;
constexpr auto prefix_bits = 2 * digit_bits;
constexpr auto sample_size = std::size_t{4096};

using entries = std::span<std::uint64_t>;

/// How a key and the position of its score share 64 bits. What is lost of the
/// key is looked up where it matters, among entries whose rest is equal.
struct packing {
  /// For keys between `smallest` and `largest` of that many positions.
  packing(std::uint64_t smallest_key, std::uint64_t largest,
          std::size_t positions)
    : smallest{smallest_key}, position_bits{static_cast<unsigned>(
                                std::bit_width(positions))} {
    const auto width = static_cast<unsigned>(std::bit_width(largest - smallest))
                       + position_bits;
    lost_bits = width > 64U ? width - 64U : 0U;
  }

  [[nodiscard]] std::uint64_t pack(std::uint64_t key,
                                   std::size_t position) const noexcept {
    return (((key - smallest) >> lost_bits) << position_bits) | position;
  }

  [[nodiscard]] std::size_t position(std::uint64_t entry) const noexcept {
    return entry & ((std::uint64_t{1} << position_bits) - 1);
  }

  std::uint64_t smallest;
  unsigned position_bits;
  unsigned lost_bits = 0;
};

/// Straight insertion: the groups are a few entries long.
void insertion_sort(entries some) noexcept {
  for (auto i = std::size_t{1}; i < some.size(); ++i) {
    const auto moving = some[i];
    auto place = i;
    for (; place > 0 && moving < some[place - 1]; --place)
      some[place] = some[place - 1];
    some[place] = moving;
  }
}

/// One pass of a counting sort by the digit at `shift` above `smallest`.
void scatter(std::span<const std::uint64_t> from, entries to,
             std::array<std::uint32_t, digit_count>& counts,
             std::uint64_t smallest, unsigned shift) noexcept {
  auto sum = std::uint32_t{0};
  for (auto& count : counts) {
    const auto next = sum + count;
    count = sum;
    sum = next;
  }
  for (const auto each : from)
    to[counts[((each - smallest) >> shift) & (digit_count - 1)]++] = each;
}

/// Two passes from the lower to the upper digit (LSD radix sort, Knuth, TAOCP
/// 3, 5.2.5) sort by the 22 highest bits in which the entries differ; what has
/// those in common is sorted by the next 22. `spare` is as long.
void radix_sort(entries some, entries spare) {
  if (some.size() <= 32)
    return insertion_sort(some);
  if (std::ranges::is_sorted(some))
    return;
  if (some.size() <= 2048) {
    std::ranges::sort(some);
    return;
  }
  const auto [low, high] = std::ranges::minmax(some);
  const auto smallest = low;
  const auto width = static_cast<unsigned>(std::bit_width(high - smallest));
  const auto shift = width > prefix_bits ? width - prefix_bits : 0U;
  auto lower = std::array<std::uint32_t, digit_count>{};
  auto upper = std::array<std::uint32_t, digit_count>{};
  for (const auto each : some) {
    const auto prefix = (each - smallest) >> shift;
    ++lower[prefix & (digit_count - 1)];
    ++upper[(prefix >> digit_bits) & (digit_count - 1)];
  }
  scatter(some, spare, lower, smallest, shift);
  scatter(spare, some, upper, smallest, shift + digit_bits);
  if (shift == 0)
    return;
  for (auto begin = std::size_t{0}; begin < some.size();) {
    const auto prefix = (some[begin] - smallest) >> shift;
    auto end = begin + 1;
    while (end < some.size() && (some[end] - smallest) >> shift == prefix)
      ++end;
    // At most two levels deep: each level settles 22 of the 64 bits.
    if (end - begin > 1)
      radix_sort(some.subspan(begin, end - begin),
                 spare.subspan(begin, end - begin));
    begin = end;
  }
}

/// Where entries differ in nothing but their positions, the bits that were lost
/// decide.
template <class KeyOf>
void settle_lost_bits(const packing& how, entries some, KeyOf key_of) {
  const auto has_smaller_key = [&](std::uint64_t left, std::uint64_t right) {
    return key_of(how.position(left)) < key_of(how.position(right));
  };
  for (auto begin = std::size_t{0}; begin < some.size();) {
    auto end = begin + 1;
    while (end < some.size()
           && some[end] >> how.position_bits
                == some[begin] >> how.position_bits)
      ++end;
    if (end - begin > 1)
      std::ranges::stable_sort(some.subspan(begin, end - begin),
                               has_smaller_key);
    begin = end;
  }
}

/// Sorts and gives the positions in order.
template <class KeyOf>
std::vector<std::uint32_t> sorted_positions(const packing& how, entries some,
                                            KeyOf key_of) {
  const auto spare
    = std::make_unique_for_overwrite<std::uint64_t[]>(some.size());
  radix_sort(some, {spare.get(), some.size()});
  if (how.lost_bits != 0)
    settle_lost_bits(how, some, key_of);
  auto positions = std::vector<std::uint32_t>{};
  positions.reserve(some.size());
  for (const auto each : some)
    positions.push_back(static_cast<std::uint32_t>(how.position(each)));
  return positions;
}

/// The smallest and the largest key; all keys of nothing.
key_range keys_of(score_pieces scores) {
  auto range = key_range{};
  auto all = column_range{};
  auto rows = std::size_t{0};
  for (const auto& piece : scores) {
    const auto part = range_of_numbers(piece);
    all.count += part.count;
    all.minimum = std::min(all.minimum, part.minimum);
    all.maximum = std::max(all.maximum, part.maximum);
    rows += piece.size();
  }
  if (all.count == 0)
    return range;
  range.first = ranking_key(all.maximum);
  if (all.count == rows) // Otherwise NaN has the largest key.
    range.last = ranking_key(all.minimum);
  return range;
}

std::size_t size_of(score_pieces scores) {
  auto size = std::size_t{0};
  for (const auto& piece : scores)
    size += piece.size();
  return size;
}

/// Scores of a column in pieces by row; rows are asked for at random.
class piecewise {
public:
  explicit piecewise(score_pieces scores) : scores_{scores} {
    for (const auto& piece : scores)
      ends_.push_back((ends_.empty() ? 0 : ends_.back()) + piece.size());
  }

  [[nodiscard]] double operator[](std::size_t row) const {
    const auto at = std::ranges::upper_bound(ends_, row);
    const auto piece = static_cast<std::size_t>(at - ends_.begin());
    return scores_[piece][row - (piece == 0 ? 0 : ends_[piece - 1])];
  }

private:
  score_pieces scores_;
  std::vector<std::size_t> ends_;
};

} // namespace

std::uint64_t ranking_key(double score) noexcept {
  constexpr auto sign = std::uint64_t{1} << 63U;
  if (std::isnan(score))
    return ~std::uint64_t{0};
  // Adding 0 turns -0 into 0.
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);
  return (bits & sign) != 0 ? bits : ~bits & ~sign;
}

std::vector<std::uint32_t> order_descending(std::span<const double> scores) {
  return order_part({&scores, 1}, {});
}

std::vector<std::uint32_t>
order_descending(std::span<const double> scores,
                 std::span<const std::uint32_t> prior) {
  const auto keys = keys_of({&scores, 1});
  const auto how = packing{keys.first, keys.last, prior.size()};
  const auto some
    = std::make_unique_for_overwrite<std::uint64_t[]>(prior.size());
  const auto key_of
    = [&](std::size_t place) { return ranking_key(scores[prior[place]]); };
  for (auto place = std::size_t{0}; place < prior.size(); ++place)
    some[place] = how.pack(key_of(place), place);
  auto order = sorted_positions(how, {some.get(), prior.size()}, key_of);
  for (auto& row : order)
    row = prior[row];
  return order;
}

std::vector<std::uint32_t>
ranks_from_order(std::span<const std::uint32_t> order) {
  auto ranks = std::vector<std::uint32_t>(order.size());
  for (auto place = std::size_t{0}; place < order.size(); ++place)
    ranks[order[place]] = static_cast<std::uint32_t>(place + 1);
  return ranks;
}

std::vector<key_range> split_for_ranking(score_pieces scores,
                                         std::size_t parts) {
  auto sample = std::vector<std::uint64_t>{};
  const auto stride = size_of(scores) / sample_size + 1;
  auto row = std::size_t{0}; // Of the next one in the sample, in its piece.
  for (const auto& piece : scores) {
    for (; row < piece.size(); row += stride)
      sample.push_back(ranking_key(piece[row]));
    row -= piece.size();
  }
  std::ranges::sort(sample);
  auto ranges = std::vector<key_range>{{}};
  for (auto part = std::size_t{1}; part < parts && !sample.empty(); ++part) {
    const auto first = sample[sample.size() * part / parts];
    if (first <= ranges.back().first)
      continue; // So many equal scores that they fill a part of their own.
    ranges.back().last = first - 1;
    ranges.push_back({first, ~std::uint64_t{0}});
  }
  return ranges;
}

std::vector<std::uint32_t> order_part(score_pieces scores, key_range range) {
  const auto rows = size_of(scores);
  const auto keys = keys_of(scores);
  range.first = std::max(range.first, keys.first);
  range.last = std::min(range.last, keys.last);
  if (rows == 0 || range.first > range.last)
    return {};
  const auto how = packing{range.first, range.last, rows};
  // One more: what is outside of the range is written, too, and overwritten.
  const auto some = std::make_unique_for_overwrite<std::uint64_t[]>(rows + 1);
  auto size = std::size_t{0};
  auto row = std::size_t{0};
  for (const auto& piece : scores)
    for (const auto score : piece) {
      const auto key = ranking_key(score);
      some[size] = how.pack(key, row++);
      // Written in any case: a jump would be taken at random.
      size += static_cast<std::size_t>(key - range.first
                                       <= range.last - range.first);
    }
  const auto score_at = piecewise{scores};
  return sorted_positions(how, {some.get(), size}, [&](std::size_t at) {
    return ranking_key(score_at[at]);
  });
}

} // namespace troupe::scoring
