#pragma once

#include "runtime/tabular/byte_source.hpp"

#include <functional>
#include <string>

namespace troupe::runtime {

/// Appends the next piece of a text of any size to the string, which is empty;
/// false at the end, when nothing was appended.
using piece_maker = std::function<outcome<bool>(std::string&)>;

/// A text that is made piece by piece, as a source of bytes; holds one piece at
/// a time.
[[nodiscard]] byte_source make_byte_source(piece_maker make);

} // namespace troupe::runtime
