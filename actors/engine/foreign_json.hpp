#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace troupe::engine {

/// A JSON value that somebody outside wrote; nothing but blanks is null.
/// invalid_input: no JSON, a number beyond 64 bits, or more than 256 levels, as
/// deeper values would exhaust the stack of whoever writes them again. The
/// message continues a sentence ("is not JSON, ...") and never quotes the text.
[[nodiscard]] runtime::outcome<nlohmann::json>
parse_foreign_json(std::string_view text);

} // namespace troupe::engine
