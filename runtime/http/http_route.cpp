#include "runtime/http/http_route.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::runtime {

namespace {

std::optional<unsigned> digit_of(char letter) {
  if (letter >= '0' && letter <= '9')
    return static_cast<unsigned>(letter - '0');
  constexpr auto ten = 10U;
  if (letter >= 'a' && letter <= 'f')
    return static_cast<unsigned>(letter - 'a') + ten;
  if (letter >= 'A' && letter <= 'F')
    return static_cast<unsigned>(letter - 'A') + ten;
  return std::nullopt;
}

bool is_control(char letter) {
  constexpr auto blank = 0x20U;
  constexpr auto rubout = 0x7fU;
  const auto code = static_cast<unsigned char>(letter);
  return code < blank || code == rubout;
}

/// Nothing if it is broken.
std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  auto decoded = std::string{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto letter = text[i];
    if (letter == '%') {
      if (text.size() - i < 3)
        return std::nullopt;
      const auto high = digit_of(text[i + 1]);
      const auto low = digit_of(text[i + 2]);
      if (!high || !low)
        return std::nullopt;
      letter = static_cast<char>((*high << 4U) | *low);
      i += 2;
    } else if (letter == '+' && plus_is_blank) {
      letter = ' ';
    }
    if (is_control(letter))
      return std::nullopt;
    decoded += letter;
  }
  return decoded;
}

/// The texts between separators; empty ones are left out.
std::vector<std::string_view> split(std::string_view text, char separator) {
  auto parts = std::vector<std::string_view>{};
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0)
      parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

auto broken(std::string message) {
  return fail(problem_kind::invalid_input, std::move(message),
              "write what is no letter, digit or -._~ as %XX");
}

bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<std::map<std::string, std::string>>
match(const http_route& route, const http_target& target) {
  const auto wanted = split(route.path, '/');
  if (wanted.size() != target.segments.size())
    return std::nullopt;
  auto names = std::map<std::string, std::string>{};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (is_name(wanted[i]))
      names.emplace(wanted[i].substr(1, wanted[i].size() - 2),
                    target.segments[i]);
    else if (wanted[i] != target.segments[i])
      return std::nullopt;
  return names;
}

} // namespace

outcome<http_target> parse_target(std::string_view target) {
  const auto mark = std::min(target.find('?'), target.size());
  auto result = http_target{};
  for (const auto segment : split(target.substr(0, mark), '/')) {
    auto decoded = decode(segment, false);
    if (!decoded)
      return broken("the path is broken");
    result.segments.push_back(std::move(*decoded));
  }
  target.remove_prefix(std::min(mark + 1, target.size()));
  for (const auto pair : split(target, '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value)
      return broken("the query is broken");
    if (!result.query.emplace(*name, std::move(*value)).second)
      return broken("the parameter " + *name + " is there twice");
  }
  return result;
}

route_match find_route(const std::vector<http_route>& routes,
                       http_method method, const http_target& target) {
  const auto wanted = method == http_method::head ? http_method::get : method;
  auto found = route_match{};
  found.index = routes.size();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto names = match(routes[i], target);
    if (!names)
      continue;
    found.methods.push_back(routes[i].method);
    if (routes[i].method == wanted && found.index == routes.size()) {
      found.index = i;
      found.names = std::move(*names);
    }
  }
  return found;
}

} // namespace troupe::runtime
