#pragma once

#include "actors/engine/ready_work.hpp"
#include "actors/engine/worker_labels.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::engine {

/// What a piece of ready work asks of the worker that does it.
struct placement_wish {
  worker_labels require;
  worker_labels exclude;
  std::string data; ///< Empty: it is the same everywhere.
  std::string spread; ///< Its group; empty: none.
  std::uint32_t per_node = 0; ///< Of the group; 0: any number.
  /// The node that is at it already; absent: none is.
  std::optional<std::string> apart_from = {};

  friend auto operator<=>(const placement_wish&, const placement_wish&)
    = default;
};

/// A worker that may be given work.
struct placed_worker {
  std::uint64_t worker = 0;
  std::string node; ///< Data and groups are of nodes.
  worker_labels labels;
  std::vector<activity_id> activities; ///< Ascending.
  resource_amounts total;
  bool is_held = false; ///< It gets nothing new.
};

/// How much runs on each node of each group.
using group_counts
  = std::map<std::string, std::map<std::string, std::uint32_t>>;

/// What is said of ready work of one kind.
struct placement_status {
  std::string rules;
  std::string reason; ///< Why no worker may have it now; empty: some may.
};

/// Which workers may have which work now, for whoever hands it out. Work that
/// asks for the same is of one kind and has one number, so that the queue need
/// not know what it asks for.
///
/// A worker may have what its labels allow. Work with a data key is kept for
/// the node that owns the key, by rendezvous hashing among all that could ever
/// do it; work of a group for the nodes that run the fewest of it. Both only as
/// long as it is patient, which its owner decides (Zaharia and others: Delay
/// scheduling, EuroSys 2010); no node runs more of a group than it may.
///
/// Pure: the same, whatever the order of the workers.
class placement_desk {
public:
  // -- workers
  // ----------------------------------------------------------------

  /// From now on that worker is there, or is another than it was. What entered
  /// before keeps its owner until it enters again (`has_moved`).
  void welcome(placed_worker worker);

  void forget(std::uint64_t worker);

  /// A worker gets nothing new, or goes on. False if that is so already.
  bool hold(std::uint64_t worker, bool is_held);

  // -- work
  // ----------------------------------------------------------------

  /// Work of that kind is ready; its number.
  [[nodiscard]] placement_id enter(placement_wish wish, activity_id activity,
                                   const resource_amounts& needed,
                                   bool is_patient);

  /// One piece is not any more.
  void leave(placement_id kind);

  /// Whether patient work of that kind, with that data, would have another
  /// owner if it entered now.
  [[nodiscard]] bool has_moved(placement_id kind,
                               const std::string& data) const;

  /// All pieces that are ready. Linear in kinds.
  [[nodiscard]] std::uint64_t pending() const;

  /// Empty: none.
  [[nodiscard]] const std::string& group_of(placement_id kind) const;

  /// What kinds that differ in their group only have in common; 0 if there are
  /// none of that kind.
  [[nodiscard]] rules_id rules_of(placement_id kind) const;

  /// What the worker may have but for groups, ascending.
  [[nodiscard]] std::vector<rules_id> open(std::uint64_t worker) const;

  /// Kinds that it may not have all the same, as its node runs enough of their
  /// group, ascending. Linear in the groups that run there.
  [[nodiscard]] std::vector<placement_id>
  full(std::uint64_t worker, const group_counts& running) const;

  /// Puts right what `full` said before more of that group, and of no other,
  /// ran there.
  void refill(std::uint64_t worker, const std::string& group,
              const group_counts& running,
              std::vector<placement_id>& full) const;

  /// Those that get something new and have more processors than this one, each
  /// sort once.
  [[nodiscard]] std::vector<larger_worker> larger(std::uint64_t worker) const;

  /// Whether patience may keep a worker with so much room from work with these
  /// rules: from those that are `full`, or from all.
  enum class waiting : std::uint8_t { none, full, all };
  [[nodiscard]] waiting waits_for_others(std::uint64_t worker, rules_id rules,
                                         const resource_amounts& free) const;

  /// Whether it is only patience that keeps a worker with so much room from
  /// work of that kind.
  [[nodiscard]] bool passes_over(std::uint64_t worker, placement_id kind,
                                 const resource_amounts& free,
                                 const group_counts& running) const;

  // -- looking
  // ----------------------------------------------------------------

  [[nodiscard]] placement_status status(placement_id kind,
                                        const group_counts& running) const;

private:
  /// What work of one kind has in common; the name of the data is replaced by
  /// that of the node.
  struct kind_key {
    placement_wish wish;
    std::optional<std::string> owner;
    activity_id activity = 0;
    resource_amounts needed;
    bool is_patient = false;

    friend auto operator<=>(const kind_key&, const kind_key&) = default;
  };

  struct kind_record {
    kind_key key;
    rules_id rules = 0;
    std::uint64_t pending = 0;
  };

  struct rules_record {
    kind_key key; ///< Of a kind, without its group.
    std::uint64_t kinds = 0;
  };

  [[nodiscard]] rules_id enter_rules(kind_key key);
  void leave_rules(rules_id rules);
  [[nodiscard]] static bool can_do(const placed_worker& worker,
                                   const kind_key& kind);
  [[nodiscard]] bool may_ever(const placed_worker& worker,
                              const kind_key& kind) const;
  [[nodiscard]] bool may_now(const placed_worker& worker, const kind_key& kind,
                             const group_counts& running) const;
  [[nodiscard]] bool is_full(const placed_worker& worker, const kind_key& kind,
                             const group_counts& running) const;
  [[nodiscard]] bool is_among_fewest(const placed_worker& worker,
                                     const kind_key& kind,
                                     const group_counts& running) const;
  [[nodiscard]] std::optional<std::string>
  owner_of_data(const kind_key& kind, const std::string& data) const;
  [[nodiscard]] std::string lack_of_labels(const placement_wish& wish) const;
  [[nodiscard]] std::string reason(const kind_key& kind,
                                   const group_counts& running) const;

  std::map<std::uint64_t, placed_worker> workers_;
  std::map<placement_id, kind_record> kinds_;
  std::map<kind_key, placement_id> ids_;
  placement_id last_id_ = 0;
  std::map<rules_id, rules_record> rules_;
  std::map<kind_key, rules_id> rules_ids_;
  rules_id last_rules_ = 0;
  std::map<std::string, std::set<placement_id>> kinds_of_group_;
};

} // namespace troupe::engine
