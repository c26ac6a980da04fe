#pragma once

#include "cluster/membership/membership.hpp"
#include "tests/simulation/cluster/virtual_network.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// 3 to 7 nodes in one thread and virtual time: their memberships, a network
/// that does what networks do, processes that crash, freeze, starve, drain and
/// leave, disks with an incarnation number each. Each node's steady clock has a
/// beginning and a speed of its own, and a wall clock that nobody may need.
/// Faults for some seconds, none for five, then everybody has to agree; what is
/// promised meanwhile is checked as it happens. Everything follows from the
/// seed, also which kinds of faults there are.
class cluster_simulation {
public:
  explicit cluster_simulation(std::uint64_t seed);

  /// What is found wrong, in words; empty: nothing.
  [[nodiscard]] std::vector<std::string> run();

  /// Of everything that happened, in order.
  [[nodiscard]] std::uint64_t trace_hash() const noexcept {
    return trace_;
  }

  /// How often what happened.
  [[nodiscard]] const std::map<std::string, int>& counts() const noexcept {
    return counts_;
  }

private:
  using beat_pointer = std::shared_ptr<const cluster::beat>;

  enum class what : std::uint8_t {
    tick,
    arrival,
    stored,
    resume,
    check,
    fault
  };

  struct happening {
    virtual_time at{0};
    std::uint64_t order = 0;
    what kind = what::tick;
    std::size_t node = 0;
    std::uint64_t life = 0; ///< Of the process, or of the freeze.
    beat_pointer message = {};
    std::uint64_t number = 0;
    virtual_time since{0};

    friend bool operator<(const happening& left, const happening& right) {
      return std::pair{left.at, left.order} > std::pair{right.at, right.order};
    }
  };

  struct node {
    std::string name;
    std::uint64_t disk = 0; ///< The latest incarnation.
    std::optional<cluster::membership> process;
    std::uint64_t life = 0; ///< Grows with each start and end.
    bool is_frozen = false;
    std::uint64_t freezes = 0;
    std::vector<beat_pointer> mailbox; ///< Of a frozen process.
    virtual_time clock_start{0};
    std::int64_t drift_ppm = 0;
    virtual_time wall_clock_error{0};
    virtual_time ran_at{0};
    virtual_time starves_until{0};
    /// When it was last anything but a running process of one incarnation.
    virtual_time disturbed_at{0};
    virtual_time renewed_at{0}; ///< Its incarnation began.
    virtual_time stepped_down_at{0};
    std::set<std::pair<std::string, std::uint64_t>> ended; ///< As it was told.
    /// The greatest incarnation and version of each name that it knew.
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> known;
  };

  struct faults {
    bool crashes, freezes, starvation, cuts, one_way_cuts, losses, delays,
      repeats, operators, lost_disks;
  };

  // What happens (cluster_simulation.cpp).
  void plan(virtual_time at, happening next);
  void happen(const happening& now);
  void start(std::size_t index);
  void end(std::size_t index);
  void freeze(std::size_t index, virtual_time length);
  void wake(std::size_t index, const happening& now);
  void arrive(std::size_t index, const beat_pointer& message);
  void act(std::size_t index, const cluster::membership_actions& actions);
  void send(std::size_t index, const cluster::send_beat& sent);
  void hear(std::size_t index, const cluster::member_event& event);
  void notice(std::size_t index, const cluster::own_notice& own);
  void calm();
  [[nodiscard]] cluster::membership::time_point clock(std::size_t index) const;

  // What goes wrong (cluster_simulation_faults.cpp).
  void draw_faults();
  void cause_fault();
  void cut(bool both_ways);
  void disturb_links();
  void operate(std::size_t index);

  // What is promised (cluster_simulation_checks.cpp).
  void check_absence(std::size_t index,
                     const cluster::membership_actions& actions);
  void check_event(std::size_t index, const cluster::member_event& event);
  void check_death(std::size_t observer, std::size_t of,
                   std::uint64_t incarnation);
  void check_records(std::size_t index);
  void check_detected(const happening& now);
  void check_agreement();
  [[nodiscard]] bool was_undisturbed(std::size_t index) const;
  [[nodiscard]] bool does_tell(std::size_t from, std::size_t to) const;
  [[nodiscard]] bool could_hear(std::size_t observer, std::size_t of) const;
  [[nodiscard]] std::size_t index_of(const std::string& name) const;
  void object(std::string what);
  void note(std::uint64_t what);
  bool happens(unsigned percent);
  std::uint64_t below(std::uint64_t bound);
  virtual_time between(virtual_time low, virtual_time high);

  std::mt19937_64 random_;
  std::vector<node> nodes_;
  virtual_network network_;
  faults faults_{};
  cluster::membership_options options_;
  std::priority_queue<happening> queue_;
  std::uint64_t order_ = 0;
  virtual_time now_{0};
  virtual_time calm_at_;
  bool is_calm_ = false;
  std::uint64_t trace_ = 0xcbf29ce484222325;
  std::map<std::string, int> counts_;
  std::vector<std::string> objections_;
};

} // namespace troupe::tests
