#pragma once

#include "actors/scoring/hierarchy_order.hpp"
#include "actors/scoring/stored_hierarchy.hpp"
#include "runtime/problem.hpp"
#include "tools/cli/invocation.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::tools {

/// The part of a hierarchy that is to be shown.
struct hierarchy_report {
  scoring::stored_hierarchy from;
  std::vector<scoring::hierarchy_place> places;
  /// How many there were before they were cut at a limit.
  std::size_t chosen = 0;
};

/// On standard output: as a tree, as one JSON object (with the warnings), or as
/// a JSON object per item.
void print_hierarchy(const hierarchy_report& report, output_format output);

/// A row per item, whole or not at all; "-" is standard output.
[[nodiscard]] runtime::outcome<void>
write_hierarchy_csv(const hierarchy_report& report, const std::string& file);

/// On standard error, the first ten and how many more.
void print_hierarchy_warnings(const hierarchy_report& report);

} // namespace troupe::tools
