#pragma once

#include "runtime/problem.hpp"

#include <string>
#include <string_view>

namespace troupe::runtime {

/// The secret in a file that only its owner may read: 256 random bits as 64
/// hexadecimal digits. Made if it is not there, and kept from then on. `denied`
/// if others may read it; `invalid_input` if it holds something else.
[[nodiscard]] outcome<std::string> open_access_token(const std::string& path);

/// Whether the value of an Authorization header carries the token. Takes as
/// long for a wrong one as for the right one.
[[nodiscard]] bool is_authorized(std::string_view authorization,
                                 std::string_view token) noexcept;

} // namespace troupe::runtime
