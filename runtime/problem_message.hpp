#pragma once

#include "runtime/problem.hpp"

namespace troupe::runtime {

/// A problem as a message with the same fields; which message is the business
/// of the protocol.
template <class Message>
[[nodiscard]] Message to_problem_message(const problem& reason) {
  auto message = Message{};
  message.set_kind(static_cast<int>(reason.kind));
  message.set_message(reason.message);
  message.set_file(reason.file);
  message.set_line(reason.line);
  message.set_column(reason.column);
  message.set_key(reason.key);
  message.set_hint(reason.hint);
  return message;
}

template <class Message>
[[nodiscard]] problem from_problem_message(const Message& message) {
  auto reason = problem{};
  reason.kind = static_cast<problem_kind>(message.kind());
  reason.message = message.message();
  reason.file = message.file();
  reason.line = message.line();
  reason.column = message.column();
  reason.key = message.key();
  reason.hint = message.hint();
  return reason;
}

} // namespace troupe::runtime
