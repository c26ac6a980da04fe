#pragma once

#include "messages/column_block.hpp"

#include <optional>

namespace troupe::simulation {

// The people of the next year are those of the rows of this one who stay. Of
// who has the rows, nobody needs to be told who they are.

/// What a year made of a block, without the people of the next one. Nothing:
/// there are no rows which they follow from.
[[nodiscard]] std::optional<messages::column_block>
without_next_people(const messages::column_block& made);

/// The same with them, in memory of their own. Nothing: they do not follow from
/// that.
[[nodiscard]] std::optional<messages::column_block>
with_next_people(const messages::column_block& rest);

} // namespace troupe::simulation
