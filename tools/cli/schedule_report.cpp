#include "tools/cli/schedule_report.hpp"

#include "actors/scheduler/schedule_recurrence.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace troupe::tools {

using std::chrono::seconds;

runtime::time_zone zone_of(const scheduler::schedule_definition& of) {
  const auto* expressions
    = std::get_if<std::vector<scheduler::cron_schedule>>(&of.timing);
  return expressions == nullptr || expressions->empty()
           ? runtime::time_zone{}
           : expressions->front().zone();
}

std::string local_text(scheduler::instant at, const runtime::time_zone& zone) {
  const auto offset = zone.offset_at(at);
  const auto distance = std::chrono::hh_mm_ss{std::chrono::abs(offset)};
  // Local time, written as if it were UTC.
  auto shown = scheduler::to_string(at + offset);
  shown.pop_back();
  shown[shown.find('T')] = ' ';
  auto text = std::array<char, 16>{};
  std::snprintf(text.data(), text.size(), " %c%02d:%02d",
                offset < seconds{0} ? '-' : '+',
                static_cast<int>(distance.hours().count()),
                static_cast<int>(distance.minutes().count()));
  return shown + text.data();
}

std::string render_due_times(const scheduler::schedule_definition& of,
                             const std::vector<scheduler::instant>& due) {
  const auto zone = zone_of(of);
  const auto recurrence = scheduler::schedule_recurrence{of};
  auto text = std::string{};
  for (const auto at : due) {
    text += scheduler::to_string(at);
    if (zone != runtime::time_zone{})
      text += "  " + local_text(at, zone);
    if (of.jitter != std::chrono::milliseconds{0})
      text += "  starts " + scheduler::to_string(recurrence.start_of(at));
    text += "\n";
  }
  return text;
}

} // namespace troupe::tools
