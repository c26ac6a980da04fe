#pragma once

#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// How the values of a column are written where that is shorter: each as its
/// distance from a base, modulo 2 to the power of the bits that it has itself.
/// A byte saved on a link is worth several such distances.
struct packed_form {
  /// Of each distance: 0 (all values are the base), 4, 8, 16 or 32.
  std::uint32_t bits = 0;
  std::uint64_t base = 0;
};

/// The shortest form of a column. Nothing: none is shorter than its values, or
/// they are texts.
[[nodiscard]] std::optional<packed_form> find_form(const messages::column& of);

/// Whether values of that kind can have it.
[[nodiscard]] bool is_form_of(const packed_form& form,
                              messages::column::kind type);

/// What so many values take.
[[nodiscard]] std::size_t packed_bytes(const packed_form& form,
                                       std::size_t count);

/// Writes them; `form` is that of the column.
void append_packed(std::string& to, const messages::column& from,
                   const packed_form& form);

/// The column that they were, in memory of its own. `bytes` has as many as
/// packed_bytes says, and begins where numbers of 32 bits may.
[[nodiscard]] messages::column unpack(messages::column::kind type,
                                      std::size_t count,
                                      const packed_form& form,
                                      std::string_view bytes);

} // namespace troupe::cluster
