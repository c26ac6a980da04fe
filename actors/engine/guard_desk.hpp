#pragma once

#include "actors/engine/ready_work.hpp"
#include "actors/engine/run_state.hpp"
#include "runtime/guard/guard.hpp"
#include "runtime/guard/guard_file.hpp"
#include "runtime/guard/guard_record.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::engine {

/// The right to make one attempt. To be given back with `end`.
struct desk_permit {
  guard_id guard = 0;
  std::uint64_t call = 0;
};

/// A fact about a guard, to be told.
struct desk_event {
  std::string guard;
  std::variant<runtime::breaker_transition, runtime::quota_warning> what;
};

struct named_guard_record {
  std::string guard;
  runtime::guard_record record;
};

/// What there is to see of a guard.
struct desk_status {
  std::string guard;
  runtime::guard_status inside;
  /// Work that is ready, but for the guard or a worker.
  std::uint64_t waiting = 0;
  std::optional<std::uint64_t> concurrent_max;
  std::optional<std::uint64_t> quota_limit;
  bool has_breaker = false;
  /// Why no work of class `closed_from` and below is let through; nothing: all
  /// is.
  std::optional<waiting_reason> closed;
  priority_class closed_from = priority_class::critical;
};

/// The guards of an engine: which of them let work through now, who holds a
/// permit, and when to look again. Work waits in the ready queue, in its order;
/// the desk says what of it is passed over meanwhile, so that an open circuit
/// makes steps wait and does not fail them.
///
/// Of a guard count rate, quota, bulkhead, breaker and retry budget. Its queue,
/// deadline, retries and attempt timeout do not: those of the step rule.
///
/// Pure: the time and chance come in.
class guard_desk {
public:
  using draw_source = std::function<std::uint64_t()>;

  explicit guard_desk(const runtime::guard_file& guards);

  [[nodiscard]] bool is_empty() const noexcept {
    return guards_.empty();
  }

  /// Ids go from 1 to this.
  [[nodiscard]] std::size_t size() const noexcept {
    return guards_.size();
  }

  [[nodiscard]] bool knows(std::string_view name) const;

  /// Of the guards there are, ascending.
  [[nodiscard]] std::vector<std::string> names() const;

  /// 0 for an empty name. A guard that there is not, any more, lets nobody
  /// through.
  [[nodiscard]] guard_id id_of(const std::string& name);

  // -- work
  // ----------------------------------------------------------------------

  /// Work behind that guard is ready.
  void enter(guard_id guard);

  /// It is not any more, or goes ahead.
  void leave(guard_id guard);

  /// Which of the guards that somebody waits for let nobody through.
  [[nodiscard]] std::vector<closed_guard> closed(instant now,
                                                 const draw_source& draw);

  /// Lets work through that `closed` does not exclude at this instant.
  [[nodiscard]] desk_permit begin(guard_id guard, priority_class priority,
                                  bool is_retry, instant now,
                                  const draw_source& draw);

  /// For an attempt from before a restart that goes on: it was let through and
  /// paid for then, so that the guard may have more under way than it lets
  /// through.
  [[nodiscard]] desk_permit adopt(guard_id guard, priority_class priority,
                                  instant now);

  /// The attempt is over.
  void end(const desk_permit& permit, const runtime::attempt_report& how,
           instant now, const draw_source& draw);

  /// Whether the load of a guard bears one more attempt; it counts as made.
  [[nodiscard]] bool try_retry(guard_id guard, instant now);

  /// When a guard that was found closed, and that somebody waits for, may let
  /// work through; later than `now`.
  [[nodiscard]] std::optional<instant> next_check(instant now) const;

  // -- what is told and kept
  // -----------------------------------------------------

  [[nodiscard]] std::vector<desk_event> take_events();

  /// Of the guards that changed since they were taken last.
  [[nodiscard]] std::vector<named_guard_record> take_records(instant now);

  /// Goes on from a state of before a restart; ignored for unknown guards.
  void restore(const named_guard_record& saved, instant now);

  /// Closes the circuit. False if there is no such guard.
  [[nodiscard]] bool reset(std::string_view name, instant now);

  // -- looking
  // -------------------------------------------------------------------

  /// Permits that are out.
  [[nodiscard]] std::size_t running(guard_id guard) const;

  [[nodiscard]] std::uint64_t waiting(guard_id guard) const;

  /// In order of names; only guards there are.
  [[nodiscard]] std::vector<desk_status> status(instant now,
                                                const draw_source& draw);

private:
  struct guard_entry {
    std::string name;
    runtime::guard_options options;
    std::optional<runtime::guard> inside; ///< Nothing: there is no such guard.
    std::map<std::uint64_t, instant> permits; ///< By call, with their begin.
    std::uint64_t waiting = 0;
    bool is_changed = false;
    /// As it was found last, by who asked.
    std::optional<runtime::guard_refusal> refusal;
    priority_class closed_from = priority_class::critical;
    bool is_closed = false;
    std::optional<instant> opens_at;
  };

  void look_at(guard_entry& of, instant now, const draw_source& draw);
  void take_events_of(guard_entry& of);
  [[nodiscard]] const guard_entry& entry(guard_id guard) const;
  [[nodiscard]] guard_entry& entry(guard_id guard);

  std::vector<guard_entry> guards_; ///< Id 1 is the first.
  std::map<std::string, guard_id, std::less<>> ids_;
  std::vector<desk_event> events_;
  std::uint64_t last_call_ = 0;
};

} // namespace troupe::engine
