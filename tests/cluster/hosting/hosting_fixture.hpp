#pragma once

#include "cluster/hosting/hosted_port.hpp"
#include "cluster/hosting/hosting_desk.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/hosting/report_queue.hpp"
#include "cluster/transport/local_transport.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "tests/cluster/hosting/hosting_samples.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// An engine as its hosts see it; it only listens.
struct engine_record {
  std::vector<messages::GetActivities> pulls;
  std::vector<caf::actor_addr> hosts; ///< Who pulled, in this order.
  std::vector<messages::ActivityReport> reports;
  std::uint32_t credit = 0; ///< Of reports.
  std::vector<std::uint64_t> durable; ///< Numbers of reports that are kept.
  bool stores = true; ///< Says at once that these are stored.
  std::size_t lost = 0; ///< Hosts that ended.
  std::vector<std::string> events; ///< "pull" and "lost".
};

/// What a host was told.
struct host_record {
  std::vector<messages::RunActivity> runs;
  std::vector<messages::CancelActivity> cancels;
  std::vector<messages::KeepActivities> keeps;
};

using shared_engine_record = std::shared_ptr<engine_record>;
using shared_host_record = std::shared_ptr<host_record>;

/// A host that the test moves: what it is told to report, it reports.
using told_host_actor
  = caf::typed_actor<caf::reacts_to<messages::RunActivities>,
                     caf::reacts_to<messages::CancelActivity>,
                     caf::reacts_to<messages::KeepActivities>,
                     caf::reacts_to<messages::ActivityReports>>;

/// A host that reports to `source` what it is told to.
told_host_actor spawn_told_host(caf::actor_system& system,
                                const engine::activity_source_actor& source,
                                const shared_host_record& told,
                                std::uint32_t places);

/// An engine that only listens.
engine::activity_source_actor
spawn_listening_engine(caf::actor_system& system,
                       const shared_engine_record& heard);

/// What another node asks, as the exchange hands it to a service.
template <class Message>
cluster::node_question question_from(const std::string& node,
                                     std::uint64_t epoch,
                                     const Message& message) {
  auto incoming = std::make_shared<cluster::incoming_envelope>();
  incoming->envelope = cluster::to_envelope({}, epoch, message);
  incoming->envelope.set_sender(node);
  incoming->envelope.set_sender_incarnation(1);
  return {incoming};
}

/// Nodes in one actor system and one network; all moves by hand.
class hosting_fixture : public actor_fixture {
public:
  using exchange_actor = cluster::node_exchange_actor;
  using port_actor = cluster::hosted_port_actor;
  using desk_actor = cluster::hosting_desk_actor;

  struct leader {
    shared_engine_record heard = std::make_shared<engine_record>();
    engine::activity_source_actor engine;
    desk_actor desk;

    /// Who pulls now.
    [[nodiscard]] caf::actor host() const {
      return caf::actor_cast<caf::actor>(heard->hosts.back());
    }
  };

  ~hosting_fixture();

  /// A node that the others can dial.
  exchange_actor join(const std::string& name, std::uint64_t incarnation = 1);

  /// Its process ends.
  void crash(const std::string& name);

  void link(const std::string& from, const std::string& to);
  void unlink(const std::string& from, const std::string& to);

  leader lead(const std::string& node, std::uint64_t epoch);

  /// A node "w" with a port, and a host with so many places.
  void host_activities(std::uint32_t places);
  void start_host(std::uint32_t places);

  void give(const leader& by, const messages::ActivityRef& ref);
  void say(const messages::ActivityReport& report);

  /// Until neither actors nor the network have anything left to do.
  void settle();

  /// Lets time pass, and messages cross.
  void pass(std::chrono::milliseconds elapsed);

  cluster::local_network network{cluster::local_network::delivery::by_hand};
  cluster::link_limits limits;
  std::map<std::string, exchange_actor> nodes;
  shared_host_record told = std::make_shared<host_record>();
  port_actor port;
  told_host_actor host;

private:
  std::map<std::string, std::uint16_t> addresses_;
};

} // namespace troupe::tests
