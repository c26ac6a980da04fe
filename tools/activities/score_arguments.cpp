#include "tools/activities/score_arguments.hpp"

#include "actors/engine/activity_input.hpp"
#include "actors/scoring/configuration.hpp"
#include "actors/scoring/value_rules.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::tools {

using engine::activity_input;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto top_max = std::int64_t{1'000};
constexpr auto batch_size_max = std::int64_t{10'000'000};
constexpr auto decimals_max = std::int64_t{9};

constexpr auto formats = std::array<std::string_view, 2>{"jsonl", "csv"};
constexpr auto rule_sets
  = std::array<std::string_view, 2>{"standard", "compat"};
constexpr auto custom_fields
  = std::array<std::string_view, 2>{"resolved", "shipped"};
constexpr auto modes = std::array<std::string_view, 4>{
  "full", "batch", "incremental", "real_time"};
constexpr auto bad_item_ways
  = std::array<std::string_view, 2>{"refuse", "isolate"};

/// A whole number from `min` to `max`.
std::optional<std::int64_t> integer(activity_input& input, std::string_view key,
                                    std::int64_t min, std::int64_t max) {
  const auto* value = input.value(key);
  if (value == nullptr || value->is_null())
    return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= min && number <= max)
      return number;
  }
  input.refuse(key, "must be a whole number from " + std::to_string(min)
                      + " to " + std::to_string(max));
  return std::nullopt;
}

/// A problem of the configuration, at the argument that chose it.
void refuse(activity_input& input, std::string_view key,
            runtime::problem reason) {
  if (reason.file.empty())
    reason.key = input.key_of(key);
  input.refuse(std::move(reason));
}

void read_configuration(activity_input& input,
                        scoring::scoring_request& request) {
  const auto config = input.text("config");
  const auto preset = input.text("preset");
  const auto case_name = input.text("case");
  const auto rules = input.choice("rules", rule_sets);
  const auto dotted = input.choice("custom_fields", custom_fields);
  if (config && preset)
    return input.refuse("preset", "there is a configuration already",
                        "leave out config or preset");
  auto read = config
                ? scoring::read_configuration(*config)
                : scoring::preset_configuration(preset.value_or("default"));
  if (!read)
    return refuse(input, config ? "config" : "preset", read.error());
  if (case_name) {
    request.case_name = *case_name;
    if (const auto chosen = scoring::select_case(*read, *case_name); !chosen)
      return refuse(input, "case", chosen.error());
  }
  if (rules)
    read->rules
      = *rules == 1 ? scoring::rule_set::compat : scoring::rule_set::standard;
  if (dotted)
    read->dotted = *dotted == 1 ? scoring::dotted_sources::shipped
                                : scoring::dotted_sources::resolved;
  request.configuration = std::move(*read);
}

void read_source(activity_input& input, const score_surroundings& surroundings,
                 scoring::scoring_request& request) {
  request.items = input.text("items").value_or("");
  if (request.items.empty())
    input.refuse("items", "there are no items to score",
                 "name a file of items");
  else if (request.items == "-" && !surroundings.may_read_standard_input)
    input.refuse("items", "there is no standard input to read",
                 "name a file of items");
  if (const auto format = input.choice("format", formats))
    request.format
      = *format == 1 ? scoring::item_format::csv : scoring::item_format::jsonl;
  request.query = input.text("query").value_or("");
  request.token = input.text("token").value_or("");
  request.endpoint = input.text("endpoint").value_or("");
  request.environment = surroundings.environment;
  request.financials = input.text("financials").value_or("");
}

void read_mode(activity_input& input, scoring::scoring_request& request) {
  if (const auto mode = input.choice("mode", modes))
    request.mode = scoring::parse_scoring_mode(modes[*mode]).value();
  if (auto ids = input.texts("ids"))
    request.ids = std::move(*ids);
  request.base = input.text("base").value_or("");
  if (input.choice("on_bad_item", bad_item_ways) == std::size_t{1})
    request.on_bad_item = scoring::bad_item::isolate;
}

void read_outputs(activity_input& input, scoring::scoring_request& request) {
  request.out = input.text("out").value_or("");
  request.scores = input.text("scores").value_or("");
  if (const auto decimals = integer(input, "decimals", 0, decimals_max))
    request.decimals = static_cast<int>(*decimals);
  request.details = input.boolean("details").value_or(true);
}

std::size_t read_top(activity_input& input) {
  constexpr auto top_if_absent = 10;
  return static_cast<std::size_t>(
    integer(input, "top", 0, top_max).value_or(top_if_absent));
}

void read_as_of(activity_input& input, const score_surroundings& surroundings,
                scoring::scoring_request& request) {
  request.as_of = surroundings.now;
  const auto text = input.text("as_of");
  if (!text)
    return;
  if (const auto instant = scoring::parse_instant(*text))
    request.as_of = *instant;
  else
    input.refuse("as_of", "\"" + *text + "\" is not an instant",
                 "write it as 2026-01-31 or 2026-01-31T09:30:00+01:00");
}

} // namespace

score_plan plan_outputs(const nlohmann::json& input) {
  const auto place = engine::source_place{};
  auto reader = activity_input{input, place};
  auto plan = score_plan{};
  read_mode(reader, plan.request);
  read_outputs(reader, plan.request);
  plan.top = read_top(reader);
  return plan;
}

outcome<score_plan> plan_score(const nlohmann::json& input,
                               const engine::source_place& place,
                               const score_surroundings& surroundings) {
  auto reader = activity_input{input, place};
  auto plan = score_plan{};
  read_source(reader, surroundings, plan.request);
  read_configuration(reader, plan.request);
  read_mode(reader, plan.request);
  read_outputs(reader, plan.request);
  read_as_of(reader, surroundings, plan.request);
  plan.top = read_top(reader);
  plan.request.batch_size = static_cast<std::size_t>(
    integer(reader, "batch_size", 1, batch_size_max)
      .value_or(static_cast<std::int64_t>(surroundings.batch_size)));
  auto done = reader.finish();
  if (done)
    return plan;
  if (done.error().file.empty()) {
    done.error().file = place.file;
    done.error().line = place.line;
  }
  return runtime::fail(std::move(done.error()));
}

} // namespace troupe::tools
