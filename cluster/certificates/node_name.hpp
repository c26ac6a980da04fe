#pragma once

#include "runtime/problem.hpp"

#include <string_view>

namespace troupe::cluster {

/// Whether a node may have that name: a label of the DNS (RFC 1123) in lower
/// case, so that it fits a certificate, a file name and a log line as it is.
[[nodiscard]] bool is_node_name(std::string_view text) noexcept;

/// `invalid_input` with the rule, for a person who wrote a name.
[[nodiscard]] runtime::outcome<void> check_node_name(std::string_view text);

} // namespace troupe::cluster
