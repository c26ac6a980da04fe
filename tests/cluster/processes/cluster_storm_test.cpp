#include "tests/cluster/processes/cluster_load.hpp"
#include "tests/cluster/processes/namespace_network.hpp"
#include "tests/cluster/processes/packet_switch.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto nodes = std::array{"a", "b", "v", "w"};

std::string number_from_environment(const char* name, const char* otherwise) {
  const auto* asked = std::getenv(name);
  return asked == nullptr ? otherwise : asked;
}

/// Faults that follow from a seed; what they meet does not.
class storm {
public:
  storm(process_cluster& cluster, std::uint64_t seed)
    : cluster_{cluster}, random_{seed} {}

  /// One fault, for some time, and its end.
  void blow() {
    static constexpr auto faults = std::array{&storm::kill,
                                              &storm::freeze,
                                              &storm::cut_off,
                                              &storm::one_way,
                                              &storm::slow,
                                              &storm::lose_database,
                                              &storm::restart_database};
    (this->*faults[below(faults.size())])();
    last(some_time());
  }

  [[nodiscard]] std::string counts() const {
    auto text = std::string{};
    for (const auto& [fault, times] : counts_)
      text += " " + fault + " " + std::to_string(times);
    return text;
  }

private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_);
  }

  std::chrono::milliseconds some_time() {
    return std::chrono::milliseconds{100 + below(2'900)};
  }

  static void last(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
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

  void kill() {
    ++counts_["kill"];
    const auto node = somebody();
    cluster_.kill(node);
    last(some_time());
    cluster_.start(node);
  }

  void freeze() {
    ++counts_["freeze"];
    const auto node = somebody();
    cluster_.send(node, SIGSTOP);
    last(some_time());
    cluster_.send(node, SIGCONT);
  }

  void cut_off() {
    ++counts_["partition"];
    cluster_.network().isolate(somebody());
    last(some_time());
    cluster_.network().heal();
  }

  void one_way() {
    ++counts_["one-way"];
    const auto from = somebody();
    cluster_.network().set(from, one_of_its_peers(from), {.is_cut = true});
    last(some_time());
    cluster_.network().heal();
  }

  void slow() {
    ++counts_["loss"];
    const auto part = static_cast<double>(below(10)) / 100;
    cluster_.network().set_all(
      {.loss = part, .delay = std::chrono::milliseconds{below(100)}});
    last(some_time());
    cluster_.network().heal();
  }

  void lose_database() {
    ++counts_["no-database"];
    cluster_.network().cut(below(2) == 0 ? "a" : "b", "db");
    last(some_time());
    cluster_.network().heal();
  }

  void restart_database() {
    ++counts_["database-restart"];
    cluster_.database().crash();
    last(some_time() / 2);
    cluster_.start_database();
  }

  process_cluster& cluster_;
  std::mt19937_64 random_;
  std::map<std::string, int> counts_;
};

} // namespace

TEST_CASE("whatever happens, accepted runs complete once") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  static constexpr auto between_checks = 2min;
  const auto minutes
    = std::stod(number_from_environment("TEST_MINUTES", "0.05"));
  const auto seed = std::stoull(number_from_environment("TEST_SEED", "1"));
  WARN("TEST_SEED=" << seed);
  auto blows = storm{*cluster, seed};
  const auto end = steady::now()
                   + std::chrono::duration_cast<steady::duration>(
                     std::chrono::duration<double, std::ratio<60>>{minutes});
  for (auto part = 0; part == 0 || steady::now() < end; ++part) {
    auto load = cluster_load{*cluster, "storm-" + std::to_string(part)};
    const auto part_end = std::min(end, steady::now() + between_checks);
    {
      const auto streams = std::array{
        std::jthread{[&](std::stop_token stop) { load.stream(stop, 1); }},
        std::jthread{[&](std::stop_token stop) { load.stream(stop, 2); }}};
      while (steady::now() < part_end)
        blows.blow();
    }
    const auto converged = cluster->await(
      "all agree", [&] { return cluster->is_of_one_mind(); }, 30s);
    cluster->heal();
    load.add(1);
    load.check();
    WARN("measured: storm, "
         << load.accepted() << " runs accepted, " << load.repeated()
         << " effects repeated, all agree " << converged.count()
         << " ms after it;" << blows.counts());
  }
}
