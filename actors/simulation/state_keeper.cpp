#include "actors/simulation/state_keeper.hpp"

#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/stored_staff.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <utility>

namespace troupe::simulation {

using messages::column_block;
using runtime::fail;
using runtime::outcome;

namespace {

/// A run whose store is open.
struct open_run {
  simulation_history history;
  stored_simulation run;
};

struct state_keeper_state {
  static constexpr auto name = "state_keeper"; // Shown in logs.

  state_keeper_options options;
  std::optional<open_run> open;
};

using state_keeper_pointer
  = state_keeper_actor::stateful_pointer<state_keeper_state>;

outcome<void> open_store(state_keeper_state& state) {
  if (state.open)
    return {};
  auto history = simulation_history::open(state.options.store);
  if (!history)
    return fail(history.error());
  auto run = history->find_run(state.options.run);
  if (!run)
    return fail(run.error());
  // Each block sees what is stored by then, and nothing keeps the log growing.
  history->reader().end_snapshot();
  state.open.emplace(open_run{std::move(*history), std::move(*run)});
  return {};
}

caf::result<messages::PeopleBlock, column_block>
get_people(state_keeper_pointer self, const messages::GetPeopleBlock& request,
           const column_block& wanted) {
  auto& state = self->state;
  const auto keys = read_keys(wanted);
  if (!keys)
    return caf::make_error(runtime::problem_kind::invalid_input,
                           "a block was asked for without its keys");
  if (auto opened = open_store(state); !opened)
    return runtime::to_error(opened.error());
  auto staff
    = load_staff(state.open->history, state.open->run, request.year(), *keys);
  if (!staff)
    return runtime::to_error(staff.error());
  return {messages::PeopleBlock{}, to_block(std::move(*staff))};
}

state_keeper_actor::behavior_type state_keeper(state_keeper_pointer self,
                                               state_keeper_options options) {
  self->state.options = std::move(options);
  return {
    [=](const messages::GetPeopleBlock& request, const column_block& wanted) {
      return get_people(self, request, wanted);
    },
  };
}

} // namespace

state_keeper_actor spawn_state_keeper(caf::actor_system& system,
                                      state_keeper_options options) {
  // Reading blocks, hence the thread.
  return system.spawn<caf::detached>(state_keeper, std::move(options));
}

} // namespace troupe::simulation
