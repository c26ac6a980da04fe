#pragma once

#include "actors/engine/text_template.hpp"
#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace troupe::engine {

/// The value as JSON: unquoted numbers and truth values keep their type. Adds
/// a problem for whole numbers beyond 64 bits.
[[nodiscard]] nlohmann::json to_json(const runtime::yaml_value& value,
                                     std::vector<runtime::problem>& problems);

/// A text with expressions in it. References to secrets are refused.
[[nodiscard]] runtime::outcome<text_template>
read_text_template(const runtime::yaml_value& value);

/// A text that is one expression, such as "${x > 0}".
[[nodiscard]] runtime::outcome<text_template>
read_single_expression(const runtime::yaml_value& value);

/// A value whose texts may be templates or references to secrets. A secret
/// stands alone: "secret://" within a longer text is a problem, as is an
/// expression in a key.
[[nodiscard]] value_template
read_value_template(const runtime::yaml_value& value,
                    std::vector<runtime::problem>& problems);

} // namespace troupe::engine
