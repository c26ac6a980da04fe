#pragma once

#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

enum class http_method : std::uint8_t { get, head, post, put, patch, remove };

/// "GET", ..., "DELETE" for remove.
[[nodiscard]] std::string_view to_string(http_method method) noexcept;

/// The name of a header as names are compared: in lower case.
[[nodiscard]] std::string header_key(std::string_view name);

struct http_header {
  std::string name;
  std::string value;

  friend bool operator==(const http_header&, const http_header&) = default;
};

/// A request with the limits of its answer. Values of headers may be secrets:
/// nothing here is ever logged.
struct http_request {
  http_method method = http_method::get;
  /// http or https.
  std::string url;
  std::vector<http_header> headers;
  std::string body;
  /// To find the server and agree with it on a connection.
  std::chrono::milliseconds connect_timeout{10'000};
  /// For everything, from the name of the server to the last byte.
  std::chrono::milliseconds timeout{60'000};
  /// A longer body of a reply is a problem, found without reading all of it.
  std::size_t response_bytes_max = std::size_t{16} << 20;
  /// Redirects that are followed, see http_redirect.hpp; one that is not, or
  /// one too many, is a reply like others.
  std::size_t redirects_max = 0;
  /// Not on a connection that others have used. If such a one turns out to be
  /// dead, what was sent is sent again, although the server may have got it.
  bool needs_new_connection = false;
};

struct http_reply {
  int status = 0;
  /// Of the last reply, if there were redirects.
  std::vector<http_header> headers;
  std::string body;

  /// The first of this name, in any case; empty: none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Why there is no reply.
enum class http_failure_kind : std::uint8_t {
  invalid, ///< The request is none: its address or a header.
  connect, ///< Nobody was reached, so nothing has happened.
  lost, ///< The connection broke; what was asked for may have happened.
  tls, ///< No trust in the server, or no agreement with it.
  timeout,
  too_large, ///< The reply is longer than allowed.
  bad_reply, ///< What came is no HTTP.
  stopped, ///< Somebody did not want it any more.
  overloaded, ///< There are too many requests already.
  other,
};

/// No reply: for programs the kind, for people the problem, which names the
/// host, never headers or the rest of the address.
struct http_failure {
  http_failure_kind kind = http_failure_kind::other;
  problem reason;
};

/// Any reply is a success, whatever its status.
using http_outcome = tl::expected<http_reply, http_failure>;

/// The parts of an address that decide whom one talks to.
struct http_origin {
  bool is_encrypted = false;
  /// Lower case; an IPv6 address without brackets.
  std::string host;
  /// As given; 0: that of the scheme.
  std::uint16_t port = 0;

  /// This machine: localhost, 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_loopback() const noexcept;

  friend bool operator==(const http_origin&, const http_origin&) = default;
};

/// The origin of an http or https address; nothing if it is none, or holds
/// blanks, control characters or a user.
[[nodiscard]] std::optional<http_origin> origin_of(std::string_view url);

/// Text as one segment of a path or one value of a query: all but letters,
/// digits and -._~ as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// The value of an Authorization header for a user with a password (RFC 7617).
[[nodiscard]] std::string basic_authorization(std::string_view user,
                                              std::string_view password);

} // namespace troupe::runtime
