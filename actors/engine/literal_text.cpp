#include "actors/engine/literal_text.hpp"

namespace troupe::engine {

std::size_t plain_name_length(std::string_view text) noexcept {
  if (text.empty() || !is_name_start(text.front()))
    return 0;
  auto length = std::size_t{1};
  while (length < text.size()) {
    const auto is_dash = text[length] == '-' && length + 1 < text.size()
                         && is_name_part(text[length + 1]);
    if (!is_name_part(text[length]) && !is_dash)
      break;
    ++length;
  }
  return length;
}

bool is_plain_name(std::string_view name) noexcept {
  return !name.empty() && plain_name_length(name) == name.size();
}

std::string quote(std::string_view text) {
  auto result = std::string{"'"};
  for (const auto c : text) {
    switch (c) {
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\\':
      case '\'':
        result += '\\';
        [[fallthrough]];
      default:
        result += c;
    }
  }
  return result + "'";
}

std::string print_literal(const nlohmann::json& literal) {
  if (literal.is_string())
    return quote(literal.get_ref<const std::string&>());
  if (!literal.is_array())
    return literal.dump();
  auto text = std::string{"["};
  for (const auto& element : literal)
    text += (text.size() > 1 ? ", " : "") + print_literal(element);
  return text + "]";
}

} // namespace troupe::engine
