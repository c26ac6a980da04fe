#pragma once

#include "actors/simulation/person_ids.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Ids with their keys, column by column as in packed_columns.hpp, sealed with
/// a checksum. Appends.
void pack_ids(const person_ids& ids, std::string& to);

/// Ids of blocks, one after the other.
struct id_columns {
  std::vector<std::uint64_t> keys;
  /// One more than keys; positions in `characters`.
  std::vector<std::uint32_t> offsets{0};
  std::string characters;
};

/// Adds the ids of another block. Bytes that are damaged are a problem
/// (failed); then `to` is as it was.
[[nodiscard]] runtime::outcome<void> unpack_ids(std::string_view bytes,
                                                id_columns& to);

/// Takes them over; the keys must ascend.
[[nodiscard]] person_ids make_person_ids(id_columns columns);

} // namespace troupe::simulation
