#pragma once

#include <cstdint>

namespace troupe::engine {

/// Mistakes that somebody could make here, for the tests of the tests: each has
/// to be noticed by the simulation (tests/README.md). In all other builds there
/// are none.
enum class planted_bug : std::uint8_t {
  none,
  ignore_epoch, ///< Claims of a replaced engine count.
  ignore_claim, ///< Reports under an old claim count.
  begin_unstored, ///< Work begins before anybody knows of its run.
  tell_unstored_end, ///< An end is told that is not stored.
  leak_holder, ///< Who reported still counts as holding the work.
  lose_timer, ///< Retries are never due.
  lose_queue, ///< A restart forgets what was ready.
  stop_refilling, ///< Of a fan-out only the first elements run.
  ignore_limit, ///< A concurrency key lets everybody in.
  ignore_needs, ///< A step begins before all it needs is done.
  retry_for_ever, ///< Attempts are not counted.
  keep_signal, ///< A signal is taken again and again.
  forget_child, ///< Nobody is told that a child has ended.
  undo_at_once, ///< Compensations do not wait for one another.
  lose_change, ///< What happens in a paused run is not stored.
  leak_permit, ///< A guard counts work that is over.
  undo_borrowed, ///< A rerun undoes what a completed run did.
  share_effects, ///< Several runs answer for what another one did.
  ignore_turn, ///< All runs go at once.
  lose_failure, ///< A failure starts no run.
  start_early, ///< Runs do not wait for their instant.
  rebind_any_claim, ///< Who names work under an old claim may go on with it.
  rebind_twice, ///< So may whoever names it after somebody else has it.
  keep_orphans, ///< Work that nobody names is never lost.
  ignore_labels, ///< Any worker may have anything.
  ignore_group, ///< A node may have any number of a group.
  speculate_anywhere, ///< The second attempt may go where the first one is.
  keep_loser, ///< Who was slower counts as having the work still.
  forget_second, ///< A restart knows of the first of two attempts only.
};

#ifdef TROUPE_PLANTED_BUGS

/// The one that is there now.
inline auto planted = planted_bug::none;

inline bool has_bug(planted_bug which) noexcept {
  return planted == which;
}

#else

constexpr bool has_bug(planted_bug /*which*/) noexcept {
  return false;
}

#endif

} // namespace troupe::engine
