#pragma once

#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"
#include "runtime/process/output_capture.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::runtime {

/// What happens when a process writes more than the head of its capture.
enum class overflow_policy : std::uint8_t {
  drop, ///< The process goes on; the rest is dropped and counted.
  kill, ///< The process and its group are killed.
};

/// Which program to run, and how. Plain data.
struct process_request {
  /// The program and its arguments. A name without a slash is looked for in the
  /// PATH of `environment`; one with a slash is relative to `folder`.
  std::vector<std::string> argv;
  /// Where it runs; empty: where we do.
  std::string folder;
  /// All variables that it gets.
  environment_map environment;
  /// What it can read from its standard input.
  std::string input;
  capture_limits out;
  capture_limits err{std::size_t{4} << 10, std::size_t{8} << 10};
  overflow_policy on_out_overflow = overflow_policy::drop;
};

/// How a process ended.
struct process_result {
  /// Meaningless if a signal ended it.
  int exit_code = 0;
  /// The signal that ended it; 0: none.
  int signal = 0;
  /// Somebody called `stop` before it ended.
  bool was_stopped = false;
  /// It was killed for writing too much.
  bool was_too_loud = false;
  captured_output out;
  captured_output err;
  /// Of the process and of those below it that it waited for.
  std::chrono::microseconds processor_time{0};
  std::chrono::microseconds elapsed{0};
};

/// `invalid_input` for what no kernel accepts: no program, a NUL character, a
/// variable without a name.
[[nodiscard]] outcome<void> check(const process_request& request);

/// The path to give to the kernel for `argv[0]`. `not_found` with the places
/// that were looked at, `denied` for a file that may not be executed.
[[nodiscard]] outcome<std::string> find_program(const process_request& request);

} // namespace troupe::runtime
