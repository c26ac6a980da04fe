#pragma once

#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <vector>

namespace troupe::runtime {

/// The status of a reply that reports such a problem.
[[nodiscard]] int http_status_of(problem_kind kind) noexcept;

/// A reply that reports a problem as RFC 9457 says: type, title, status and
/// detail (the message), with kind, file, line, column, key and hint beside
/// them as the command line prints them. `status` 0: that of its kind.
[[nodiscard]] http_reply problem_reply(const problem& reason, int status = 0);

/// All that is wrong at once; the first has the rest in "others". There is at
/// least one.
[[nodiscard]] http_reply problem_reply(const std::vector<problem>& reasons,
                                       int status = 0);

/// A reply with a body of JSON.
[[nodiscard]] http_reply json_reply(std::string body, int status = 200);

} // namespace troupe::runtime
