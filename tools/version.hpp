#pragma once

#include <string_view>

namespace troupe::tools {

/// The version of this program.
inline constexpr std::string_view version = "troupe 0.1.0";

} // namespace troupe::tools
