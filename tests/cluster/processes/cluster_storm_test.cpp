#include "tests/cluster/processes/cluster_load.hpp"
#include "tests/cluster/processes/namespace_network.hpp"
#include "tests/cluster/processes/packet_switch.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto nodes = std::array{"a", "b", "v", "w"};

double number_from_environment(const char* name, double otherwise) {
  const auto* asked = std::getenv(name);
  return asked == nullptr ? otherwise : std::stod(asked);
}

/// Faults that follow from a seed; what they meet does not.
class storm {
public:
  storm(process_cluster& cluster, std::uint64_t seed, milliseconds longest)
    : cluster_{cluster}, random_{seed}, longest_{longest} {}

  /// A fault under load, often a second one that begins before the first one is
  /// over, and their end. How long it took until all agreed again.
  milliseconds blow(cluster_load& load) {
    static constexpr auto faults
      = std::array{&storm::kill,          &storm::kill_leader_and_worker,
                   &storm::freeze,        &storm::cut_off,
                   &storm::one_way,       &storm::slow,
                   &storm::lose_database, &storm::crash_database};
    latest_.clear();
    const auto first = below(faults.size());
    auto remedies = std::vector{(this->*faults[first])()};
    load.keep_up_for(some_time());
    const auto second = below(faults.size());
    if (second != first && below(2) == 0) {
      remedies.push_back((this->*faults[second])());
      load.keep_up_for(some_time());
    }
    for (const auto& remedy : remedies)
      remedy();
    cluster_.network().heal();
    const auto converged = cluster_.await(
      "all agree after" + counts(),
      [&] {
        load.keep_up();
        return cluster_.is_of_one_mind();
      },
      30s);
    load.keep_up_for(some_time());
    if (converged > longest_to_agree_) {
      longest_to_agree_ = converged;
      worst_ = latest_;
    }
    return converged;
  }

  [[nodiscard]] std::string counts() const {
    auto text = std::string{};
    for (const auto& [fault, times] : counts_)
      text += " " + fault + " " + std::to_string(times);
    return text;
  }

  /// After which faults it took longest.
  [[nodiscard]] const std::string& worst() const noexcept {
    return worst_;
  }

private:
  /// Undoes a fault of processes; the network is healed for all at once.
  using remedy = std::function<void()>;

  void note(const std::string& fault) {
    ++counts_[fault];
    latest_ += " " + fault;
  }

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_);
  }

  /// Mostly short.
  milliseconds some_time() {
    constexpr auto mostly = 2'900U;
    constexpr auto one_in = 16;
    const auto most = below(one_in) == 0
                        ? static_cast<std::size_t>(longest_.count())
                        : std::size_t{mostly};
    return milliseconds{100 + below(most)};
  }

  std::string somebody() {
    return nodes[below(nodes.size())];
  }

  std::string one_of_its_peers(const std::string& node) {
    auto peer = node;
    while (peer == node)
      peer = somebody();
    return peer;
  }

  void end(const std::string& node) {
    if (cluster_.is_running(node))
      cluster_.kill(node);
  }

  void start(const std::string& node) {
    if (!cluster_.is_running(node))
      cluster_.start(node);
  }

  remedy kill() {
    note("kill");
    const auto node = somebody();
    end(node);
    return [this, node] { start(node); };
  }

  remedy kill_leader_and_worker() {
    note("kill-both");
    const auto worker = std::string{below(2) == 0 ? "v" : "w"};
    // Nobody may lead at the moment.
    const auto leader = cluster_.leader() == "b" ? "b" : "a";
    end(leader);
    end(worker);
    return [this, leader, worker] {
      start(leader);
      start(worker);
    };
  }

  remedy freeze() {
    note("freeze");
    const auto node = somebody();
    if (cluster_.is_running(node))
      cluster_.send(node, SIGSTOP);
    return [this, node] {
      if (cluster_.is_running(node) && cluster_.is_frozen(node))
        cluster_.send(node, SIGCONT);
    };
  }

  remedy cut_off() {
    note("partition");
    cluster_.network().isolate(somebody());
    return [] {};
  }

  remedy one_way() {
    note("one-way");
    const auto from = somebody();
    cluster_.network().set(from, one_of_its_peers(from), {.is_cut = true});
    return [] {};
  }

  remedy slow() {
    note("loss");
    const auto part = static_cast<double>(below(10)) / 100;
    cluster_.network().set_all(
      {.loss = part, .delay = milliseconds{below(100)}});
    return [] {};
  }

  remedy lose_database() {
    note("no-database");
    cluster_.network().cut(below(2) == 0 ? "a" : "b", "db");
    return [] {};
  }

  remedy crash_database() {
    note("database-crash");
    cluster_.database().crash();
    return [this] { cluster_.start_database(); };
  }

  process_cluster& cluster_;
  std::mt19937_64 random_;
  milliseconds longest_;
  std::map<std::string, int> counts_;
  std::string latest_;
  milliseconds longest_to_agree_{0};
  std::string worst_;
};

} // namespace

TEST_CASE("whatever happens, accepted runs complete once") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  static constexpr auto between_checks = 2min;
  const auto minutes = number_from_environment("TEST_MINUTES", 0.02);
  const auto seed
    = static_cast<std::uint64_t>(number_from_environment("TEST_SEED", 1));
  WARN("TEST_SEED=" << seed);
  auto blows = storm{*cluster, seed, minutes < 1 ? 3s : 30s};
  auto times = std::vector<milliseconds>{};
  const auto end = steady::now()
                   + std::chrono::duration_cast<steady::duration>(
                     std::chrono::duration<double, std::ratio<60>>{minutes});
  for (auto part = 0; part == 0 || steady::now() < end; ++part) {
    auto load = cluster_load{*cluster,
                             "storm-" + std::to_string(part),
                             {.each = 100ms, .each_of_some = 2s}};
    const auto part_end
      = std::min<steady::time_point>(end, steady::now() + between_checks);
    do
      times.push_back(blows.blow(load));
    while (steady::now() < part_end);
    cluster->heal();
    load.check();
    std::ranges::sort(times);
    WARN("measured: storm, "
         << load.accepted() << " runs accepted, " << load.repeated()
         << " effects repeated; all agree after "
         << times[times.size() / 2].count() << " ms (median of " << times.size()
         << "), " << times.back().count() << " ms (most, after" << blows.worst()
         << "); faults:" << blows.counts());
  }
}
