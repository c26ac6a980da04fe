#pragma once

#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// Where a server listens.
struct listen_address {
  std::string host; ///< An IPv6 address without brackets.
  std::uint16_t port = 0; ///< 0: any that is free.

  friend bool operator==(const listen_address&, const listen_address&)
    = default;
};

/// Reads "127.0.0.1:7070", "localhost:7070" or "[::1]:0". `invalid_input`:
/// something else, or an address that other machines reach.
[[nodiscard]] outcome<listen_address> parse_loopback(std::string_view text);

/// "http://127.0.0.1:7070"
[[nodiscard]] std::string url_of(const listen_address& at);

/// Who is let in, and with what.
struct http_admission {
  std::string token;
  /// Paths that need no token.
  std::vector<std::string> open_paths;
  std::size_t body_bytes_max = std::size_t{8} << 20;
  /// What a body may be; parameters such as charset are set aside.
  std::vector<std::string> content_types;
};

/// Decides by the headers alone, before any byte of the body is read: nothing
/// if the request may go on, else the reply. In this order: a name of this
/// machine as host (so that no page of the web gets here by a name of its own
/// that leads to this machine), the token, then the body.
[[nodiscard]] std::optional<http_reply> refuse(const http_admission& rules,
                                               const http_request& head);

/// How many bytes of a body its headers announce; nothing if they are no
/// number.
[[nodiscard]] std::optional<std::size_t>
content_length(const http_request& head);

/// The first header of that name, in any case; empty: none.
[[nodiscard]] std::string_view header_of(const http_request& request,
                                         std::string_view name);

/// The kind of a body, in lower case and without parameters.
[[nodiscard]] std::string media_type(const http_request& request);

} // namespace troupe::runtime
