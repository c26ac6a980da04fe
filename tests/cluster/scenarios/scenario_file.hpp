#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace troupe::tests {

/// Some commands and what they print: lines, a line "----", lines up to an
/// empty one. Lines that begin with # are remarks.
struct scenario_block {
  std::vector<std::string> remarks;
  std::vector<std::string> commands;
  std::vector<std::string> expected;
  std::size_t line = 0; ///< Of the first expected line, from 1.
};

/// Throws std::runtime_error with file and line where a file is no such thing.
[[nodiscard]] std::vector<scenario_block>
read_scenario(const std::filesystem::path& path);

/// Does a command and returns the lines that it prints.
using scenario_command
  = std::function<std::vector<std::string>(const std::string&)>;

/// Plays a file. Each difference as "FILE:LINE: expected ..., printed ...";
/// empty: none. With the environment variable REWRITE_SCENARIOS the file is
/// written anew with what is printed, to be read and committed by somebody.
[[nodiscard]] std::vector<std::string>
play_scenario(const std::filesystem::path& path,
              const scenario_command& perform);

} // namespace troupe::tests
