#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::runtime {

inline constexpr auto qualified_name_bytes_max = std::size_t{128};

/// Whether a text names a workflow, a schedule and the like: "nightly" or,
/// after a namespace, "finance/nightly". Both parts are letters, digits, dots,
/// dashes and underscores and begin with a letter or digit.
[[nodiscard]] bool is_qualified_name(std::string_view text) noexcept;

/// How to write one.
inline constexpr auto qualified_name_hint = std::string_view{
  "letters, digits, dots, dashes and underscores, if need be after a "
  "namespace: finance/nightly-portfolio"};

} // namespace troupe::runtime
