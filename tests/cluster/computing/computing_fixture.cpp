#include "tests/cluster/computing/computing_fixture.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <utility>

namespace troupe::tests {

using namespace cluster;

using messages::column_block;

namespace {

struct membership_state {
  membership_state() = default;
  std::vector<membership_watcher_actor> watchers;
};

/// Says what the test says.
membership_actor::behavior_type
told_membership(membership_actor::stateful_pointer<membership_state> self,
                const std::shared_ptr<std::vector<member>>& members) {
  return {
    [=](get_members) {
      auto seen = members_seen{};
      for (const auto& each : *members)
        seen.members.push_back({each, {}, {}});
      return seen;
    },
    [=](const watch_members& what) {
      self->state.watchers.push_back(what.watcher);
    },
    [](const drain_node&) { return membership_done{}; },
    [](const remove_node&) { return membership_done{}; },
    [](leave_cluster) { return membership_done{}; },
  };
}

runtime::output_writer_actor::behavior_type
told_writer(runtime::output_writer_actor::pointer, const written_files& files) {
  return {
    [=](const messages::WriteOutput& request, const column_block& block) {
      const auto bytes = block[0].bytes();
      (*files)[request.file()].append(bytes.begin(), bytes.end());
      return messages::OutputWritten{};
    },
    [](const messages::PublishOutputs&) {
      return messages::OutputsPublished{};
    },
  };
}

} // namespace

compute_slot_options counting(const task_counter& tasks) {
  auto options = compute_slot_options{};
  options.before_scoring
    = [=](const messages::ScoringTask& task, const messages::column_block&) {
        CHECK(task.stage() != messages::SCORING_STAGE_SORT);
        CHECK(task.stage() != messages::SCORING_STAGE_RANK);
        CHECK(task.stage() != messages::SCORING_STAGE_SUMMARISE);
        ++*tasks;
      };
  options.before_simulating
    = [=](const messages::SimulationTask& task, const messages::column_block&) {
        CHECK(task.stage() == messages::SIMULATION_STAGE_SIMULATE);
        ++*tasks;
      };
  return options;
}

std::function<void()> once_at(const task_counter& tasks, int count,
                              std::function<void()> what) {
  return [=, done = false]() mutable {
    if (!done && *tasks >= count) {
      done = true;
      what();
    }
  };
}

computing_fixture::computing_fixture() {
  membership = system.spawn(told_membership, members);
  own(membership);
  join("l");
}

computing_fixture::~computing_fixture() {
  caf::anon_send_exit(desk, caf::exit_reason::user_shutdown);
  settle();
  for (const auto& [name, service] : services)
    caf::anon_send_exit(service, caf::exit_reason::user_shutdown);
  for (const auto& [name, exchange] : exchanges)
    caf::anon_send_exit(exchange, caf::exit_reason::user_shutdown);
  settle();
}

node_exchange_actor computing_fixture::join(const std::string& name,
                                            std::uint64_t incarnation) {
  const auto port
    = addresses_
        .emplace(name, static_cast<std::uint16_t>(addresses_.size() + 1))
        .first->second;
  auto options = node_exchange_options{};
  options.self = node_identity{name, incarnation, ""};
  options.draw = [] { return std::uint64_t{0}; };
  options.make_transport = [=, this](transport_events events) {
    auto made
      = network.join({name, incarnation, ""}, std::move(events), limits);
    CHECK(made->listen("local", port));
    return made;
  };
  auto exchange = spawn_node_exchange(system, std::move(options));
  own(exchange);
  exchanges[name] = exchange;
  settle();
  return exchange;
}

void computing_fixture::link(const std::string& name) {
  caf::anon_send(exchanges.at("l"),
                 keep_linked{name, "local", addresses_.at(name)});
  settle();
}

void computing_fixture::unlink(const std::string& name) {
  caf::anon_send(exchanges.at("l"), end_link{name, "cut"});
}

void computing_fixture::lead(slot_proxy_options proxy) {
  auto options = compute_desk_options{};
  options.self = "l";
  options.exchange = exchanges.at("l");
  options.membership = membership;
  options.proxy = std::move(proxy);
  desk = spawn_compute_desk(system, std::move(options));
  own(desk);
  settle();
}

void computing_fixture::lend(const std::string& name, std::size_t slots,
                             compute_slot_options slot,
                             std::uint64_t incarnation) {
  auto options = compute_service_options{};
  options.slots = slots;
  options.incarnation = incarnation;
  options.slot = std::move(slot);
  auto service = spawn_compute_service(system, join(name, incarnation),
                                       std::move(options));
  own(service);
  services[name] = service;
  link(name);
  auto of = member{};
  of.name = name;
  of.incarnation = incarnation;
  of.version = 1;
  of.state = member_state::alive;
  of.roles.is_worker = true;
  members->push_back(std::move(of));
}

void computing_fixture::crash(const std::string& name) {
  caf::anon_send_exit(services.at(name), caf::exit_reason::kill);
  caf::anon_send_exit(exchanges.at(name), caf::exit_reason::kill);
  services.erase(name);
  exchanges.erase(name);
}

void computing_fixture::starve_after(const std::string& name, int questions) {
  const auto service = caf::actor_cast<node_service_actor>(services.at(name));
  auto starved = system.spawn(
    [=](node_service_actor::pointer self) -> node_service_actor::behavior_type {
      return {[=, left = questions](const node_question& question) mutable
              -> caf::result<node_answer> {
        if (left-- <= 0)
          return caf::delegated<node_answer>{};
        return self->delegate(service, question);
      }};
    });
  own(starved);
  caf::anon_send(exchanges.at(name), serve_target{compute_target, starved});
  settle();
}

void computing_fixture::tell(const std::string& name, member_event_kind kind) {
  auto event = member_event{kind, {}};
  event.of.name = name;
  caf::anon_send(desk, event);
}

void computing_fixture::settle() {
  do
    run();
  while (network.deliver() != 0);
}

runtime::output_writer_actor
computing_fixture::spawn_writer(const written_files& files) {
  return system.spawn(told_writer, files);
}

std::size_t computing_fixture::left_over() {
  settle();
  // Membership, client and desk; an exchange and a service of each node.
  return system.registry().running() - 3 - exchanges.size() - services.size();
}

} // namespace troupe::tests
