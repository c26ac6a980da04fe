#pragma once

#include "runtime/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// What a node may do; both in local mode.
struct node_roles {
  bool is_coordinator = false;
  bool is_worker = false;

  friend auto operator<=>(const node_roles&, const node_roles&) = default;
};

/// In ascending order of precedence at the same incarnation and version:
///
///     joining -> alive <-> draining        the node says so itself
///        |         |          |
///        +---------+----------+--> suspect -> dead   others say so
///     any of them -----------------------> left      itself, or an operator
///
/// From suspect back only by a higher version, from dead and left only by a
/// higher incarnation.
enum class member_state : std::uint8_t {
  joining,
  alive,
  draining, ///< Finishes what it has and takes nothing new.
  suspect,
  dead,
  left,
};

[[nodiscard]] std::string_view to_string(member_state state) noexcept;

/// "coordinator", "worker", "coordinator+worker" or "none".
[[nodiscard]] std::string to_string(const node_roles& roles);

/// Whether only a new incarnation can follow.
[[nodiscard]] constexpr bool is_final(member_state state) noexcept {
  return state >= member_state::dead;
}

/// What the cluster knows of a node.
struct member {
  std::string name; ///< Of its certificate.
  runtime::uuid id; ///< Of the process; a new one at each start.
  /// Grows at each start, and when others hold the node for dead; from 1.
  std::uint64_t incarnation = 0;
  /// Grows with each statement of the node about itself; from 1.
  std::uint64_t version = 0;
  member_state state = member_state::joining;
  node_roles roles;

  friend bool operator==(const member&, const member&) = default;
};

inline constexpr std::size_t member_name_length_max = 255;

/// Whether a record from the wire can be one at all.
[[nodiscard]] bool is_plausible(const member& of) noexcept;

/// Whether `newer` replaces `older`, both of the same name: a total order, so
/// that the greater of any number of records is the same in any order. First
/// incarnation, then death, then version, then state; what is left (ids, roles)
/// is equal but for two processes of one name.
[[nodiscard]] bool supersedes(const member& newer,
                              const member& older) noexcept;

/// "NAME/INCARNATION.VERSION STATE", for example "b/2.5 alive".
[[nodiscard]] std::string to_string(const member& of);

} // namespace troupe::cluster
