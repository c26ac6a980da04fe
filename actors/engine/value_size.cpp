#include "actors/engine/value_size.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

/// Of a number, a truth or null.
constexpr auto scalar_bytes = std::size_t{8};

} // namespace

value_size measure(const nlohmann::json& value) {
  auto size = value_size{};
  auto open = std::vector<std::pair<const nlohmann::json*, std::size_t>>{
    {&value, std::size_t{0}}};
  while (!open.empty()) {
    const auto [next, depth] = open.back();
    open.pop_back();
    if (!next->is_structured()) {
      size.bytes += next->is_string()
                      ? next->get_ref<const std::string&>().size() + 2
                      : scalar_bytes;
      continue;
    }
    size.bytes += 2;
    size.depth = std::max(size.depth, depth + 1);
    for (const auto& [key, child] : next->items()) {
      size.bytes += next->is_object() ? key.size() + 4 : 1;
      open.emplace_back(&child, depth + 1);
    }
  }
  return size;
}

} // namespace troupe::engine
