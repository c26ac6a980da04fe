#include "cluster/membership/membership.hpp"
#include "cluster/membership/planted_bug.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

/// What listeners are told of a state, given the one before in the same
/// incarnation.
std::optional<member_event_kind> event_of(std::optional<member_state> before,
                                          member_state after) {
  using enum member_state;
  if (before == after || after == joining)
    return std::nullopt;
  const auto was_unseen = !before || before == joining;
  switch (after) {
    case alive:
      if (before == draining)
        return member_event_kind::resumed;
      return was_unseen ? member_event_kind::up : member_event_kind::trusted;
    case draining:
      return member_event_kind::draining;
    case suspect:
      return member_event_kind::suspect;
    case dead:
      // Nobody was told of somebody who is dead already.
      return before ? std::optional{member_event_kind::down} : std::nullopt;
    default:
      return before ? std::optional{member_event_kind::left} : std::nullopt;
  }
}

} // namespace

void membership::take(const std::vector<digest_entry>& digest, time_point now) {
  auto left = options_.table.members_max + options_.digest_tombstones_max;
  for (const auto& entry : digest) {
    if (is_stopped_)
      return;
    if (left == 0 || !is_plausible(entry.of)) {
      ++refused_;
      continue;
    }
    --left;
    if (entry.of.name == name_)
      defend(entry, now);
    else
      take_entry(entry, now);
  }
}

void membership::take_entry(const digest_entry& entry, time_point now) {
  // One's own ears count more than somebody's word that may be deaf.
  if (entry.of.state == member_state::dead && is_heard(entry.of, now)
      && !has_bug(planted_bug::believe_any_death))
    return;
  if (!merge(entry, now) || has_bug(planted_bug::ignore_relayed))
    return;
  const auto& known = *table_.find(entry.of.name);
  auto& other = watched_.find(entry.of.name)->second;
  if (known.incarnation != entry.of.incarnation || known.id != entry.of.id
      || is_final(known.state) || entry.heard_sequence <= other.heard_sequence)
    return;
  // Somebody else has heard it, so long ago.
  other.heard_sequence = entry.heard_sequence;
  const auto at = now - std::max(entry.age, duration::zero());
  other.detector.heard(at);
  other.evidence_at = std::max(other.evidence_at, at);
}

bool membership::merge(const digest_entry& entry, time_point now) {
  const auto at = now - std::max(entry.age, duration::zero());
  const auto merged = table_.merge(entry.of, now, at);
  using enum member_table::merge_outcome;
  refused_ += merged.outcome == refused ? 1 : 0;
  if (merged.outcome == unchanged)
    return true;
  if (merged.outcome != changed)
    return false;
  const auto found = watched_.find(entry.of.name);
  if (found == watched_.end()
      || found->second.incarnation != entry.of.incarnation)
    // The full time from now on: whoever told of it may just have woken up.
    watched_.insert_or_assign(
      entry.of.name, watched{.incarnation = entry.of.incarnation,
                             .detector = phi_accrual{options_.detector, now},
                             .heard_sequence = entry.heard_sequence,
                             .evidence_at = at});
  lost_names_.erase(entry.of.name);
  if (!is_final(entry.of.state))
    is_alone_ = false;
  tell(merged.before, entry.of);
  return true;
}

void membership::restate(const member& of, member_state state, time_point now) {
  auto stated = of;
  stated.state = state;
  const auto merged = table_.merge(stated, now);
  if (merged.outcome == member_table::merge_outcome::changed)
    tell(merged.before, stated);
}

void membership::defend(const digest_entry& entry, time_point now) {
  const auto& mine = self();
  const auto& theirs = entry.of;
  if (theirs.incarnation < mine.incarnation)
    return;
  if (theirs.incarnation > mine.incarnation || theirs.id != mine.id) {
    // Another process of this name, before or beside this one. Who only joins
    // waits until the other is over; who was in loses to whoever came later.
    if (is_final(theirs.state) || theirs.incarnation == mine.incarnation)
      ask_incarnation(theirs.incarnation);
    else if (mine.state != member_state::joining)
      stop(own_notice_kind::stopped_replaced);
    return;
  }
  switch (theirs.state) {
    case member_state::left:
      if (!is_final(mine.state))
        stop(own_notice_kind::stopped_removed);
      return;
    case member_state::dead:
      // Whoever does not hear this node would not hear its next incarnation.
      if (entry.is_contradicted && !has_bug(planted_bug::ignore_own_death))
        ask_incarnation(mine.incarnation);
      return;
    default:
      break;
  }
  if (is_final(mine.state))
    return;
  if (theirs.version > mine.version
      || (theirs.state == member_state::suspect
          && theirs.version == mine.version)) {
    if (has_bug(planted_bug::forget_refutation))
      return;
    auto refuting = mine;
    refuting.version = theirs.version + 1;
    table_.merge(refuting, now);
    must_beat_ = true;
  }
  join(now);
}

void membership::take_evidence(const beat& arrived, time_point now) {
  const auto* known = table_.find(arrived.from);
  if (known == nullptr)
    return;
  if (known->incarnation != arrived.incarnation || known->id != arrived.id
      || known->state == member_state::left) {
    to_answer_.insert(arrived.from); // It has to hear what became of it.
    return;
  }
  auto& sender = watched_.find(arrived.from)->second;
  sender.lateness = arrived.lateness;
  if (known->state == member_state::dead) {
    contradict(arrived, sender);
    return;
  }
  if (arrived.sequence <= sender.heard_sequence)
    return;
  sender.heard_sequence = arrived.sequence;
  sender.detector.heard(now);
  sender.evidence_at = now;
}

void membership::contradict(const beat& arrived, watched& sender) {
  if (arrived.sequence <= sender.heard_sequence && !sender.is_contradicted)
    return; // From before its death.
  sender.heard_sequence = std::max(sender.heard_sequence, arrived.sequence);
  sender.is_contradicted = true;
  to_answer_.insert(arrived.from);
  // It is rather the one whom nobody answered who was cut off than all others;
  // unless the other says that it was asleep.
  if (!is_alone_ || arrived.lateness >= options_.ticks.late_after)
    return;
  begins_afresh_ = true;
  ask_incarnation(self().incarnation);
}

bool membership::is_heard(const member& of, time_point now) const {
  const auto found = watched_.find(of.name);
  const auto* known = table_.find(of.name);
  return found != watched_.end() && known != nullptr && !is_final(known->state)
         && known->incarnation == of.incarnation
         && found->second.detector.judge(now) == liveness::alive;
}

void membership::tell(const std::optional<member>& before,
                      const member& after) {
  const auto is_same = before && before->incarnation == after.incarnation;
  if (before && !is_same && !is_final(before->state)
      && before->state != member_state::joining) {
    auto replaced = *before;
    replaced.state = member_state::dead;
    out_.emplace_back(member_event{member_event_kind::down, replaced});
  }
  const auto kind = event_of(
    is_same ? std::optional{before->state} : std::nullopt, after.state);
  if (kind)
    out_.emplace_back(member_event{*kind, after});
}

std::size_t membership::living_others() const {
  return table_.living() - (is_final(self().state) ? 0 : 1);
}

} // namespace troupe::cluster
