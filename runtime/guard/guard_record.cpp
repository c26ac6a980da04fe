#include "runtime/guard/guard_record.hpp"

#include "runtime/guard/guard_events.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <limits>

namespace troupe::runtime {

using json = nlohmann::ordered_json;

namespace {

constexpr auto format_version = 1;

constexpr auto states = std::array{breaker_state::closed, breaker_state::open,
                                   breaker_state::half_open};

tl::unexpected<problem> unreadable(const std::string& why) {
  return fail(problem_kind::invalid_input,
              "the saved state of a guard is unreadable: " + why,
              "remove it, then the guard starts anew");
}

/// A whole number within a range, or the reading stops.
template <class T>
T number(const json& of, const char* key) {
  const auto& value = of.at(key);
  const auto is_in_range = value.is_number_unsigned()
                             ? std::in_range<T>(value.get<std::uint64_t>())
                             : value.is_number_integer()
                                 && std::in_range<T>(value.get<std::int64_t>());
  if (!is_in_range)
    throw json::other_error::create(
      600, std::string{"\""} + key + "\" is out of range", &value);
  return value.get<T>();
}

breaker_state state_of(const json& of) {
  const auto name = of.at("state").get<std::string>();
  for (const auto state : states) {
    if (to_string(state) == name)
      return state;
  }
  throw json::other_error::create(601, "unknown state \"" + name + "\"", &of);
}

clock::wall_time time_of(const json& of, const char* key) {
  return clock::wall_time{
    std::chrono::microseconds{number<std::int64_t>(of, key)}};
}

guard_record read(const json& from) {
  auto record = guard_record{};
  record.saved_at = time_of(from, "saved_at_us");
  if (from.contains("rate"))
    record.rate_debt = std::chrono::nanoseconds{
      number<std::int64_t>(from.at("rate"), "debt_ns")};
  if (from.contains("quota")) {
    const auto& of = from.at("quota");
    record.window = quota::record{time_of(of, "window_begin_us"),
                                  number<std::uint64_t>(of, "used"),
                                  number<std::uint32_t>(of, "warned_percent")};
  }
  if (from.contains("breaker")) {
    const auto& of = from.at("breaker");
    record.breaker = circuit_breaker::record_of_state{
      state_of(of),
      std::chrono::nanoseconds{number<std::int64_t>(of, "open_left_ns")},
      number<std::uint32_t>(of, "opened_in_a_row")};
  }
  if (from.contains("retries"))
    record.retry_balance = number<std::int64_t>(from.at("retries"), "balance");
  return record;
}

} // namespace

std::string to_json(const guard_record& record) {
  auto to = json::object();
  to["version"] = format_version;
  to["saved_at_us"] = to_microseconds(record.saved_at);
  if (record.rate_debt)
    to["rate"] = {{"debt_ns", record.rate_debt->count()}};
  if (const auto& of = record.window)
    to["quota"]
      = {{"window_begin_us", of->window_begin.time_since_epoch().count()},
         {"used", of->used},
         {"warned_percent", of->warned_percent}};
  if (const auto& of = record.breaker)
    to["breaker"] = {{"state", to_string(of->state)},
                     {"open_left_ns", of->open_left.count()},
                     {"opened_in_a_row", of->opened_in_a_row}};
  if (record.retry_balance)
    to["retries"] = {{"balance", *record.retry_balance}};
  return to.dump();
}

outcome<guard_record> parse_guard_record(std::string_view text) {
  try {
    const auto from = json::parse(text);
    if (!from.is_object() || from.value("version", 0) != format_version)
      return unreadable("it is of another version");
    return read(from);
  } catch (const json::exception& error) {
    return unreadable(error.what());
  }
}

} // namespace troupe::runtime
