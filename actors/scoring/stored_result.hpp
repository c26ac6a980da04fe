#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <string>

namespace troupe::scoring {

/// The scoring that was stored under this key, as it was answered; nothing: no
/// run has it. What neither files nor reports show is left out: values before
/// normalisation, digests, hierarchy, and financial figures that were not kept,
/// but for those that reasons need. Blocks on the disk; holds a whole result in
/// memory. `failed` when a row is damaged.
[[nodiscard]] runtime::outcome<std::optional<scoring_result>>
load_result(const std::string& store, const std::string& idempotency_key);

} // namespace troupe::scoring
