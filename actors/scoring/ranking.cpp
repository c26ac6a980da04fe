#include "actors/scoring/ranking.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>

namespace troupe::scoring {

namespace {

/// Without initialisers: millions of entries are written once, not twice.
struct entry {
  std::uint64_t key;
  std::uint32_t row;
};

constexpr auto digit_bits = 11U;
constexpr auto digit_count = std::size_t{1} << digit_bits;
constexpr auto prefix_bits = 2 * digit_bits;
constexpr auto sample_size = std::size_t{4096};

bool has_smaller_key(const entry& left, const entry& right) noexcept {
  return left.key < right.key;
}

/// Straight insertion: the groups are a few entries long.
void insertion_sort(std::span<entry> entries) noexcept {
  for (auto i = std::size_t{1}; i < entries.size(); ++i) {
    const auto moving = entries[i];
    auto place = i;
    for (; place > 0 && moving.key < entries[place - 1].key; --place)
      entries[place] = entries[place - 1];
    entries[place] = moving;
  }
}

/// One pass of a counting sort by the digit at `shift` above `smallest`.
void scatter(std::span<const entry> from, std::span<entry> to,
             std::array<std::uint32_t, digit_count>& counts,
             std::uint64_t smallest, unsigned shift) noexcept {
  auto sum = std::uint32_t{0};
  for (auto& count : counts) {
    const auto next = sum + count;
    count = sum;
    sum = next;
  }
  for (const auto& each : from)
    to[counts[((each.key - smallest) >> shift) & (digit_count - 1)]++] = each;
}

/// Stable. Two passes from the lower to the upper digit (LSD radix sort, Knuth,
/// TAOCP 3, 5.2.5) sort by the 22 highest bits in which the keys differ; what
/// has those in common is sorted by the next 22. `spare` is as long.
void radix_sort(std::span<entry> entries, std::span<entry> spare) {
  if (entries.size() <= 32)
    return insertion_sort(entries);
  const auto [low, high]
    = std::ranges::minmax_element(entries, {}, &entry::key);
  const auto smallest = low->key;
  const auto width
    = static_cast<unsigned>(std::bit_width(high->key - smallest));
  if (width == 0 || std::ranges::is_sorted(entries, {}, &entry::key))
    return;
  if (entries.size() <= 2048) {
    std::ranges::stable_sort(entries, has_smaller_key);
    return;
  }
  const auto shift = width > prefix_bits ? width - prefix_bits : 0U;
  auto lower = std::array<std::uint32_t, digit_count>{};
  auto upper = std::array<std::uint32_t, digit_count>{};
  for (const auto& each : entries) {
    const auto prefix = (each.key - smallest) >> shift;
    ++lower[prefix & (digit_count - 1)];
    ++upper[(prefix >> digit_bits) & (digit_count - 1)];
  }
  scatter(entries, spare, lower, smallest, shift);
  scatter(spare, entries, upper, smallest, shift + digit_bits);
  if (shift == 0)
    return;
  const auto prefix_of
    = [=](const entry& each) { return (each.key - smallest) >> shift; };
  for (auto begin = std::size_t{0}; begin < entries.size();) {
    auto end = begin + 1;
    while (end < entries.size()
           && prefix_of(entries[end]) == prefix_of(entries[begin]))
      ++end;
    // At most two levels deep: each level settles 22 of the 64 bits.
    if (end - begin > 1)
      radix_sort(entries.subspan(begin, end - begin),
                 spare.subspan(begin, end - begin));
    begin = end;
  }
}

std::vector<std::uint32_t> sorted_rows(std::span<entry> entries) {
  const auto spare = std::make_unique_for_overwrite<entry[]>(entries.size());
  radix_sort(entries, {spare.get(), entries.size()});
  auto rows = std::vector<std::uint32_t>(entries.size());
  std::ranges::transform(entries, rows.begin(), &entry::row);
  return rows;
}

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
  const auto entries = std::make_unique_for_overwrite<entry[]>(scores.size());
  for (auto row = std::size_t{0}; row < scores.size(); ++row)
    entries[row] = {ranking_key(scores[row]), static_cast<std::uint32_t>(row)};
  return sorted_rows({entries.get(), scores.size()});
}

std::vector<std::uint32_t>
order_descending(std::span<const double> scores,
                 std::span<const std::uint32_t> prior) {
  const auto entries = std::make_unique_for_overwrite<entry[]>(prior.size());
  for (auto place = std::size_t{0}; place < prior.size(); ++place)
    entries[place] = {ranking_key(scores[prior[place]]), prior[place]};
  return sorted_rows({entries.get(), prior.size()});
}

std::vector<std::uint32_t>
ranks_from_order(std::span<const std::uint32_t> order) {
  auto ranks = std::vector<std::uint32_t>(order.size());
  for (auto place = std::size_t{0}; place < order.size(); ++place)
    ranks[order[place]] = static_cast<std::uint32_t>(place + 1);
  return ranks;
}

std::vector<key_range> split_for_ranking(std::span<const double> scores,
                                         std::size_t parts) {
  auto sample = std::vector<std::uint64_t>{};
  const auto stride = scores.size() / sample_size + 1;
  for (auto row = std::size_t{0}; row < scores.size(); row += stride)
    sample.push_back(ranking_key(scores[row]));
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

std::vector<std::uint32_t> order_part(std::span<const double> scores,
                                      key_range range) {
  const auto entries = std::make_unique_for_overwrite<entry[]>(scores.size());
  auto size = std::size_t{0};
  for (auto row = std::size_t{0}; row < scores.size(); ++row) {
    const auto key = ranking_key(scores[row]);
    entries[size] = {key, static_cast<std::uint32_t>(row)};
    // Written in any case: a jump would be taken at random.
    size += static_cast<std::size_t>(range.first <= key && key <= range.last);
  }
  return sorted_rows({entries.get(), size});
}

} // namespace troupe::scoring
