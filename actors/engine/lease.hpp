#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/clock.hpp"
#include "runtime/ids.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

using instant = runtime::clock::wall_time;

/// Who may hold something: a run, or a piece of work of it.
struct lease_holder {
  runtime::uuid run;
  /// None: the run itself.
  std::optional<step_index> step;
  std::uint32_t item = 0;
  /// The compensation of the work instead of the work.
  bool compensation = false;

  friend auto operator<=>(const lease_holder&, const lease_holder&) = default;
};

/// A holder in one of its attempts. Epochs grow with each claim, so a late
/// message of an attempt that was given up is recognised.
struct lease_owner {
  lease_holder holder;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;

  friend auto operator<=>(const lease_owner&, const lease_owner&) = default;
};

/// So much of something of which there is only so much: a slot, a key, a quota,
/// memory.
struct lease_need {
  /// For example "slot:runs", "key:db=prod", "cpu".
  std::string resource;
  std::uint64_t amount = 1;
  /// How much there is, of a resource that exists only while somebody holds or
  /// awaits it. Replaces the limit it has.
  std::optional<std::uint64_t> limit;

  friend auto operator<=>(const lease_need&, const lease_need&) = default;
};

/// What the store keeps: one row per owner and resource.
struct lease_row {
  std::string resource;
  std::uint64_t amount = 0;
  lease_owner owner;
  instant since{};
  /// None: until it is released.
  std::optional<instant> expires_at;

  friend bool operator==(const lease_row&, const lease_row&) = default;
};

struct resource_limit {
  std::string resource;
  std::uint64_t limit = 0;
  /// It exists only while somebody holds or awaits it.
  bool is_temporary = false;

  friend bool operator==(const resource_limit&, const resource_limit&)
    = default;
};

enum class if_refused : std::uint8_t {
  leave,
  wait, ///< In line for what there is too little of.
};

struct lease_request {
  lease_owner owner;
  /// Several of one resource count together. Not empty, none of amount 0.
  std::vector<lease_need> needs;
  /// None: until it is released.
  std::optional<std::chrono::microseconds> time_to_live;
  priority_class priority = priority_class::normal;
  if_refused otherwise = if_refused::leave;
  /// Since when it waits, if it did before a restart; else since now.
  std::optional<instant> waiting_since;
};

struct lease_grant {
  std::optional<instant> expires_at;
  /// The owner had it already, from the same request; nothing has changed.
  bool is_repeated = false;

  friend bool operator==(const lease_grant&, const lease_grant&) = default;
};

/// Why nothing was granted, and who is in the way.
struct lease_refusal {
  enum class why : std::uint8_t {
    no_room, ///< Others hold it.
    others_wait, ///< There is room, and those in line before get it.
    beyond_limit, ///< More than there is of it.
    unknown_resource, ///< Nobody has said how much there is of it.
    already_held, ///< The owner has something else under this epoch.
    old_epoch, ///< A newer attempt has it, or waits for it.
    earlier_attempt, ///< An older attempt has it; release that first.
    nothing_asked,
  };

  why reason = why::no_room;
  std::string resource;
  std::uint64_t needed = 0;
  std::uint64_t limit = 0;
  std::uint64_t held = 0;
  /// Oldest first, at most 8 of `holder_count`.
  std::vector<lease_row> holders;
  std::size_t holder_count = 0;
  /// How many are in line before.
  std::size_t ahead = 0;
};

/// Why a release or a renewal does not count: for a line of the audit.
struct lease_fault {
  enum class why : std::uint8_t {
    unknown, ///< It holds nothing, for all that is known.
    old_epoch, ///< A newer attempt has it.
    unknown_epoch, ///< Another attempt has it that is not newer.
    expired, ///< The renewal came too late; `expire` will tell.
  };

  why reason = why::unknown;
  /// Who has it.
  std::optional<lease_owner> current;

  friend bool operator==(const lease_fault&, const lease_fault&) = default;
};

/// Somebody in line.
struct lease_waiter {
  lease_owner owner;
  priority_class priority = priority_class::normal;
  /// The first of what it needs of which there was too little.
  std::string resource;
  std::uint64_t amount = 0;
  instant since{};

  friend bool operator==(const lease_waiter&, const lease_waiter&) = default;
};

struct resource_status {
  resource_limit limit;
  std::uint64_t held = 0;
  std::size_t holders = 0;
  std::size_t waiting = 0;

  friend bool operator==(const resource_status&, const resource_status&)
    = default;
};

/// "run", "run/3", "run/3[7]", with " undo" if it is a compensation.
[[nodiscard]] std::string to_string(const lease_holder& holder);

} // namespace troupe::engine
