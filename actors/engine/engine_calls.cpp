#include "actors/engine/engine_calls.hpp"

namespace troupe::engine {

messages::ProblemReport to_message(const runtime::problem& reason) {
  auto report = messages::ProblemReport{};
  report.set_kind(static_cast<int>(reason.kind));
  report.set_message(reason.message);
  report.set_file(reason.file);
  report.set_line(reason.line);
  report.set_column(reason.column);
  report.set_key(reason.key);
  report.set_hint(reason.hint);
  return report;
}

runtime::problem from_message(const messages::ProblemReport& report) {
  auto reason = runtime::problem{};
  reason.kind = static_cast<runtime::problem_kind>(report.kind());
  reason.message = report.message();
  reason.file = report.file();
  reason.line = report.line();
  reason.column = report.column();
  reason.key = report.key();
  reason.hint = report.hint();
  return reason;
}

} // namespace troupe::engine
