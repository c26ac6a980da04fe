#include "runtime/logging/redaction.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>

namespace troupe::runtime {

namespace {

/// Parts of names of things that are secret, in lower case, without separators.
constexpr auto secret_names = std::array<std::string_view, 13>{
  "password",  "passwd",     "passphrase", "secret", "token",
  "apikey",    "accesskey",  "privatekey", "cookie", "authorization",
  "sessionid", "credential", "pwd"};

/// Words after which a secret follows, with a space in between.
constexpr auto schemes = std::array<std::string_view, 2>{"bearer ", "basic "};

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'
         || c == '-';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size()
         && std::equal(word.begin(), word.end(), text.begin(),
                       [](char a, char b) { return a == lower(b); });
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at]))
    ++at;
  return at;
}

/// A part of the text to hide; never empty.
struct span_of_text {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t end_of_line(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of("\r\n", at), text.size());
}

/// The value at `at`: up to the closing quote, or to the next separator.
span_of_text value_at(std::string_view text, std::size_t at) {
  // A quote within quotes, as in logged JSON, stands behind a backslash.
  auto open = at;
  while (open < text.size() && text[open] == '\\')
    ++open;
  if (open < text.size() && is_quote(text[open])) {
    const auto opening = text.substr(at, open + 1 - at);
    const auto begin = open + 1;
    auto end = begin;
    while (end < text.size() && !text.substr(end).starts_with(opening))
      end += text[end] == '\\' && opening.size() == 1 ? 2u : 1u;
    return {begin, std::min(end, text.size())};
  }
  return {at, std::min(text.find_first_of(" \t\r\n,;&\"'", at), text.size())};
}

/// The secret that a name at [begin, end) announces, if any.
std::optional<span_of_text>
value_after_name(std::string_view text, std::size_t begin, std::size_t end) {
  const auto name = text.substr(begin, end - begin);
  if (!redactor::is_secret_name(name))
    return std::nullopt;
  auto at = end;
  while (at < text.size() && (text[at] == '\\' || is_quote(text[at])))
    ++at; // The quote that closes a quoted name.
  at = skip_blanks(text, at);
  const auto is_assigned
    = at < text.size() && (text[at] == '=' || text[at] == ':');
  const auto is_flag = name.starts_with("--") && at > end;
  if (!is_assigned && !is_flag)
    return std::nullopt;
  if (is_assigned)
    at = skip_blanks(text, at + 1);
  const auto is_quoted
    = at < text.size() && (is_quote(text[at]) || text[at] == '\\');
  // A header's value has several words.
  const auto is_header = is_assigned && !is_quoted
                         && (starts_with_word(name, "authorization")
                             || starts_with_word(name, "proxy-authorization")
                             || starts_with_word(name, "cookie")
                             || starts_with_word(name, "set-cookie"));
  if (is_header)
    return span_of_text{at, end_of_line(text, at)};
  return value_at(text, at);
}

/// The password in "scheme://user:password@host", seen from its "://".
std::optional<span_of_text> password_in_url(std::string_view text,
                                            std::size_t at) {
  if (!text.substr(at).starts_with("://"))
    return std::nullopt;
  const auto begin = at + 3;
  const auto end
    = std::min(text.find_first_of(" \t\r\n\"'/?#<>", begin), text.size());
  const auto authority = text.substr(begin, end - begin);
  const auto host = authority.rfind('@');
  if (host == std::string_view::npos)
    return std::nullopt;
  const auto colon = authority.substr(0, host).find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  return span_of_text{begin + colon + 1, begin + host};
}

std::optional<span_of_text> value_after_scheme(std::string_view text,
                                               std::size_t at) {
  for (const auto scheme : schemes)
    if (starts_with_word(text.substr(at), scheme)) {
      const auto begin = skip_blanks(text, at + scheme.size());
      const auto value = value_at(text, begin);
      // "basic rules" is no header; what authorises is long.
      if (value.end - value.begin >= 12)
        return value;
    }
  return std::nullopt;
}

/// Hides what names, schemes and URLs announce.
std::string redact_patterns(std::string_view text) {
  auto out = std::string{};
  out.reserve(text.size());
  auto at = std::size_t{0};
  const auto hide = [&](span_of_text part) {
    out += text.substr(at, part.begin - at);
    const auto hidden = text.substr(part.begin, part.end - part.begin);
    if (!hidden.empty())
      out += redactor::mask;
    at = part.end;
  };
  while (at < text.size()) {
    if (const auto password = password_in_url(text, at)) {
      hide(*password);
      continue;
    }
    if (!is_name_character(text[at])) {
      out += text[at++];
      continue;
    }
    auto end = at;
    while (end < text.size() && is_name_character(text[end]))
      ++end;
    auto value = value_after_name(text, at, end);
    if (!value)
      value = value_after_scheme(text, at);
    if (value) {
      hide(*value);
    } else {
      out += text.substr(at, end - at);
      at = end;
    }
  }
  return out;
}

void replace_all(std::string& text, std::string_view value) {
  for (auto at = text.find(value); at != std::string::npos;
       at = text.find(value, at + redactor::mask.size()))
    text.replace(at, value.size(), redactor::mask);
}

/// How a value looks within JSON.
std::string json_escaped(std::string_view value) {
  auto out = std::string{};
  for (const auto c : value) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

/// How a value looks within a URL (RFC 3986, section 2.1).
std::string percent_encoded(std::string_view value) {
  auto out = std::string{};
  for (const auto c : value) {
    if (is_name_character(c) || c == '.' || c == '~') {
      out += c;
      continue;
    }
    auto buffer = std::array<char, 4>{};
    std::snprintf(buffer.data(), buffer.size(), "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer.data();
  }
  return out;
}

} // namespace

void redactor::add_value(std::string_view value) {
  const auto add = [this](std::string form) {
    if (form.size() >= value_bytes_min
        && std::find(values_.begin(), values_.end(), form) == values_.end())
      values_.push_back(std::move(form));
  };
  add(std::string{value});
  add(json_escaped(value));
  add(percent_encoded(value));
  if (value.find('\n') != std::string_view::npos)
    for (auto rest = value; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      add(std::string{rest.substr(0, end)});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  // A secret that contains another must go first, or its rest would stay.
  std::stable_sort(values_.begin(), values_.end(),
                   [](const auto& a, const auto& b) {
                     return a.size() > b.size();
                   });
}

std::string redactor::redact(std::string_view text) const {
  auto out = std::string{text};
  for (const auto& value : values_)
    replace_all(out, value);
  return redact_patterns(out);
}

bool redactor::is_secret_name(std::string_view name) {
  auto plain = std::string{};
  for (const auto c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      plain += lower(c);
  return std::any_of(secret_names.begin(), secret_names.end(), [&](auto each) {
    const auto at = plain.find(each);
    // Tokens are also what rate limits count.
    return at != std::string::npos
           && !(each == "token" && plain.substr(at).starts_with("tokens"));
  });
}

} // namespace troupe::runtime
