#include "tools/api/engine_line.hpp"

#include "actors/engine/engine_desk.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace troupe::tools {

namespace {

/// Who answers a line, for as long as there is the line.
class line_end {
public:
  explicit line_end(engine::engine_desk_actor desk) : desk_{std::move(desk)} {}
  line_end(const line_end&) = delete;
  line_end& operator=(const line_end&) = delete;

  ~line_end() {
    caf::anon_send_exit(desk_, caf::exit_reason::user_shutdown);
  }

  void ask(std::string payload) const {
    caf::anon_send(desk_, engine::desk_questions{1, {std::move(payload)}});
  }

private:
  engine::engine_desk_actor desk_;
};

} // namespace

open_engine_line lines_to(engine::local_engine& engine) {
  return [&engine](engine_answers answers) -> engine_line {
    const auto end = std::make_shared<line_end>(engine::spawn_engine_desk(
      engine.system(), engine.root(),
      [answers = std::move(answers)](engine::asker_id,
                                     std::span<const std::string> payloads) {
        answers(payloads);
      }));
    return [end](std::string payload) { end->ask(std::move(payload)); };
  };
}

} // namespace troupe::tools
