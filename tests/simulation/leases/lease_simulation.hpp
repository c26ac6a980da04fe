#pragma once

#include "cluster/leadership/lease_keeper.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// What happened in a simulation, counted.
struct lease_figures {
  int leaders = 0; ///< Times that a node began to lead.
  int pauses = 0;
  int suspensions = 0; ///< Pauses in which its clock stood still, too.
  int kills = 0;
  int outages = 0; ///< Of the database.
  int cuts = 0; ///< Of one node from it.
  int lost_messages = 0;
  int accepted_writes = 0;
  int refused_writes = 0; ///< Stale.
  std::map<cluster::step_down_reason, int> ends;
  /// From the death of a leader to the next one, in true time.
  std::optional<std::chrono::microseconds> takeover;
  /// From its orderly end.
  std::optional<std::chrono::microseconds> succession;
};

/// Three to seven nodes that compete for a lease, and a database, in one thread
/// and virtual time. Messages are late or lost, before or after they took
/// effect; nodes are paused, suspended and killed; the database goes away; all
/// clocks drift by up to 1 %. Everything follows from the seed.
///
/// First all of that at once; then nothing of it any more, and somebody has to
/// lead; the leader is killed, and its successor ends in order.
class lease_simulation {
public:
  explicit lease_simulation(std::uint64_t seed);

  /// What is found wrong, in words; empty: nothing.
  [[nodiscard]] std::vector<std::string> run();

  /// Of everything that happened, in order.
  [[nodiscard]] std::uint64_t trace_hash() const noexcept {
    return trace_;
  }

  [[nodiscard]] const lease_figures& figures() const noexcept {
    return figures_;
  }

private:
  using true_time = std::chrono::microseconds;
  using node_number = std::size_t;
  /// Node and incarnation.
  using process = std::pair<node_number, std::uint64_t>;

  /// A clock that is wrong by as much in all that it measures.
  struct drifting_clock {
    std::int64_t ppm = 0;
    true_time offset{};
    [[nodiscard]] true_time read(true_time at) const noexcept {
      return offset + at + at * ppm / 1'000'000;
    }
  };

  struct node {
    std::unique_ptr<cluster::lease_keeper> keeper; ///< Nothing: not running.
    std::uint64_t incarnation = 0;
    std::string holder;
    drifting_clock clock;
    cluster::lease_timing timing; ///< As its operator wants it.
    true_time cut_off_until{}; ///< Nothing reaches the database, or comes back.
    bool is_paused = false;
    bool is_suspended = false; ///< Its clock stands still.
    true_time paused_at{};
    /// Its clock stood still: what it asked for before counts for too long.
    cluster::lease_keeper::instant mistaken_until{};
    cluster::lease_epoch epoch = 0; ///< Leads under, as it was told to.
    std::vector<cluster::lease_reply> inbox; ///< While it is paused.
  };

  enum class event_kind : std::uint8_t {
    tick,
    request,
    reply,
    write,
    fault,
    wake,
    restart,
    database_up,
  };

  struct event {
    true_time at{};
    std::uint64_t sequence = 0;
    event_kind what = event_kind::tick;
    process who;
    cluster::lease_action action;
    cluster::lease_reply reply;

    friend bool operator>(const event& a, const event& b) noexcept {
      return std::pair{a.at, a.sequence} > std::pair{b.at, b.sequence};
    }
  };

  // What happens.
  void draw_world();
  void start(node_number which);
  void run_until(true_time end);
  void handle(const event& what);
  void do_tick(node_number which);
  void do_actions(node_number which, const cluster::lease_keeper::actions& all);
  void ask_database(const event& what);
  cluster::lease_answer apply(const event& what);
  void deliver(const event& what);
  void write(const event& what);
  void schedule(event what, true_time delay);
  [[nodiscard]] true_time message_delay();
  [[nodiscard]] std::uint64_t draw();
  [[nodiscard]] bool loses(node_number which, unsigned percent);

  // What goes wrong.
  void do_fault();
  void pause(node_number which);
  void wake(node_number which);
  void kill(node_number which);
  void cut_off(node_number which);
  void disturb(node_number which);
  void heal();

  // What is checked.
  void begin_leading(node_number which, cluster::lease_epoch epoch);
  void check_grant(const process& who, cluster::lease_epoch epoch);
  void check_believers();
  void check_awoken(node_number which, cluster::lease_epoch before,
                    bool was_away);
  void check_succession();
  [[nodiscard]] bool may_be_mistaken(const node& of) const noexcept;
  [[nodiscard]] std::optional<node_number> leader() const;
  std::optional<true_time> await_leader(true_time within);

  [[nodiscard]] cluster::lease_keeper::instant
  local_now(const node& of) const noexcept;
  [[nodiscard]] runtime::clock::wall_time database_now() const noexcept;
  bool happens(unsigned percent);
  [[nodiscard]] true_time between(true_time low, true_time high);
  void note(std::uint64_t what);
  void object(const std::string& what);

  std::mt19937_64 random_;
  cluster::lease_timing timing_; ///< Of the longest lease of any node.
  true_time now_{};
  true_time tick_interval_{50'000};
  std::uint64_t sequence_ = 0;
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  std::vector<node> nodes_;

  cluster::lease_row row_;
  drifting_clock database_clock_;
  bool is_database_down_ = false;

  // Which faults this seed has.
  bool is_kind_ = false;
  bool has_losses_ = false;
  bool has_delays_ = false;
  bool has_cuts_ = false;
  bool has_jitter_ = false; ///< Otherwise chance is always the same.
  bool is_near_ = false; ///< The database answers within 2 ms.
  bool has_pauses_ = false;
  bool has_suspensions_ = false;
  bool has_kills_ = false;
  bool has_outages_ = false;
  bool has_clock_steps_ = false;
  bool has_requests_by_hand_ = false;

  // What is true, whatever the code under test says.
  cluster::lease_epoch granted_ = 0; ///< The newest epoch.
  cluster::lease_epoch led_ = 0;
  cluster::lease_epoch written_ = 0;
  std::map<cluster::lease_epoch, process> holders_;
  std::map<cluster::lease_epoch, process> writers_;

  lease_figures figures_;
  std::uint64_t trace_ = 0xcbf29ce484222325;
  std::vector<std::string> objections_;
};

} // namespace troupe::tests
