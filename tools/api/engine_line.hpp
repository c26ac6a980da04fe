#pragma once

#include "actors/engine/local_engine.hpp"

#include <functional>
#include <span>
#include <string>

namespace troupe::tools {

/// Takes a question to an engine, a serialised EngineCall, on any thread.
using engine_line = std::function<void(std::string payload)>;

/// Takes answers, each a serialised EngineAnswer, on any thread: one to each
/// question, with its id, also after whoever asked is gone.
using engine_answers = std::function<void(std::span<const std::string>)>;

/// Makes a line whose answers go there. The line ends with its last copy.
using open_engine_line = std::function<engine_line(engine_answers)>;

/// Lines to the engine of this process, which must outlive them.
[[nodiscard]] open_engine_line lines_to(engine::local_engine& engine);

} // namespace troupe::tools
