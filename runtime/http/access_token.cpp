#include "runtime/http/access_token.hpp"

#include "runtime/config/text_file.hpp"
#include "runtime/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace troupe::runtime {

namespace {

constexpr auto token_bytes = std::size_t{32};
constexpr auto token_digits = 2 * token_bytes;
constexpr auto file_bytes_max = std::size_t{4'096};

auto file_problem(problem_kind kind, std::string message,
                  const std::string& path, std::string hint) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.file = path;
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

auto not_written(const std::string& path) {
  return file_problem(problem_kind::unavailable,
                      std::string{"cannot write the file of the token: "}
                        + std::strerror(errno),
                      path, "check the folder and its disk");
}

outcome<std::string> draw_token(const std::string& path) {
  auto bytes = std::array<unsigned char, token_bytes>{};
  // Up to 256 bytes come at once, once there is any randomness.
  if (::getrandom(bytes.data(), bytes.size(), 0)
      != static_cast<ssize_t>(bytes.size()))
    return file_problem(problem_kind::unavailable,
                        "the system has no random bytes for a token", path, {});
  auto text = std::string{};
  for (const auto byte : bytes) {
    constexpr auto digits = "0123456789abcdef";
    text += digits[byte >> 4U];
    text += digits[byte & 0x0fU];
  }
  return text;
}

/// In a file of another name first, so that nobody ever sees half of it.
outcome<void> write_token(const std::string& path, const std::string& token) {
  auto draft = path + ".XXXXXX";
  auto file = file_descriptor{::mkostemp(draft.data(), O_CLOEXEC)};
  if (!file)
    return not_written(path);
  const auto line = token + "\n";
  const auto is_written = ::write(file.get(), line.data(), line.size())
                            == static_cast<ssize_t>(line.size())
                          && ::fsync(file.get()) == 0
                          && ::rename(draft.c_str(), path.c_str()) == 0;
  if (is_written)
    return {};
  auto failed = not_written(path);
  ::unlink(draft.c_str());
  return failed;
}

bool is_digit(char letter) noexcept {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
}

} // namespace

outcome<std::string> open_access_token(const std::string& path) {
  auto text = read_private_file(path, file_bytes_max);
  if (!text && text.error().kind == problem_kind::not_found) {
    auto token = draw_token(path);
    if (!token)
      return token;
    if (auto written = write_token(path, *token); !written)
      return fail(written.error());
    return token;
  }
  if (!text)
    return text;
  while (!text->empty() && text->back() == '\n')
    text->pop_back();
  if (text->size() != token_digits
      || !std::all_of(text->begin(), text->end(), is_digit))
    return file_problem(problem_kind::invalid_input,
                        "the file holds no token of this program", path,
                        "remove it, then the next server makes a new one");
  return text;
}

bool is_authorized(std::string_view authorization,
                   std::string_view token) noexcept {
  constexpr auto scheme = std::string_view{"bearer "};
  if (token.empty() || authorization.size() != scheme.size() + token.size())
    return false;
  constexpr auto to_lower = 0x20;
  for (std::size_t i = 0; i + 1 < scheme.size(); ++i)
    if ((authorization[i] | to_lower) != scheme[i])
      return false;
  if (authorization[scheme.size() - 1] != ' ')
    return false;
  authorization.remove_prefix(scheme.size());
  // No way out of the loop before its end: time tells nothing.
  auto differences = 0U;
  for (std::size_t i = 0; i < token.size(); ++i)
    differences
      |= static_cast<unsigned>(static_cast<unsigned char>(authorization[i])
                               ^ static_cast<unsigned char>(token[i]));
  return differences == 0;
}

} // namespace troupe::runtime
