#include "cluster/node/hosting_opener.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe::cluster {

namespace {

using namespace std::chrono_literals;

/// An engine may have to read a large store before it answers.
constexpr auto epoch_patience = 120s;
constexpr auto retry_interval = 200ms;

struct opener_state {
  static constexpr auto name = "hosting_opener"; // Shown in logs.

  // An aggregate would be made from the actor.
  opener_state() = default;

  engine::engine_actor engine;
  node_exchange_actor exchange;
  node_steward_actor steward;
  std::uint64_t leadership_epoch = 0;
};

using opener_pointer = hosting_opener_actor::stateful_pointer<opener_state>;

void open(opener_pointer self, std::uint64_t epoch) {
  const auto& state = self->state;
  auto options = hosting_desk_options{};
  options.epoch = epoch;
  options.leadership_epoch = state.leadership_epoch;
  const auto desk
    = spawn_hosting_desk(self->system(), state.engine, state.exchange, options);
  self->link_to(desk);
  self->send(state.steward, hosting_opened{desk});
}

void ask(opener_pointer self) {
  self->request(self->state.engine, epoch_patience, messages::GetEngineStatus{})
    .then(
      [=](const messages::EngineStatus& status) {
        // None while it waits for its store.
        if (status.epoch() == 0)
          self->delayed_send(self, retry_interval, ask_epoch{});
        else
          open(self, status.epoch());
      },
      [=](const caf::error& reason) { self->quit(reason); });
}

hosting_opener_actor::behavior_type
hosting_opener(opener_pointer self, const engine::engine_actor& engine,
               const node_exchange_actor& exchange,
               const node_steward_actor& steward,
               std::uint64_t leadership_epoch) {
  self->state.leadership_epoch = leadership_epoch;
  self->state.engine = engine;
  self->state.exchange = exchange;
  self->state.steward = steward;
  ask(self);
  return {[=](ask_epoch) { ask(self); }};
}

} // namespace

hosting_opener_actor spawn_hosting_opener(caf::actor_system& system,
                                          const engine::engine_actor& engine,
                                          const node_exchange_actor& exchange,
                                          const node_steward_actor& steward,
                                          std::uint64_t leadership_epoch) {
  return system.spawn(hosting_opener, engine, exchange, steward,
                      leadership_epoch);
}

} // namespace troupe::cluster
