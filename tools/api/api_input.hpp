#pragma once

#include "messages/engine.pb.h"
#include "messages/queue_call.pb.h"
#include "runtime/clock.hpp"
#include "tools/api/api_call.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::tools {

// What callers send, as messages. A body that is none is a 400; unknown keys
// and values of the wrong type are a 422 that names the key.

/// The workflow and what it gets. The key may come as Idempotency-Key.
[[nodiscard]] api_result<messages::SubmitRun>
read_submission(const runtime::http_request& request);

enum class run_change : std::uint8_t {
  pause,
  resume,
  cancel,
  terminate,
  retry,
  signal
};

/// The last segment of the path: "pause".
[[nodiscard]] std::string_view to_string(run_change change) noexcept;

/// Everything but which run it is.
[[nodiscard]] api_result<messages::ChangeRun>
read_change(const runtime::http_request& request, run_change change);

/// A run that goes on from another one, all but which: `from` of a rerun, `to`
/// of a reset.
enum class run_derivation : std::uint8_t { rerun, reset };

[[nodiscard]] std::string_view to_string(run_derivation what) noexcept;

[[nodiscard]] api_result<messages::SubmitRun>
read_derivation(const runtime::http_request& request, run_derivation what);

/// Who lets nothing begin, and why.
[[nodiscard]] api_result<messages::ChangeQueue>
read_queue_change(const runtime::http_request& request, bool pauses);

/// A body as text that is a workflow: YAML, or JSON if its type says so.
[[nodiscard]] api_result<std::string_view>
read_workflow_text(const runtime::http_request& request);

/// Which page of a list. A cursor is what the page before it said.
struct page_request {
  std::size_t limit = 20;
  std::optional<std::int64_t> cursor;
};

/// `limit` (1 to `most`) and `cursor` of a query.
[[nodiscard]] api_result<page_request>
read_page(const std::map<std::string, std::string>& query, std::size_t limit,
          std::size_t most);

/// `since` of a query: how long before `now`.
[[nodiscard]] api_result<std::optional<runtime::clock::wall_time>>
read_since(const std::map<std::string, std::string>& query,
           runtime::clock::wall_time now);

/// How long to wait: `timeout` of a query, 30 s without, at most 60 s.
[[nodiscard]] api_result<std::chrono::milliseconds>
read_patience(const std::map<std::string, std::string>& query);

/// Refuses parameters that are not among these.
[[nodiscard]] api_result<void>
check_query(const std::map<std::string, std::string>& query,
            std::initializer_list<std::string_view> known);

} // namespace troupe::tools
