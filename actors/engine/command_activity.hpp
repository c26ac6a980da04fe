#pragma once

#include "actors/engine/activity_failure.hpp"
#include "actors/engine/activity_secrets.hpp"
#include "actors/engine/text_template.hpp"
#include "runtime/problem.hpp"
#include "runtime/process/process_request.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

/// What a command's standard output means to the run.
enum class command_output : std::uint8_t {
  json, ///< A JSON value; nothing at all is null.
  text, ///< A text in UTF-8.
  none, ///< Nothing: the output of the step is null.
};

/// Which attempt a command is for: what it finds in its environment.
struct command_identity {
  std::string run;
  std::string step;
  std::uint32_t item = 0;
  std::uint32_t attempt = 1;
  std::string idempotency_key;
  /// The last progress of an earlier attempt, JSON; empty: none.
  std::string progress;
};

/// What commands may have of us. Comes from outside, so that planning needs no
/// process and no disk of its own.
struct command_surroundings {
  runtime::environment_map environment;
  secret_resolver resolve;
};

/// A command ready to run.
struct command_plan {
  runtime::process_request process;
  command_output output = command_output::json;
  /// Between SIGTERM and SIGKILL.
  std::chrono::milliseconds grace{10'000};
  /// What must not appear in any message.
  std::vector<runtime::secret> secrets;
};

/// What `with` of a command says:
///
///     argv             the program and its arguments, or
///     shell            a text for /bin/sh
///     cwd              where it runs
///     env              variables: texts, numbers, truth values
///     inherit_env      names of variables of ours that it gets as well
///     stdin            a text as it is, any other value as JSON
///     output           json (default), text, none
///     output_bytes_max of standard output, default 1MiB, at most 64MiB
///     grace            between SIGTERM and SIGKILL, default 10s
///
/// `secrets` are the texts of `with` that are references to secrets; they may
/// stand in `env` and `stdin` only, as everybody can see the arguments of a
/// process. The command's environment has nothing else of ours than PATH, HOME,
/// USER, LOGNAME, SHELL, LANG, LC_*, TZ and TMPDIR, and TROUPE_RUN_ID,
/// TROUPE_STEP, TROUPE_ITEM, TROUPE_ATTEMPT, TROUPE_IDEMPOTENCY_KEY,
/// TROUPE_PROGRESS_FD and, if there is one, TROUPE_LAST_PROGRESS.
[[nodiscard]] runtime::outcome<command_plan>
plan_command(const nlohmann::json& with,
             const std::vector<nlohmann::json::json_pointer>& secrets,
             const command_identity& identity,
             const command_surroundings& surroundings, source_place place);

/// What the end of a command's process means: the output of the step, or one of
/// these kinds of failure. Messages end with the last lines of standard error,
/// without secrets, and are valid UTF-8.
///
///     exit_nonzero      it says so                           may be retried
///     signal            a signal ended it                    may be retried
///     cancelled         it was stopped before it ended
///     bad_output        not JSON, or not UTF-8
///     output_too_large  it was killed for it
///     not_found         no such program, folder or secret
///     denied            may not be executed or entered
///     invalid_input     no program, arguments too large ...
///     unavailable       no resources to start it             may be retried
///     interrupted       our process ends                     may be retried
///     failed            anything else                        may be retried
[[nodiscard]] tl::expected<nlohmann::json, activity_failure>
command_result(const command_plan& plan,
               const runtime::outcome<runtime::process_result>& how);

/// A line of a command's side channel, if it is an object, as JSON text.
[[nodiscard]] std::optional<std::string>
progress_of_line(const std::string& line);

} // namespace troupe::engine
