#include "tests/cluster/hosting/hosting_fixture.hpp"

using namespace std::chrono_literals;

namespace troupe::tests {

using namespace cluster;

namespace {

using listening_engine_actor = engine::activity_source_actor::extend_with<
  engine::activity_holder_actor>::extend_with<engine::durable_source_actor>;

listening_engine_actor::behavior_type
listening_engine(listening_engine_actor::pointer self,
                 const shared_engine_record& heard) {
  self->set_down_handler([=](const caf::down_msg&) {
    ++heard->lost;
    heard->events.emplace_back("lost");
  });
  return {
    [=](const messages::GetActivities& pull) {
      heard->pulls.push_back(pull);
      heard->events.emplace_back("pull");
      heard->hosts.push_back(
        caf::actor_cast<caf::actor_addr>(self->current_sender()));
      self->monitor(heard->hosts.back());
    },
    [=](const messages::ActivityReports& reports) {
      for (const auto& each : reports.reports())
        heard->reports.push_back(each);
      heard->credit += reports.credit();
    },
    [=](const engine::durable_reports& durable) {
      for (const auto& each : durable.what.reports())
        heard->reports.push_back(each);
      heard->credit += durable.what.credit();
      heard->durable.push_back(durable.number);
      if (heard->stores)
        self->send(
          caf::actor_cast<engine::durable_host_actor>(self->current_sender()),
          engine::reports_stored{durable.number});
    },
    [=](engine::hold_activities what) {
      heard->events.emplace_back(what.is_on ? "hold" : "resume");
    },
    [=](engine::all_have_spoken) { heard->events.emplace_back("all"); },
  };
}

told_host_actor::behavior_type
told_host(told_host_actor::pointer self,
          const engine::activity_source_actor& source,
          const shared_host_record& told, std::uint32_t places) {
  self->send(source, offer_of(places));
  return {
    [=](const messages::RunActivities& requests) {
      for (const auto& each : requests.activities())
        told->runs.push_back(each);
    },
    [=](const messages::CancelActivity& what) {
      told->cancels.push_back(what);
    },
    [=](const messages::KeepActivities& what) { told->keeps.push_back(what); },
    [=](const messages::ActivityReports& reports) {
      self->send(source, reports);
    },
  };
}

} // namespace

told_host_actor spawn_told_host(caf::actor_system& system,
                                const engine::activity_source_actor& source,
                                const shared_host_record& told,
                                std::uint32_t places) {
  return system.spawn(told_host, source, told, places);
}

engine::activity_source_actor
spawn_listening_engine(caf::actor_system& system,
                       const shared_engine_record& heard) {
  return system.spawn(listening_engine, heard);
}

hosting_fixture::~hosting_fixture() {
  for (const auto& [name, exchange] : nodes)
    caf::anon_send_exit(exchange, caf::exit_reason::user_shutdown);
  settle();
}

node_exchange_actor hosting_fixture::join(const std::string& name,
                                          std::uint64_t incarnation) {
  const auto address
    = addresses_
        .emplace(name, static_cast<std::uint16_t>(addresses_.size() + 1))
        .first->second;
  auto options = node_exchange_options{};
  options.draw = [] { return std::uint64_t{0}; };
  options.make_transport = [=, this](transport_events events) {
    auto made
      = network.join({name, incarnation, ""}, std::move(events), limits);
    CHECK(made->listen("local", address));
    return made;
  };
  auto exchange = spawn_node_exchange(system, std::move(options));
  own(exchange);
  nodes[name] = exchange;
  settle();
  return exchange;
}

void hosting_fixture::crash(const std::string& name) {
  stop(nodes.at(name), caf::exit_reason::kill);
  nodes.erase(name);
  settle();
}

void hosting_fixture::link(const std::string& from, const std::string& to) {
  caf::anon_send(nodes.at(from), keep_linked{to, "local", addresses_.at(to)});
  settle();
}

void hosting_fixture::unlink(const std::string& from, const std::string& to) {
  caf::anon_send(nodes.at(from), end_link{to, "cut"});
  settle();
}

hosting_fixture::leader hosting_fixture::lead(const std::string& node,
                                              std::uint64_t epoch) {
  auto made = leader{};
  made.engine = spawn_listening_engine(system, made.heard);
  own(made.engine);
  auto options = hosting_desk_options{};
  options.epoch = epoch;
  made.desk = spawn_hosting_desk(system, made.engine, nodes.at(node), options);
  own(made.desk);
  caf::anon_send(made.desk, serve_nodes{});
  settle();
  return made;
}

void hosting_fixture::host_activities(std::uint32_t places) {
  port = spawn_hosted_port(system, join("w"));
  own(port);
  start_host(places);
}

void hosting_fixture::start_host(std::uint32_t places) {
  host = spawn_told_host(system, port, told, places);
  own(host);
  settle();
}

void hosting_fixture::give(const leader& by, const messages::ActivityRef& ref) {
  caf::anon_send(by.host(), all_of(order_to_run(ref)));
  settle();
}

void hosting_fixture::say(const messages::ActivityReport& report) {
  caf::anon_send(host, reports_of(report, is_terminal(report) ? 1 : 0));
  settle();
}

void hosting_fixture::settle() {
  do
    run();
  while (network.deliver() != 0);
}

void hosting_fixture::pass(std::chrono::milliseconds elapsed) {
  for (auto gone = 0ms; gone < elapsed; gone += 10ms) {
    advance(10ms);
    settle();
  }
}

} // namespace troupe::tests
