#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "runtime/tabular/byte_source.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace troupe::scoring {

/// Items as they come in, wherever they come from.
struct item_feed {
  /// For problems and for the record of the run; without secrets.
  std::string name;
  item_format format = item_format::jsonl;
  runtime::byte_source bytes;
  /// Only of files.
  std::optional<std::uint64_t> size_bytes;
  /// To read parts once more; only of files.
  std::optional<runtime::byte_ranges> ranges;
};

/// Opens what `request.items` names. Databases and Azure DevOps are asked at
/// once, so that what is wrong with address, query or rights shows here; so
/// does a query without the column of the id, or of any criterion of the plan.
[[nodiscard]] runtime::outcome<item_feed>
open_item_feed(const scoring_request& request, const scoring_plan& plan,
               std::stop_token stop);

} // namespace troupe::scoring
