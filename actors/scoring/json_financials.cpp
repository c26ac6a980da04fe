#include "actors/scoring/json_financials.hpp"

#include "actors/scoring/refusal.hpp"
#include "actors/scoring/value_rules.hpp"

#include <string>

namespace troupe::scoring {

namespace {

namespace json = simdjson::ondemand;

/// A number, or a text that is one.
simdjson::error_code take_number(json::value value, double& number,
                                 bool& is_number) {
  json::json_type type{};
  if (auto error = value.type().get(type))
    return error;
  is_number = false;
  if (type == json::json_type::number) {
    is_number = true;
    std::string_view token;
    return read_json_number(value, number, token);
  }
  if (type != json::json_type::string)
    return simdjson::SUCCESS;
  std::string_view text;
  if (auto error = value.get_string().get(text))
    return error;
  if (const auto parsed = parse_python_float(text)) {
    number = *parsed;
    is_number = true;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code take_series(json::value value, std::string_view key,
                                 std::vector<double>& series,
                                 runtime::outcome<void>& misfit) {
  json::json_type type{};
  if (auto error = value.type().get(type))
    return error;
  if (type != json::json_type::array) {
    misfit = refuse("value is not a list of numbers", std::string{key},
                    "write one number per period, for example [100, 200]");
    return simdjson::SUCCESS;
  }
  json::array array;
  if (auto error = value.get_array().get(array))
    return error;
  series.clear();
  for (auto element : array) {
    json::value one;
    if (auto error = std::move(element).get(one))
      return error;
    auto number = 0.0;
    auto is_number = false;
    if (auto error = take_number(one, number, is_number))
      return error;
    if (!is_number)
      misfit
        = refuse("value is not a number",
                 std::string{key} + "[" + std::to_string(series.size()) + "]",
                 "write a number");
    // One more than allowed is enough for the rules to refuse it.
    if (series.size() <= financial_periods_max)
      series.push_back(number);
  }
  return simdjson::SUCCESS;
}

} // namespace

simdjson::error_code read_json_number(json::value value, double& number,
                                      std::string_view& token) {
  token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
    token.remove_suffix(1);
  // simdjson lets leading zeros pass here.
  const auto digits = token.substr(token.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0'
      && digits[1] <= '9')
    return simdjson::NUMBER_ERROR;
  auto error = value.get_double().get(number);
  if (error != simdjson::NUMBER_ERROR)
    return error;
  // simdjson refuses what is beyond the range of double.
  const auto is_json
    = !token.empty() && token.back() != '.'
      && token.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  const auto parsed = is_json ? parse_python_float(token) : std::nullopt;
  if (!parsed)
    return error;
  number = *parsed;
  return simdjson::SUCCESS;
}

simdjson::error_code read_financial_member(std::string_view key,
                                           json::value value,
                                           financial_record& record,
                                           runtime::outcome<void>& misfit) {
  auto* number = find_number(record, key);
  auto* series = number ? nullptr : find_series(record, key);
  const auto is_risk = !number && !series && key == "risk_level";
  const auto is_confidence
    = !number && !series && !is_risk && key == "confidence_level";
  if (!number && !series && !is_risk && !is_confidence)
    return simdjson::SUCCESS;
  json::json_type type{};
  if (auto error = value.type().get(type))
    return error;
  if (type == json::json_type::null)
    return simdjson::SUCCESS;
  if (series)
    return take_series(value, key, *series, misfit);
  if (is_risk) {
    auto text = std::string_view{};
    if (type == json::json_type::string)
      if (auto error = value.get_string().get(text))
        return error;
    if (const auto risk = parse_risk_class(text))
      record.risk = *risk;
    else
      misfit = refuse("unknown risk level", "risk_level",
                      "known are very_low, low, medium, high, very_high");
    return simdjson::SUCCESS;
  }
  auto taken = 0.0;
  auto is_number = false;
  if (auto error = take_number(value, taken, is_number))
    return error;
  if (!is_number)
    misfit = refuse("value is not a number", std::string{key},
                    "write a number, or null for the default");
  else if (number)
    *number = taken;
  else
    record.confidence_level = taken;
  return simdjson::SUCCESS;
}

simdjson::error_code read_financial_object(json::object object,
                                           financial_record& record,
                                           runtime::outcome<void>& misfit) {
  record = financial_record{};
  for (auto entry : object) {
    json::field field;
    if (auto error = std::move(entry).get(field))
      return error;
    std::string_view key;
    if (auto error = field.unescaped_key().get(key))
      return error;
    if (auto error = read_financial_member(key, field.value(), record, misfit))
      return error;
  }
  return simdjson::SUCCESS;
}

} // namespace troupe::scoring
