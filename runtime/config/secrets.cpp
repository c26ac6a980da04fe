#include "runtime/config/secrets.hpp"

#include "runtime/config/text_file.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace troupe::runtime {

namespace {

constexpr auto secret_bytes_max = std::size_t{64} << 10;

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !name.empty() && is_letter(name.front())
         && std::all_of(name.begin(), name.end(), [=](char c) {
              return is_letter(c) || (c >= '0' && c <= '9');
            });
}

outcome<secret> read_variable(const std::string& name,
                              const environment_map& environment) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty())
    return fail(problem_kind::not_found,
                "the secret's variable " + name + " is not set");
  return secret{found->second};
}

outcome<secret> read_secret_file(const std::string& path) {
  auto text = read_private_file(path, secret_bytes_max);
  if (!text)
    return fail(std::move(text.error()));
  if (text->ends_with('\n'))
    text->pop_back();
  if (text->ends_with('\r'))
    text->pop_back();
  if (!text->empty())
    return secret{std::move(*text)};
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "the secret's file is empty";
  reason.file = path;
  return fail(std::move(reason));
}

} // namespace

outcome<secret_reference> parse_secret_reference(std::string_view text) {
  constexpr auto variable = std::string_view{"secret://env/"};
  constexpr auto file = std::string_view{"secret://file/"};
  if (text.starts_with(variable)
      && is_variable_name(text.substr(variable.size())))
    return secret_reference{secret_reference::source::environment,
                            std::string{text.substr(variable.size())}};
  if (text.starts_with(file) && text.size() > file.size())
    return secret_reference{secret_reference::source::file,
                            std::string{text.substr(file.size() - 1)}};
  return fail(problem_kind::invalid_input, "not a reference to a secret",
              "write secret://env/NAME or secret://file/PATH, not the secret");
}

outcome<secret> resolve_secret(const secret_reference& reference,
                               const environment_map& environment) {
  if (reference.kind == secret_reference::source::environment)
    return read_variable(reference.name, environment);
  return read_secret_file(reference.name);
}

} // namespace troupe::runtime
