#pragma once

#include "runtime/http/http_message.hpp"

#include <optional>
#include <string_view>

namespace troupe::runtime {

/// What to send after a reply with this status (301, 302, 303, 307 or 308) that
/// names another place; nothing if the redirect is not to be followed.
///
/// - A POST becomes a GET after 301 and 302, everything but HEAD after 303
///   (RFC 9110, 15.4), as browsers do.
/// - Never from https to http, nor from another machine to this one.
/// - To another origin (scheme, host and port) nothing of the request goes
///   along: no headers, and a request that would still have a body is not sent.
///   Any header may hold a secret, whatever its name.
[[nodiscard]] std::optional<http_request>
redirected(const http_request& request, int status, std::string_view url);

} // namespace troupe::runtime
