#pragma once

#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// How the values of a column are written where that is shorter than they are:
/// each as its distance from a base, modulo 2 to the power of the bits that it
/// has itself; where they ascend, as the step from the one before; or, where
/// only a few differ, as its position in a list of these, which comes first. A
/// byte saved on a link is worth several such values.
struct packed_form {
  /// Of each distance, step or position: 0 (all values are the base), 4, 8, 16
  /// or, but for positions, 32.
  std::uint32_t bits = 0;
  std::uint64_t base = 0; ///< Of steps, the first value, whose step is 0.
  std::uint32_t listed = 0; ///< Values in the list; 0: there is none.
  bool has_steps = false;
};

/// The shortest form of a column, and what it is in that.
struct packed_column {
  packed_form form{};
  std::string bytes{}; ///< If they are not distances.
};

/// Nothing: no form is shorter than the values, or they are texts.
[[nodiscard]] std::optional<packed_column> pack(const messages::column& of);

/// Whether values of that kind can have it.
[[nodiscard]] bool is_form_of(const packed_form& form,
                              messages::column::kind type);

/// What so many values take.
[[nodiscard]] std::size_t packed_bytes(const packed_form& form,
                                       messages::column::kind type,
                                       std::size_t count);

/// Writes what `pack` has made of the column.
void append_packed(std::string& to, const messages::column& from,
                   const packed_column& packed);

/// The column that they were, in memory of its own. The form is one of that
/// kind, and `bytes` has as many as packed_bytes says, the first where any
/// number may lie. Nothing: there are positions behind the end of the list.
[[nodiscard]] std::optional<messages::column>
unpack(messages::column::kind type, std::size_t count, const packed_form& form,
       std::string_view bytes);

} // namespace troupe::cluster
