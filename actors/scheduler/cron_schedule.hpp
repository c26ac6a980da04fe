#pragma once

#include "actors/scheduler/cron_expression.hpp"
#include "actors/scheduler/instant.hpp"
#include "runtime/time_zone.hpp"

#include <optional>

namespace troupe::scheduler {

/// A cron expression in a time zone: a set of instants, which follows from the
/// two alone. An expression of fixed time (one second, minute and hour) is due
/// once on each of its days: at the first instant at which the local clock
/// shows that time or, where the clock skips it, a later one. Any other
/// expression is due whenever the local clock shows one of its times: never for
/// skipped times, twice for repeated ones.
class cron_schedule {
public:
  cron_schedule(cron_expression expression, runtime::time_zone zone)
    : expression_{expression}, zone_{std::move(zone)} {}

  [[nodiscard]] const cron_expression& expression() const noexcept {
    return expression_;
  }

  [[nodiscard]] const runtime::time_zone& zone() const noexcept {
    return zone_;
  }

  /// The first due time after `after`; none within 50 years means never, as
  /// the rarest date that recurs, a 29 February on a given day of the week,
  /// does so within 40.
  [[nodiscard]] std::optional<instant> next(instant after) const;

  /// The last due time before `before`, as far back.
  [[nodiscard]] std::optional<instant> previous(instant before) const;

  friend bool operator==(const cron_schedule&, const cron_schedule&) = default;

private:
  [[nodiscard]] std::optional<instant> next_fixed(instant after) const;
  [[nodiscard]] std::optional<instant> next_shown(instant after) const;
  [[nodiscard]] std::optional<instant> previous_fixed(instant before) const;
  [[nodiscard]] std::optional<instant> previous_shown(instant before) const;

  cron_expression expression_;
  runtime::time_zone zone_;
};

} // namespace troupe::scheduler
