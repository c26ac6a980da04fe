#pragma once

#include "actors/engine/local_engine.hpp"
#include "tools/activities/score_activity.hpp"
#include "tools/cli/invocation.hpp"

#include <cstddef>
#include <string>

namespace troupe::tools {

/// An engine over the store of the settings, with all activities that this
/// program has: so many at the same time, and so many that may wait. Must come
/// before the first thread.
[[nodiscard]] runtime::outcome<engine::local_engine>
start_engine(const invocation& with, std::size_t activities_max,
             std::size_t pending_max, score_observer on_scoring = {});

/// How this program scores.
[[nodiscard]] scoring::scorer_options
scorer_settings(const runtime::settings& settings);

/// Items a batch has if the command does not say; 0: as many as suit the
/// machine.
[[nodiscard]] std::size_t batch_size_of(const runtime::settings& settings);

/// Who gives the command, for the record: empty if nobody knows.
[[nodiscard]] std::string user_of(const invocation& with);

} // namespace troupe::tools
