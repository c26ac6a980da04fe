#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::scoring {

/// Rows from the highest score to the lowest. Equal scores keep their order, -0
/// equals 0, and NaN comes last. A radix sort: time grows with the number of
/// rows, which is below 2^32.
[[nodiscard]] std::vector<std::uint32_t>
order_descending(std::span<const double> scores);

/// The same, but equal scores keep the order of `prior`, which holds every row
/// once (for example, financial ranks sort the list in overall order).
[[nodiscard]] std::vector<std::uint32_t>
order_descending(std::span<const double> scores,
                 std::span<const std::uint32_t> prior);

/// ranks[row] = place of the row in `order`, from 1.
[[nodiscard]] std::vector<std::uint32_t>
ranks_from_order(std::span<const std::uint32_t> order);

/// A number that sorts ascending as scores sort descending; equal scores have
/// equal keys. NaN has the largest key of all.
[[nodiscard]] std::uint64_t ranking_key(double score) noexcept;

/// Keys from `first` to `last`, both included.
struct key_range {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};

  friend bool operator==(const key_range&, const key_range&) = default;
};

/// A column in pieces, whose rows are numbered through.
using score_pieces = std::span<const std::span<const double>>;

/// Cuts the keys into at most `parts` ranges that hold about as many of
/// `scores` each (estimated on a fixed sample), without gap or overlap. The
/// orders of the ranges, one after another, are `order_descending` whatever
/// the cut, so that every range can be sorted by another worker.
[[nodiscard]] std::vector<key_range> split_for_ranking(score_pieces scores,
                                                       std::size_t parts);

/// `order_descending` without the rows whose key is outside of `range`.
[[nodiscard]] std::vector<std::uint32_t> order_part(score_pieces scores,
                                                    key_range range);

} // namespace troupe::scoring
