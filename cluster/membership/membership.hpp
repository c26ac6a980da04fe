#pragma once

#include "cluster/failure_detection/phi_accrual.hpp"
#include "cluster/failure_detection/tick_watch.hpp"
#include "cluster/membership/member_table.hpp"
#include "cluster/membership/membership_actions.hpp"
#include "runtime/problem.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

struct membership_options {
  phi_accrual_options detector;
  tick_watch_options ticks;
  member_table_options table;
  /// How often dead nodes and peers nobody knows are looked for.
  std::chrono::microseconds probe_interval{std::chrono::seconds{1}};
  /// Whoever finds nobody for so long begins alone.
  std::chrono::microseconds join_alone_after{std::chrono::seconds{2}};
  /// How often a leave is said before the node stops.
  unsigned farewells = 3;
  /// The latest of the dead and left that a beat mentions.
  std::size_t digest_tombstones_max = 32;

  friend bool operator==(const membership_options&, const membership_options&)
    = default;
};

struct own_node {
  std::string name;
  runtime::uuid id;
  std::uint64_t incarnation = 1; ///< Greater than at any start before.
  node_roles roles;
};

/// One node's part in the membership of a cluster: takes facts, returns what is
/// to be done. Whoever drives it calls `tick` each `options.ticks.interval`
/// and hands over what arrives; that may be an actor or a simulation.
///
/// Life of the node itself; each change of state is a new version:
///
///     joining -- somebody knows it, or nobody is there --> alive <-> draining
///        ^                                                      |
///        +--- new incarnation <-- held for dead, or absent -----+--> left
///
/// Times are those of one steady clock; it does not go back.
class membership {
public:
  using time_point = runtime::clock::steady_time;
  using duration = std::chrono::microseconds;

  /// `peers`: names to look for. Does nothing before the first fact.
  membership(const own_node& self, const std::vector<std::string>& peers,
             const membership_options& options, time_point now);

  /// Time has passed.
  [[nodiscard]] membership_actions tick(time_point now);

  /// Somebody's beat arrived. Who sent it is to be certain (certificate).
  [[nodiscard]] membership_actions receive(const beat& arrived, time_point now);

  /// What somebody knows arrived in another way, such as a handshake.
  [[nodiscard]] membership_actions
  receive_gossip(const std::vector<digest_entry>& digest, time_point now);

  /// The connection to a node broke: suspicious, but no proof.
  [[nodiscard]] membership_actions link_lost(std::string_view name,
                                             time_point now);

  /// The node takes nothing new; and does again.
  [[nodiscard]] membership_actions drain(time_point now);
  [[nodiscard]] membership_actions undrain(time_point now);

  /// The node says farewell, then stops.
  [[nodiscard]] membership_actions leave(time_point now);

  /// An operator says that a node is gone for good. `not_found` for nobody
  /// known, `conflict` for whoever lives, `invalid_input` for the node itself.
  [[nodiscard]] runtime::outcome<membership_actions>
  remove(std::string_view name, time_point now);

  /// The answer to `need_incarnation`; without effect when nobody asked.
  [[nodiscard]] membership_actions take_incarnation(std::uint64_t incarnation,
                                                    time_point now);

  [[nodiscard]] const member_table& table() const noexcept {
    return table_;
  }

  /// The node itself, as it says.
  [[nodiscard]] const member& self() const;

  /// Whether others cannot hold this node for dead by `now` because of its own
  /// lateness; whoever leads asks before each thing that only a leader may do.
  [[nodiscard]] bool is_safe(time_point now) const noexcept {
    return !is_stopped_ && !pending_ && watch_.is_safe(now);
  }

  [[nodiscard]] bool is_stopped() const noexcept {
    return is_stopped_;
  }

  /// The suspicion of a node as a number; nothing for whoever is not watched.
  [[nodiscard]] std::optional<double> phi(std::string_view name,
                                          time_point now) const;

  /// How late a node said that its own ticks were.
  [[nodiscard]] duration lateness_of(std::string_view name) const;

  /// Records that were refused: no such thing, or no room.
  [[nodiscard]] std::uint64_t refused() const noexcept {
    return refused_;
  }

private:
  struct watched {
    std::uint64_t incarnation = 0;
    phi_accrual detector;
    std::uint64_t heard_sequence = 0;
    time_point evidence_at; ///< As the detector's, without what was forgiven.
    duration lateness{0};
    bool is_contradicted = false;
  };

  void begin(time_point now);
  membership_actions finish(time_point now);
  void notice_absence(const absence& was, time_point now);
  void step_down();
  void stop(own_notice_kind why);
  void ask_incarnation(std::uint64_t above);
  void state(member_state next, time_point now);
  void join(time_point now);
  void join_alone(time_point now);
  void judge_others(time_point now);
  void purge(time_point now);

  // What others say.
  void take(const std::vector<digest_entry>& digest, time_point now);
  void take_entry(const digest_entry& entry, time_point now);
  void defend(const digest_entry& entry, time_point now);
  void take_evidence(const beat& arrived, time_point now);
  void contradict(const beat& arrived, watched& sender);
  [[nodiscard]] bool is_heard(const member& of, time_point now) const;
  bool merge(const digest_entry& entry, time_point now);
  void restate(const member& of, member_state state, time_point now);
  void tell(const std::optional<member>& before, const member& after);
  [[nodiscard]] std::size_t living_others() const;

  // What the node says.
  void send(time_point now);
  [[nodiscard]] std::set<std::string> targets(time_point now);
  void add_probes(std::set<std::string>& to, time_point now);
  void add_replies(std::set<std::string>& to, time_point now);
  [[nodiscard]] std::vector<digest_entry> digest(time_point now) const;

  membership_options options_;
  std::string name_;
  std::vector<std::string> peers_;
  tick_watch watch_;
  member_table table_;
  std::map<std::string, watched, std::less<>> watched_;
  membership_actions out_;

  std::uint64_t sequence_ = 0;
  time_point beaten_at_;
  time_point probed_at_;
  time_point purged_at_;
  time_point joining_since_;
  bool has_begun_ = false;
  bool must_beat_ = false; ///< Everybody has to hear something now.
  bool has_beaten_ = false; ///< Everybody did, within the present fact.
  std::set<std::string> to_answer_;
  std::map<std::string, time_point, std::less<>> answered_at_;
  std::set<std::string> lost_names_; ///< Forgotten, but to be looked for.

  bool wants_drain_ = false;
  unsigned farewells_left_ = 0;
  bool is_stopped_ = false;
  bool has_stepped_down_ = false; ///< Within the present fact.
  /// Everybody else fell silent: perhaps it was this node that was cut off.
  bool is_alone_ = false;
  bool begins_afresh_ = false; ///< With the next incarnation.
  /// A new incarnation above this one was asked for.
  std::optional<std::uint64_t> pending_;
  std::uint64_t refused_ = 0;
};

} // namespace troupe::cluster
