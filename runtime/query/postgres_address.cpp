#include "runtime/query/postgres_address.hpp"

#include <cctype>
#include <map>
#include <memory>
#include <utility>

#include <libpq-fe.h>

namespace troupe::runtime {

namespace {

using parameter_map = std::map<std::string, std::string>;

/// The parameters that the text gives; nothing if it is no address.
bool read_parameters(const std::string& text, parameter_map& to) {
  auto* message = static_cast<char*>(nullptr);
  const auto options
    = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>{
      PQconninfoParse(text.c_str(), &message), PQconninfoFree};
  // The message quotes what it does not understand, hence is not shown.
  if (message != nullptr)
    PQfreemem(message);
  if (!options)
    return false;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr)
      to.emplace(option->keyword, option->val);
  return true;
}

std::string name_of(const parameter_map& parameters) {
  const auto get = [&](const char* key) {
    const auto found = parameters.find(key);
    return found == parameters.end() ? std::string{} : found->second;
  };
  const auto host = get("host");
  const auto is_socket = host.starts_with('/');
  auto name = std::string{"postgresql://"};
  if (const auto user = get("user"); !user.empty())
    name += user + "@";
  if (!is_socket)
    name += host;
  if (const auto port = get("port"); !port.empty())
    name += ":" + port;
  name += "/" + get("dbname");
  return is_socket ? name + "?host=" + host : name;
}

/// With % and two hexadecimal digits for all but letters and digits.
std::string percent_encoded(std::string_view text) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto result = std::string{};
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      result += c;
      continue;
    }
    result += '%';
    result += digits[byte / 16];
    result += digits[byte % 16];
  }
  return result;
}

} // namespace

bool is_postgres_address(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

outcome<postgres_address>
parse_postgres_address(const std::string& text,
                       const environment_map& environment) {
  auto parameters = parameter_map{};
  if (!is_postgres_address(text) || !read_parameters(text, parameters))
    return fail(problem_kind::invalid_input, "not a PostgreSQL address",
                "write postgresql://USER@HOST:PORT/DATABASE, with % and two "
                "hexadecimal digits for characters like @ and /");
  auto address = postgres_address{};
  address.name = name_of(parameters);
  for (auto& [key, value] : parameters) {
    if (key != "password") {
      address.parameters.emplace_back(key, value);
      continue;
    }
    if (!value.starts_with("secret://")) {
      address.password = secret{value};
      continue;
    }
    auto found
      = parse_secret_reference(value).and_then([&](const auto& reference) {
          return resolve_secret(reference, environment);
        });
    if (!found) {
      auto reason = found.error();
      if (reason.file.empty())
        reason.file = address.name;
      reason.key = "password";
      if (reason.hint.empty())
        reason.hint = "set it, or leave the password to PGPASSWORD or "
                      "~/.pgpass";
      return fail(std::move(reason));
    }
    address.password = std::move(*found);
  }
  return address;
}

std::string take_password_out(const std::string& text,
                              const std::string& variable,
                              environment_map& to) {
  auto parameters = parameter_map{};
  if (!is_postgres_address(text) || !read_parameters(text, parameters))
    return text;
  const auto found = parameters.find("password");
  if (found == parameters.end() || found->second.starts_with("secret://"))
    return text;
  to.insert_or_assign(variable,
                      std::exchange(found->second, "secret://env/" + variable));
  auto result = std::string{"postgresql://"};
  auto separator = '?';
  for (const auto& [key, value] : parameters) {
    result += std::exchange(separator, '&') + key + "=";
    result += percent_encoded(value);
  }
  return result;
}

} // namespace troupe::runtime
