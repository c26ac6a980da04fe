#pragma once

#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <tuple>

namespace troupe::cluster {

/// What a column is, whoever has it: where its values are, how many, and of
/// which kind. Two that are alive and equal in this are the same column.
using column_identity
  = std::tuple<const void*, std::size_t, messages::column::kind>;

[[nodiscard]] column_identity identity_of(const messages::column& of);

/// Bytes of its values, or of the positions of its texts.
[[nodiscard]] std::size_t value_bytes(const messages::column& of);

/// Of its texts and blobs, as far as it has them.
[[nodiscard]] std::size_t text_bytes(const messages::column& of);

/// The same values in memory of its own.
[[nodiscard]] messages::column own_copy(const messages::column& of);

/// Columns that both ends of a session have, so that they need not be sent
/// again: each end adds the same answers in the same order, and comes to the
/// same numbers.
class kept_columns {
public:
  /// Numbers the columns of an answer, unless they are empty or known. Answers
  /// of a generation are wanted until those of the next one are there: those
  /// before are dropped. Generations only grow.
  void add(const messages::column_block& answer, std::uint32_t generation = 0);

  /// From 1; 0: it is not kept.
  [[nodiscard]] std::uint32_t number_of(const messages::column& of) const;

  /// Null: there is none of that number.
  [[nodiscard]] const messages::column* find(std::uint32_t number) const;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct entry {
    messages::column values;
    std::uint32_t generation = 0;
  };

  void drop_before(std::uint32_t generation);

  std::deque<entry> columns_;
  std::uint32_t dropped_ = 0; ///< They had the numbers up to this one.
  std::map<column_identity, std::uint32_t> numbers_;
  std::size_t bytes_ = 0;
};

} // namespace troupe::cluster
