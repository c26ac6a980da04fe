#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <map>
#include <string>
#include <vector>

namespace troupe::engine {

/// What a person gave as "key=value", by key.
using input_texts = std::map<std::string, std::string, std::less<>>;

/// The inputs of a run from texts: numbers, truth values, objects and lists are
/// read as JSON according to the type of the input; defaults are filled in.
/// Otherwise all that is wrong: unknown, missing, or of another type.
[[nodiscard]] tl::expected<nlohmann::json, std::vector<runtime::problem>>
read_inputs(const workflow& of, const input_texts& texts);

/// The same from JSON, which has to be an object.
[[nodiscard]] tl::expected<nlohmann::json, std::vector<runtime::problem>>
check_inputs(const workflow& of, nlohmann::json given);

} // namespace troupe::engine
