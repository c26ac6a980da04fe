#include "runtime/http/http_redirect.hpp"

#include <cstdint>
#include <utility>

namespace troupe::runtime {

namespace {

bool becomes_get(http_method method, int status) {
  if (status == 303)
    return method != http_method::head;
  return (status == 301 || status == 302) && method == http_method::post;
}

/// Whether a header says something about a body only.
bool describes_body(const http_header& header) {
  return header_key(header.name).starts_with("content-");
}

std::uint16_t port_of(const http_origin& origin) {
  if (origin.port != 0)
    return origin.port;
  return origin.is_encrypted ? 443 : 80;
}

bool is_same(const http_origin& left, const http_origin& right) {
  return left.is_encrypted == right.is_encrypted && left.host == right.host
         && port_of(left) == port_of(right);
}

} // namespace

std::optional<http_request> redirected(const http_request& request, int status,
                                       std::string_view url) {
  const auto is_redirect
    = (status >= 301 && status <= 303) || status == 307 || status == 308;
  const auto from = origin_of(request.url);
  const auto to = origin_of(url);
  if (!is_redirect || !from || !to)
    return std::nullopt;
  if (from->is_encrypted && !to->is_encrypted)
    return std::nullopt;
  if (to->is_loopback() && !from->is_loopback())
    return std::nullopt;
  auto next = request;
  next.url = url;
  if (becomes_get(request.method, status)) {
    next.method = http_method::get;
    next.body.clear();
    std::erase_if(next.headers, describes_body);
  }
  if (!is_same(*from, *to)) {
    if (!next.body.empty())
      return std::nullopt;
    next.headers.clear();
  }
  return next;
}

} // namespace troupe::runtime
