#pragma once

#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

// What is said to Azure DevOps (work item REST API 7.1) and what it answers,
// without the token, which whoever sends a request adds.

/// Most ids that one request for work items may have.
inline constexpr std::size_t azure_devops_batch_max = 200;

/// Where the work items of a project are.
struct azure_devops_project {
  /// "azure-devops:ORGANIZATION/PROJECT", for problems.
  std::string name;
  /// "https://dev.azure.com/ORGANIZATION/PROJECT"
  std::string url;
};

/// `endpoint`: empty for dev.azure.com, else https://HOST[/PATH], or plain http
/// for this machine only: the token travels with each request.
[[nodiscard]] runtime::outcome<azure_devops_project>
find_azure_devops_project(std::string_view organization,
                          std::string_view project, std::string_view endpoint);

/// Items that are neither done nor given up.
inline constexpr std::string_view azure_devops_default_condition
  = "[System.State] NOT IN ('Closed', 'Resolved', 'Removed', 'Done')";

/// Refuses what cannot be the condition after WHERE of a query.
[[nodiscard]] runtime::outcome<void>
check_azure_devops_condition(std::string_view condition);

/// Ids greater than `after` and, if there is one, not beyond `last`.
struct id_window {
  std::int64_t after = 0;
  std::optional<std::int64_t> last;
};

/// Asks for the first `ids_max` ids of a window, in ascending order.
[[nodiscard]] runtime::http_request
make_id_request(const azure_devops_project& project, std::string_view condition,
                const id_window& window, std::size_t ids_max);

/// Asks for work items with all their fields.
[[nodiscard]] runtime::http_request
make_item_request(const azure_devops_project& project,
                  std::span<const std::int64_t> ids);

/// What is wrong with a reply; nothing if it is an answer. A token that is not
/// accepted is `denied`, however politely the server asks to sign in.
[[nodiscard]] std::optional<runtime::problem>
find_refusal(const azure_devops_project& project,
             const runtime::http_reply& reply);

/// Whether the server refuses to list so many ids (VS402337).
[[nodiscard]] bool is_too_many_ids(const runtime::http_reply& reply);

/// The ids of an answer. `failed` if they are not in ascending order within the
/// window, which no client could page through.
[[nodiscard]] runtime::outcome<std::vector<std::int64_t>>
read_ids(const azure_devops_project& project, const runtime::http_reply& reply,
         const id_window& window);

/// Appends the items of an answer as JSON lines (append_azure_devops_item), in
/// the order of `ids`, whatever theirs is. How many were not there any more.
[[nodiscard]] runtime::outcome<std::size_t>
append_items(const azure_devops_project& project,
             const runtime::http_reply& reply,
             std::span<const std::int64_t> ids, std::string& lines);

} // namespace troupe::scoring
