#include "actors/scoring/work_item.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace troupe::scoring {

namespace {

/// In the order of the enumerations.
constexpr auto types = std::to_array<std::string_view>(
  {"", "Epic", "PIO", "Feature", "User Story", "Task", "Bug"});

constexpr auto states = std::to_array<std::string_view>(
  {"", "New", "Active", "In Progress", "Resolved", "Closed", "Cancelled",
   "Deferred", "Removed"});

template <class Enum>
std::optional<Enum> find(std::span<const std::string_view> names,
                         std::string_view text) noexcept {
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

template <class Enum>
std::string_view name_of(std::span<const std::string_view> names,
                         Enum value) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < names.size() ? names[i] : std::string_view{};
}

std::string join(std::span<const std::string_view> names) {
  auto text = std::string{};
  for (auto name : names.subspan(1))
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

} // namespace

std::optional<work_item_type>
parse_work_item_type(std::string_view text) noexcept {
  return find<work_item_type>(types, text);
}

std::optional<work_item_state>
parse_work_item_state(std::string_view text) noexcept {
  return find<work_item_state>(states, text);
}

std::string_view to_string(work_item_type type) noexcept {
  return name_of(types, type);
}

std::string_view to_string(work_item_state state) noexcept {
  return name_of(states, state);
}

std::string work_item_type_names() {
  return join(types);
}

std::string work_item_state_names() {
  return join(states);
}

} // namespace troupe::scoring
