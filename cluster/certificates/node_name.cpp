#include "cluster/certificates/node_name.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace troupe::cluster {

namespace {

constexpr auto node_name_letters_max = std::size_t{63};

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

} // namespace

bool is_node_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= node_name_letters_max
         && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back())
         && std::ranges::all_of(text, [](char c) {
              return is_letter_or_digit(c) || c == '-';
            });
}

runtime::outcome<void> check_node_name(std::string_view text) {
  if (is_node_name(text))
    return {};
  return runtime::fail(
    runtime::problem_kind::invalid_input,
    "\"" + std::string{text.substr(0, node_name_letters_max)}
      + "\" is no name of a node",
    "use at most 63 lower-case letters, digits and hyphens, with none of the "
    "hyphens at either end");
}

} // namespace troupe::cluster
