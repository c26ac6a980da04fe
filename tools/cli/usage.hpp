#pragma once

#include "runtime/problem.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

/// What is wrong with a command line, with the flag and the nearest one there
/// is. `app` is the parser that threw, `arguments` what it was given.
[[nodiscard]] runtime::problem
usage_problem(const CLI::App& app, const CLI::ParseError& error,
              const std::vector<std::string>& arguments);

/// The only texts an option takes, read from its type "TEXT:{a,b}"; empty: any.
[[nodiscard]] std::vector<std::string> choices_of(const CLI::Option& option);

/// "troupe score explain" for the subcommand of a subcommand.
[[nodiscard]] std::string full_name(const CLI::App& app);

} // namespace troupe::tools
