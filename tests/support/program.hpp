#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace troupe::tests {

/// What the standard input of a program is.
enum class program_input {
  text, ///< `program_run::input`, then the end.
  endless, ///< The letter a, for ever.
};

/// What becomes of the standard output of a program.
enum class program_output {
  captured,
  closed, ///< A pipe that nobody reads, as after `| head`.
  full, ///< A disk without room (/dev/full).
};

/// How the `troupe` program is run.
struct program_run {
  std::vector<std::string> arguments;
  /// The working folder, also its home. Required: nothing of the person who
  /// runs the tests may be read or written.
  std::filesystem::path folder;
  program_input input_kind = program_input::text;
  std::string input;
  program_output output = program_output::captured;
  /// Added to an environment that is otherwise the same everywhere.
  std::map<std::string, std::string> environment;
};

/// How it ended.
struct program_result {
  /// 128 + the number of the signal, if one ended it.
  int exit_code = -1;
  std::string out;
  std::string err;
  std::size_t memory_bytes_peak = 0;
};

/// Runs the `troupe` program of this build to its end, with file permissions
/// that hold even for the superuser; kills it and throws after two minutes.
[[nodiscard]] program_result run_program(const program_run& run);

/// The same for any program: `command` is its path, then its arguments come
/// from `run`.
[[nodiscard]] program_result run_command(const std::string& command,
                                         const program_run& run);

} // namespace troupe::tests
