#include "runtime/http/http_admission.hpp"

#include "runtime/http/access_token.hpp"
#include "runtime/http/problem_reply.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto listen_hint
  = "write --listen 127.0.0.1:7070, or --listen none for no HTTP at all";

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  auto number = Number{0};
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return number;
}

http_reply refusal(int status, problem_kind kind, std::string message,
                   std::string hint) {
  return problem_reply(fail(kind, std::move(message), std::move(hint)).value(),
                       status);
}

/// Every Host header has to name this machine, and there has to be one.
bool is_for_this_machine(const http_request& head) {
  auto count = 0;
  for (const auto& [name, value] : head.headers) {
    if (header_key(name) != "host")
      continue;
    const auto origin = origin_of("http://" + value);
    if (!origin || !origin->is_loopback()
        || value.find('/') != std::string::npos)
      return false;
    ++count;
  }
  return count == 1;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::optional<http_reply> refuse_body(const http_admission& rules,
                                      const http_request& head) {
  if (!header_of(head, "transfer-encoding").empty())
    return refusal(411, problem_kind::invalid_input,
                   "the request does not say how long its body is",
                   "send Content-Length, not Transfer-Encoding");
  const auto length = content_length(head);
  if (!length)
    return refusal(400, problem_kind::invalid_input,
                   "Content-Length is no number", "correct the header");
  if (*length > rules.body_bytes_max)
    return refusal(413, problem_kind::invalid_input,
                   "the body has more than "
                     + std::to_string(rules.body_bytes_max) + " bytes",
                   "send less");
  if (*length == 0)
    return std::nullopt;
  if (!header_of(head, "content-encoding").empty())
    return refusal(415, problem_kind::invalid_input,
                   "bodies are taken as they are, without Content-Encoding",
                   "send it unpacked");
  const auto type = media_type(head);
  const auto& known = rules.content_types;
  if (std::find(known.begin(), known.end(), type) == known.end())
    return refusal(
      415, problem_kind::invalid_input, "a body of an unknown type",
      known.empty() ? std::string{} : "send Content-Type: " + known.front());
  return std::nullopt;
}

} // namespace

outcome<listen_address> parse_loopback(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string_view::npos
                      ? std::nullopt
                      : number_from<std::uint16_t>(text.substr(colon + 1));
  // The port is looked at by itself: nobody asks for port 0.
  const auto origin = origin_of("http://" + std::string{text.substr(0, colon)});
  if (!port || !origin || text.find('/') != std::string_view::npos
      || origin->host.empty())
    return fail(problem_kind::invalid_input,
                "no address to listen at: " + std::string{text}, listen_hint);
  if (!origin->is_loopback())
    return fail(problem_kind::invalid_input,
                "other machines would reach " + std::string{text}
                  + ", and what they say would not be encrypted",
                "listen at 127.0.0.1, "
                "and reach it through ssh -L");
  return listen_address{
    origin->host == "localhost" ? "127.0.0.1" : origin->host, *port};
}

std::string url_of(const listen_address& at) {
  const auto is_v6 = at.host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + at.host + "]" : at.host) + ":"
         + std::to_string(at.port);
}

std::string_view header_of(const http_request& request, std::string_view name) {
  const auto key = header_key(name);
  for (const auto& [each, value] : request.headers)
    if (header_key(each) == key)
      return value;
  return {};
}

std::string media_type(const http_request& request) {
  auto type = header_key(header_of(request, "content-type"));
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
    type.pop_back();
  return type;
}

std::optional<std::size_t> content_length(const http_request& head) {
  auto found = std::optional<std::size_t>{0};
  auto count = 0;
  for (const auto& [name, value] : head.headers)
    if (header_key(name) == "content-length") {
      found = number_from<std::size_t>(value);
      if (++count > 1)
        return std::nullopt;
    }
  return found;
}

std::optional<http_reply> refuse(const http_admission& rules,
                                 const http_request& head) {
  if (!is_for_this_machine(head))
    return refusal(403, problem_kind::denied,
                   "the Host header does not name this machine",
                   "ask 127.0.0.1 or localhost");
  const auto path = path_of(head.url);
  const auto& open = rules.open_paths;
  if (std::find(open.begin(), open.end(), path) == open.end()
      && !is_authorized(header_of(head, "authorization"), rules.token)) {
    auto reply = refusal(401, problem_kind::denied, "no token, or a wrong one",
                         "send Authorization: Bearer TOKEN; the token is in "
                         "STORE.token, of a node in node.token");
    reply.headers.push_back({"WWW-Authenticate", "Bearer"});
    return reply;
  }
  return refuse_body(rules, head);
}

} // namespace troupe::runtime
