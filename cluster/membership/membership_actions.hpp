#pragma once

#include "cluster/membership/member.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::cluster {

/// What one node knows of another, for a third. Durations rather than moments:
/// nobody's clock has to agree with anybody's.
struct digest_entry {
  member of;
  /// The highest sequence number of its beats that was heard, by anybody.
  std::uint64_t heard_sequence = 0;
  /// How long ago that was; of dead and left ones, how long they have been so.
  std::chrono::microseconds age{0};
  /// The sender holds it for dead and hears it all the same: it needs a new
  /// incarnation to be accepted again.
  bool is_contradicted = false;

  friend bool operator==(const digest_entry&, const digest_entry&) = default;
};

/// A proof of life of the sender with all that it knows, itself included.
struct beat {
  std::string from;
  runtime::uuid id;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0; ///< Grows with each beat of an incarnation.
  /// How late the sender's own ticks were lately.
  std::chrono::microseconds lateness{0};
  std::vector<digest_entry> digest;

  friend bool operator==(const beat&, const beat&) = default;
};

/// To be sent at once, as a datagram would be: whatever gets lost is said
/// again.
struct send_beat {
  std::vector<std::string> to; ///< Names, in ascending order.
  beat what;

  friend bool operator==(const send_beat&, const send_beat&) = default;
};

enum class member_event_kind : std::uint8_t {
  up, ///< It is there, for the first time in this incarnation.
  suspect, ///< Give it nothing new; nothing that it has is lost.
  trusted, ///< No longer suspect.
  draining,
  resumed, ///< No longer draining.
  down, ///< This incarnation does not come back: what it had is free.
  left, ///< As before, on purpose.
};

[[nodiscard]] std::string_view to_string(member_event_kind kind) noexcept;

/// A change for whoever wants to know; also about the node itself.
struct member_event {
  member_event_kind kind = member_event_kind::up;
  member of;

  friend bool operator==(const member_event&, const member_event&) = default;
};

enum class own_notice_kind : std::uint8_t {
  /// This node did not get to run for a while (`lateness`). Comes before
  /// everything that it does afterwards.
  was_absent,
  /// Give up at once what only one node may do: others may hold this one for
  /// dead, or will.
  step_down,
  /// The node goes on under a new incarnation; what the old one had is lost.
  renewed,
  /// The same, and all that was told of others no longer holds: those who live
  /// are told anew.
  renewed_afresh,
  stopped_left, ///< The end, as asked for.
  stopped_removed, ///< The end: an operator removed this node.
  stopped_replaced, ///< The end: a later process has this node's name.
};

[[nodiscard]] std::string_view to_string(own_notice_kind kind) noexcept;

/// What a node has to know of itself.
struct own_notice {
  own_notice_kind kind = own_notice_kind::was_absent;
  std::chrono::microseconds lateness{0};

  friend bool operator==(const own_notice&, const own_notice&) = default;
};

/// To be answered with `membership::take_incarnation` and a number greater than
/// `above`, once it is on disk. Until then the node is silent.
struct need_incarnation {
  std::uint64_t above = 0;

  friend bool operator==(const need_incarnation&, const need_incarnation&)
    = default;
};

using membership_action
  = std::variant<send_beat, member_event, own_notice, need_incarnation>;

/// To be done in this order.
using membership_actions = std::vector<membership_action>;

/// One line each, for people and tests: "up b/1.2 alive", "beat #7 to a, c".
[[nodiscard]] std::string to_string(const membership_action& action);

} // namespace troupe::cluster
