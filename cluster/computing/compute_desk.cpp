#include "cluster/computing/compute_desk.hpp"

#include "cluster/computing/compute_service.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "messages/computing.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace troupe::cluster {

namespace {

constexpr auto compute_log = "cluster.computing";

struct compute_desk_state {
  static constexpr auto name = "compute_desk"; // Shown in logs.

  // An aggregate would be made from the actor.
  compute_desk_state() = default;

  compute_desk_options options;
  /// By node, while they live.
  std::multimap<std::string, caf::actor_addr, std::less<>> proxies;
};

using desk_pointer = compute_desk_actor::stateful_pointer<compute_desk_state>;

/// Puts a proxy in the place of a worker; nothing: the run is over.
using proxy_maker = std::function<caf::actor(slot_proxy_options)>;

/// A run that looks for slots.
struct lending {
  std::string kind; ///< For the log.
  proxy_maker make;
  std::size_t left = 0; ///< Slots that it may still have.
};

bool is_lender(const member& of, const std::string& self) {
  return of.name != self && of.roles.is_worker
         && of.state == member_state::alive;
}

void lend(desk_pointer self, const std::string& node, std::size_t slots,
          const std::shared_ptr<lending>& to) {
  auto& state = self->state;
  const auto wanted = std::min({slots, state.options.node_slots_max, to->left});
  auto lent = std::size_t{0};
  for (; lent < wanted; ++lent) {
    auto options = state.options.proxy;
    options.exchange = state.options.exchange;
    options.node = node;
    const auto proxy = to->make(std::move(options));
    if (!proxy)
      return; // The run is over already.
    self->monitor(proxy);
    state.proxies.emplace(node, proxy.address());
  }
  to->left -= lent;
  if (lent != 0)
    runtime::log_info(compute_log, "a run uses another node",
                      {{"run", to->kind}, {"node", node}, {"slots", lent}});
}

void ask_node(desk_pointer self, const std::string& node,
              const std::shared_ptr<lending>& to) {
  auto& options = self->state.options;
  auto call = node_call{};
  call.node = node;
  call.envelope = to_envelope(compute_target, 0, messages::GetComputeSlots{});
  call.timeout = options.ask_timeout;
  self->request(options.exchange, 2 * options.ask_timeout, std::move(call))
    .then(
      [=](const node_answer& reply) {
        const auto has = from_envelope<messages::ComputeSlots>(reply.envelope);
        if (has)
          lend(self, node, has->slots(), to);
      },
      [=](const caf::error& error) {
        const auto reason = runtime::to_problem(error, self->system());
        runtime::log_info(compute_log, "a node lends nothing",
                          {{"node", node}, {"reason", reason.message}});
      });
}

void find_slots(desk_pointer self, std::string kind, proxy_maker make) {
  const auto& options = self->state.options;
  const auto to = std::make_shared<lending>(
    lending{std::move(kind), std::move(make), options.run_slots_max});
  self->request(options.membership, options.ask_timeout, get_members{})
    .then(
      [=](const members_seen& seen) {
        for (const auto& each : seen.members)
          if (is_lender(each.of, self->state.options.self))
            ask_node(self, each.of.name, to);
      },
      [=](const caf::error& error) {
        const auto reason = runtime::to_problem(error, self->system());
        runtime::log_warning(compute_log, "a run stays on this node",
                             {{"reason", reason.message}});
      });
}

void end_proxies(desk_pointer self, const std::string& node) {
  const auto [first, last] = self->state.proxies.equal_range(node);
  for (auto each = first; each != last; ++each)
    if (const auto proxy = caf::actor_cast<caf::actor>(each->second))
      self->send_exit(proxy, caf::exit_reason::user_shutdown);
  if (first != last)
    runtime::log_warning(compute_log, "runs lose another node",
                         {{"node", node},
                          {"slots", std::distance(first, last)}});
}

void hear(desk_pointer self, const member_event& event) {
  if (event.kind == member_event_kind::down
      || event.kind == member_event_kind::left)
    end_proxies(self, event.of.name);
}

void forget(desk_pointer self, const caf::actor_addr& proxy) {
  std::erase_if(self->state.proxies,
                [&](const auto& each) { return each.second == proxy; });
}

/// Those who wait for answers would hold up the end of the process.
void end(desk_pointer self, const caf::error& reason) {
  for (const auto& [node, address] : self->state.proxies)
    if (const auto proxy = caf::actor_cast<caf::actor>(address))
      self->send_exit(proxy, caf::exit_reason::user_shutdown);
  self->quit(reason);
}

/// Proxies of one kind, as long as the run is there.
template <class Run, class Spawn>
proxy_maker maker(desk_pointer self, const caf::actor_addr& run, Spawn spawn) {
  return [=](slot_proxy_options options) -> caf::actor {
    const auto handle = caf::actor_cast<Run>(run);
    if (!handle)
      return nullptr;
    return caf::actor_cast<caf::actor>(
      spawn(self->system(), handle, std::move(options)));
  };
}

compute_desk_actor::behavior_type
compute_desk(desk_pointer self, const compute_desk_options& options) {
  self->state.options = options;
  self->set_down_handler(
    [=](const caf::down_msg& message) { forget(self, message.source); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  self->send(options.membership, watch_members{self});
  self->send(options.exchange, watch_links{self});
  return {
    [=](const member_event& event) { hear(self, event); },
    [](const own_notice&) {},
    [=](const link_change& change) {
      if (!change.is_up)
        end_proxies(self, change.peer.node.name);
    },
    [=](const scoring_begins& begins) {
      find_slots(self, "scoring",
                 maker<scoring::scoring_tasks_actor>(self, begins.run,
                                                     spawn_scoring_proxy));
    },
    [=](const simulation_begins& begins) {
      find_slots(self, "simulation",
                 maker<simulation::year_tasks_actor>(self, begins.run,
                                                     spawn_simulation_proxy));
    },
  };
}

} // namespace

compute_desk_actor spawn_compute_desk(caf::actor_system& system,
                                      compute_desk_options options) {
  return system.spawn(compute_desk, std::move(options));
}

scoring::more_score_workers score_with(const compute_desk_actor& desk) {
  return [desk](const scoring::scoring_tasks_actor& run) {
    caf::anon_send(desk, scoring_begins{run.address()});
  };
}

simulation::more_year_processors simulate_with(const compute_desk_actor& desk) {
  return [desk](const simulation::year_tasks_actor& run) {
    caf::anon_send(desk, simulation_begins{run.address()});
  };
}

} // namespace troupe::cluster
