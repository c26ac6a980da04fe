#pragma once

#include "cluster/placement/node_room.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// A node that asks for work, as it is now.
struct placement_node {
  std::string name;
  node_room capacity;
  /// What everything that runs there needs, in sum.
  node_room held;
  std::map<std::string, std::string> labels;
  /// How much more it wants.
  std::uint32_t credit = 0;
  /// It ends what it has, and gets nothing new.
  bool is_draining = false;
  /// How much runs there, by spread group.
  std::map<std::string, std::uint32_t> groups;
  /// Its share of the data, against those of the others (rendezvous.hpp).
  std::uint32_t data_weight = 1;
};

/// A label, and what it has to be; empty: anything.
struct label_rule {
  std::string label;
  std::string value;
};

/// Work that could be done now.
struct placeable_work {
  /// Names it; each once.
  std::string id;
  /// Who goes first: the lower. The order of the ready queue.
  std::uint64_t rank = 0;
  runtime::clock::wall_time ready_since{};
  node_room needed;
  /// Labels that a node must have, and must not have.
  std::vector<label_rule> required;
  std::vector<label_rule> excluded;
  /// What names its data; empty: it is the same everywhere.
  std::string data_key;
  /// Work of one group goes to different nodes as far as possible.
  std::string spread_group;
  /// Of the group at most so many on a node; 0: as many as there is room for.
  std::uint32_t per_node_max = 0;
  /// Nodes that must not do it, for example since they do it already.
  std::vector<std::string> avoided;
};

struct placement_options {
  /// How long work waits for the node that has its data before it goes to any
  /// (Zaharia and others: Delay scheduling, EuroSys 2010).
  std::chrono::microseconds data_patience = std::chrono::seconds{3};
  /// How long others may go before work that lacks only room or credit.
  std::chrono::microseconds reserve_after = std::chrono::minutes{1};
};

/// Why a node does not get a piece of work.
enum class placement_refusal : std::uint8_t {
  draining,
  avoided,
  label_missing,
  label_excluded,
  too_large, ///< Not even if nothing else ran there.
  spread_full, ///< Enough of its group runs there.
  no_credit, ///< It has not asked for more.
  no_room, ///< Not enough is free.
  kept_for_other, ///< What is free is kept for work that waited too long.
  /// It would do, but another one has the data and may have room soon.
  waits_for_data,
  /// It would do, but another one does better.
  not_chosen,
};

[[nodiscard]] std::string_view to_string(placement_refusal why) noexcept;

struct node_refusal {
  std::string node;
  placement_refusal why = placement_refusal::no_room;
  /// What of it: the label, the resource, the other work, the other node.
  std::string detail;

  friend bool operator==(const node_refusal&, const node_refusal&) = default;
};

struct placed_work {
  std::string work;
  std::string node;
  /// Its data are there.
  bool is_near_data = false;

  friend bool operator==(const placed_work&, const placed_work&) = default;
};

struct waiting_work {
  std::string work;
  /// When time alone changes something.
  std::optional<runtime::clock::wall_time> next_check;
  /// The node that is kept for it; empty: none.
  std::string kept_node;

  friend bool operator==(const waiting_work&, const waiting_work&) = default;
};

struct placement_plan {
  /// In the order of the work.
  std::vector<placed_work> placed;
  std::vector<waiting_work> waiting;

  friend bool operator==(const placement_plan&, const placement_plan&)
    = default;
};

/// What `troupe why` prints about a piece of work.
struct placement_reasons {
  /// Where it goes; empty: nowhere now.
  std::string node;
  /// By name, all other nodes.
  std::vector<node_refusal> refusals;
};

/// Gives work to nodes. Work goes in the order of rank, age and id. A piece
/// goes, of the nodes that may do it, have asked for more and have room,
///
/// 1. to the one that has its data, by rendezvous hashing among all that could
///    ever do it; for that it waits up to `data_patience`;
/// 2. else to one with the fewest of its spread group;
/// 3. of these to the next owner of its data, or, without any, to the one that
///    is emptiest afterwards.
///
/// What does not fit is passed over. After `reserve_after`, the node that lacks
/// least is kept for it: nothing that comes later in the order goes there. What
/// it lacks never grows from then on, and shrinks whenever something ends
/// there; so nothing starves that is not overtaken by a lower rank, and those
/// the ready queue keeps from starving others.
///
/// Pure and deterministic: whatever the order of nodes and work, the plan is
/// the same. Linear in the product of both.
[[nodiscard]] placement_plan place(const std::vector<placement_node>& nodes,
                                   const std::vector<placeable_work>& work,
                                   runtime::clock::wall_time now,
                                   const placement_options& options = {});

/// Where this piece goes in such a plan, and why nowhere else. Nothing if it is
/// not among the work.
[[nodiscard]] std::optional<placement_reasons>
explain_placement(const std::vector<placement_node>& nodes,
                  const std::vector<placeable_work>& work, std::string_view id,
                  runtime::clock::wall_time now,
                  const placement_options& options = {});

} // namespace troupe::cluster
