#pragma once

#include "actors/scoring/financial.hpp"
#include "runtime/problem.hpp"

#include <simdjson.h>

#include <string_view>

namespace troupe::scoring {

/// The number, and the token it is written as; beyond the range of double it is
/// infinite or 0.
[[nodiscard]] simdjson::error_code
read_json_number(simdjson::ondemand::value value, double& number,
                 std::string_view& token);

/// Reads one member of a financial record; unknown keys are passed over. The
/// result is simdjson's verdict on the JSON; `misfit` is what a well-formed
/// value is refused for, with the key.
[[nodiscard]] simdjson::error_code
read_financial_member(std::string_view key, simdjson::ondemand::value value,
                      financial_record& record, runtime::outcome<void>& misfit);

/// Reads a whole record, from the defaults.
[[nodiscard]] simdjson::error_code
read_financial_object(simdjson::ondemand::object object,
                      financial_record& record, runtime::outcome<void>& misfit);

} // namespace troupe::scoring
