#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace troupe::tools {

enum class shell { bash, zsh, fish };

/// A script that teaches the shell to complete commands, options, choices and
/// files of `app`. Made from the parser itself, hence always complete.
[[nodiscard]] std::string completion_script(const CLI::App& app, shell kind);

} // namespace troupe::tools
