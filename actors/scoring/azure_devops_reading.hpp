#pragma once

#include "actors/scoring/azure_devops.hpp"
#include "runtime/clock.hpp"

#include <chrono>

namespace troupe::scoring {

struct azure_devops_question {
  azure_devops_project project;
  /// What follows WHERE.
  std::string condition{azure_devops_default_condition};
  /// Ids that are asked for at a time: what the server lists at most.
  std::size_t ids_max = 20'000;
  /// Items that are asked for at a time; at most azure_devops_batch_max.
  std::size_t items_max = azure_devops_batch_max;
  /// How often a request is made before its failure counts.
  std::size_t attempts_max = 6;
  /// The longest wait that is accepted when the server asks for one.
  std::chrono::milliseconds pause_max{300'000};
};

/// Reads the work items of a project, one request after the other: decides what
/// to ask next, and when. Time and chance come from outside.
///
///     ids of a window --> items, by batches --> next window --> ... --> done
///
/// Windows of ids start without an end. Where the server refuses to list so
/// many, they get one, and are halved until it does; thin ones widen again. The
/// end is a page without ids: a short one may be the server's own limit.
class azure_devops_reading {
public:
  explicit azure_devops_reading(azure_devops_question question);

  [[nodiscard]] bool is_done() const noexcept {
    return is_done_;
  }

  /// How long to wait before the next request.
  [[nodiscard]] std::chrono::milliseconds pause() const noexcept {
    return pause_;
  }

  /// The next request, or the last one again. Requires that it is not done.
  [[nodiscard]] runtime::http_request request() const;

  /// Takes the reply to `request()` and appends the items it brings. `chance`
  /// in [0, 1). Throttling and failures of the server lead to a pause and
  /// another attempt; a problem is the end.
  [[nodiscard]] runtime::outcome<void> take(const runtime::http_reply& reply,
                                            runtime::clock::wall_time now,
                                            double chance, std::string& lines);

  /// The same when there was no reply. Nobody waits for a server that never
  /// answered at all: the address is probably wrong.
  [[nodiscard]] runtime::outcome<void> take(runtime::problem failure,
                                            double chance);

  /// Items that were listed but not there any more when they were read.
  [[nodiscard]] std::uint64_t missing_items() const noexcept {
    return missing_items_;
  }

private:
  [[nodiscard]] std::span<const std::int64_t> batch() const noexcept;
  [[nodiscard]] runtime::outcome<void> try_again(runtime::problem failure,
                                                 std::chrono::milliseconds wait,
                                                 double chance);
  [[nodiscard]] runtime::outcome<void> narrow();
  void widen();
  [[nodiscard]] runtime::outcome<void>
  take_ids(const runtime::http_reply& reply);
  [[nodiscard]] runtime::outcome<void>
  take_items(const runtime::http_reply& reply, std::string& lines);
  [[nodiscard]] runtime::outcome<void>
  set_pause(std::chrono::milliseconds wait);

  azure_devops_question question_;
  id_window window_;
  /// How many ids a window with an end covers.
  std::int64_t width_;
  std::size_t ids_in_window_ = 0;
  /// Listed, but not read yet: [next_, end).
  std::vector<std::int64_t> ids_;
  std::size_t next_ = 0;
  std::size_t attempts_ = 0;
  std::chrono::milliseconds pause_{0};
  std::uint64_t missing_items_ = 0;
  bool was_answered_ = false;
  bool is_done_ = false;
};

} // namespace troupe::scoring
