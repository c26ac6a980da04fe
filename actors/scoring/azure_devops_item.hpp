#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe::scoring {

/// Texts longer than this many bytes are left out: descriptions and the like,
/// which nobody scores by.
inline constexpr std::size_t azure_devops_text_bytes_max = 8'192;

/// Appends a work item of Azure DevOps as a JSON line with the keys that items
/// have here. `fields`: its object of fields by reference name.
///
/// System.Title is title, .WorkItemType work_item_type, .State state, .Parent
/// parent_id; StoryPoints, else Effort, else Size is story_points; and so on,
/// see the table in tools/examples/scoring.md. Types and states of the standard
/// processes get the names they have here ("Product Backlog Item" is a "User
/// Story", "Done" is "Closed"); others are left out of type and state. Whatever
/// has no key of its own, and what was renamed, is in custom_fields under its
/// reference name, `Custom.X` under X, and at the top if X is a key of items. A
/// person is a display name, tags are a list.
void append_azure_devops_item(std::int64_t id, const nlohmann::json& fields,
                              std::string& lines);

} // namespace troupe::scoring
