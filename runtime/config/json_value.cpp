#include "runtime/config/json_value.hpp"

#include <utility>

namespace troupe::runtime {

namespace {

using nlohmann::json;

/// Texts and keys are what they are.
struct plain_rules {
  static json read_text(const yaml_value& /*value*/, std::string text,
                        const json::json_pointer& /*where*/) {
    return json(std::move(text));
  }

  static void read_key(const yaml_value& /*entry*/, std::string_view /*key*/) {}
};

/// Whether it is worth asking for a number: asking fails slowly.
bool may_be_number(std::string_view text) {
  return !text.empty()
         && ((text.front() >= '0' && text.front() <= '9') || text.front() == '-'
             || text.front() == '+' || text.front() == '.');
}

} // namespace

json read_bare_scalar(const yaml_value& value, const std::string& text,
                      std::vector<problem>& problems) {
  if (text == "true" || text == "false")
    if (const auto truth = value.boolean())
      return *truth;
  if (!may_be_number(text))
    return nullptr;
  if (const auto whole = value.integer())
    return *whole;
  const auto number = value.number();
  if (!number)
    return nullptr;
  if (text.find_first_not_of("+-0123456789") == std::string::npos)
    problems.push_back(value.error("a whole number beyond 64 bits",
                                   "put it into quotes to keep it as text"));
  return *number;
}

json read_json(const yaml_value& value, std::vector<problem>& problems) {
  auto rules = plain_rules{};
  return json_walk{rules, problems}.walk(value);
}

} // namespace troupe::runtime
