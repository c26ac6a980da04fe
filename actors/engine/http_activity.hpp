#pragma once

#include "actors/engine/activity_failure.hpp"
#include "actors/engine/activity_secrets.hpp"
#include "runtime/clock.hpp"
#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::engine {

/// What the body of a reply means to the run.
enum class http_output : std::uint8_t {
  json, ///< A JSON value; nothing at all is null.
  text, ///< A text in UTF-8.
  none, ///< Nothing.
  as_it_says, ///< json if the reply calls itself that, else text.
};

/// A request ready to be sent.
struct http_plan {
  runtime::http_request request;
  http_output output = http_output::as_it_says;
  /// The statuses that are a success; empty: 200 to 299.
  std::vector<int> expect;
  /// What must not appear in any message.
  std::vector<runtime::secret> secrets;
};

/// What `with` of a request says:
///
///     url              http or https, without a user
///     method           GET, HEAD, POST, PUT, PATCH, DELETE; default GET, or
///                      POST if there is something to send
///     headers          texts, numbers, truth values; null: not sent
///     auth             {bearer: TOKEN} or {user: NAME, password: PASSWORD}
///     body             a text as it is, any other value as JSON, or
///     json             any value as JSON
///     expect           statuses that are a success, default 200 to 299
///     output           json, text, none; absent: as the reply says
///     output_bytes_max of the reply, unpacked; default 1MiB, at most 64MiB
///     timeout          for all of it, default 1m, at most 24h
///     follow_redirects default false; at most 10, see http_redirect.hpp
///
/// `secrets` are the texts of `with` that are references to secrets; they may
/// stand in `headers`, `auth`, `body` and `json`, as addresses are written to
/// logs everywhere. Whoever sends secrets, or `auth`, does so by https or to
/// this machine. `key` is sent as Troupe-Idempotency-Key, the same for all
/// attempts; headers of the workflow win over this one and over Content-Type.
[[nodiscard]] runtime::outcome<http_plan>
plan_http(const nlohmann::json& with,
          const std::vector<nlohmann::json::json_pointer>& secrets,
          const std::string& key, const secret_resolver& resolve,
          const source_place& place);

/// What came of it: the output of the step, {status, headers, json} or {status,
/// headers, body}, or one of these kinds of failure. Names of headers are in
/// lower case, values of the same name joined by ", ", and cookies left out.
/// Messages are valid UTF-8, without secrets and without the address.
///
///     http_status       not expected; may be retried if it is 408, 425, 429,
///                       500, 502, 503 or 504. Details: status, and
///                       retry_after_ms if the server says so, which `now` is
///                       for
///     connect           nobody was reached               may be retried
///     connection_lost   it may have happened             may be retried
///     timeout           it may have happened             may be retried
///     tls               no trust; retried only if a handshake broke
///     output_too_large  the reply is longer than allowed
///     bad_reply         no HTTP, not JSON, not UTF-8
///     invalid_input     no address, not a header ...
///     unavailable       too many requests already        may be retried
///     interrupted       our process ends                 may be retried
///     failed            anything else                    may be retried
[[nodiscard]] tl::expected<nlohmann::json, activity_failure>
http_result(const http_plan& plan, const runtime::http_outcome& how,
            runtime::clock::wall_time now);

} // namespace troupe::engine
