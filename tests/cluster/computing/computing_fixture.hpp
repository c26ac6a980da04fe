#pragma once

#include "cluster/computing/compute_desk.hpp"
#include "cluster/computing/compute_service.hpp"
#include "cluster/transport/local_transport.hpp"
#include "runtime/tabular/output_writer.hpp"
#include "tests/support/actor_fixture.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// What a run has written, by file.
using written_files = std::shared_ptr<std::map<std::string, std::string>>;

using task_counter = std::shared_ptr<int>;

/// Counts the tasks that a slot does.
[[nodiscard]] cluster::compute_slot_options counting(const task_counter& tasks);

/// Does something once, when there are so many.
[[nodiscard]] std::function<void()>
once_at(const task_counter& tasks, int count, std::function<void()> what);

/// A node "l" that leads, and others that lend it processors, in one process
/// and one thread; time passes, and events of links come, when the test says
/// so.
struct computing_fixture : actor_fixture {
  cluster::local_network network{cluster::local_network::delivery::by_hand};
  cluster::link_limits limits;
  std::map<std::string, cluster::node_exchange_actor> exchanges;
  std::map<std::string, cluster::compute_service_actor> services;
  /// As the leader sees them; the desk hears of changes by `tell`.
  std::shared_ptr<std::vector<cluster::member>> members
    = std::make_shared<std::vector<cluster::member>>();
  cluster::membership_actor membership;
  cluster::compute_desk_actor desk; ///< After `lead`.

  computing_fixture();
  ~computing_fixture();

  cluster::node_exchange_actor join(const std::string& name,
                                    std::uint64_t incarnation = 1);
  void link(const std::string& name);
  void unlink(const std::string& name);

  /// Starts a desk at "l", whose proxies are as these say.
  void lead(cluster::slot_proxy_options proxy = {});

  /// A node that works, linked with "l", with so many slots.
  void lend(const std::string& name, std::size_t slots,
            cluster::compute_slot_options slot = {},
            std::uint64_t incarnation = 1);

  /// The process is gone.
  void crash(const std::string& name);

  /// After so many questions that it answers, the node is silent: its process
  /// is there, and has no processor.
  void starve_after(const std::string& name, int questions);

  void tell(const std::string& name, cluster::member_event_kind kind);

  /// Until nobody has anything left to do now.
  void settle();

  /// Lets time pass until there is an answer; `meanwhile` is called again and
  /// again before.
  template <class Pending>
  auto await(Pending pending, const std::function<void()>& meanwhile = {}) {
    for (auto round = 0; round < 200'000; ++round) {
      // One message at a time, so that something may happen in the middle.
      const auto is_busy = run_once();
      if (network.deliver() == 0 && !is_busy)
        advance(std::chrono::milliseconds{10});
      if (meanwhile)
        meanwhile();
      if (auto outcome = pending.try_take(std::chrono::milliseconds{0}))
        return std::move(*outcome);
    }
    throw std::runtime_error{"a run does not end"};
  }

  [[nodiscard]] runtime::output_writer_actor
  spawn_writer(const written_files& files);

  /// Actors that have not ended, beside those of the fixture.
  [[nodiscard]] std::size_t left_over();

private:
  std::map<std::string, std::uint16_t> addresses_;
};

} // namespace troupe::tests
