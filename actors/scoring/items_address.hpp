#pragma once

#include "runtime/problem.hpp"

#include <string>
#include <string_view>

namespace troupe::scoring {

/// Where items are.
enum class items_place { file, sqlite, postgres, azure_devops };

/// What the text after --items names.
struct items_address {
  items_place place = items_place::file;
  /// Path of a file, the whole address of a database, or the organization.
  std::string what;
  /// Only of Azure DevOps.
  std::string project;
};

/// Reads "sqlite:PATH", "postgresql://...",
/// "azure-devops:ORGANIZATION/PROJECT"; anything else is the path of a file.
[[nodiscard]] runtime::outcome<items_address>
parse_items_address(std::string_view text);

} // namespace troupe::scoring
