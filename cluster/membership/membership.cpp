#include "cluster/membership/membership.hpp"

#include "cluster/membership/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto purge_interval = std::chrono::seconds{1};

} // namespace

membership::membership(const own_node& self,
                       const std::vector<std::string>& peers,
                       const membership_options& options, time_point now)
  : options_{options}, name_{self.name}, peers_{peers},
    watch_{options.ticks, now}, table_{options.table}, beaten_at_{now},
    probed_at_{now}, purged_at_{now}, joining_since_{now} {
  std::erase(peers_, name_);
  table_.merge({.name = self.name,
                .id = self.id,
                .incarnation = self.incarnation,
                .version = 1,
                .state = member_state::joining,
                .roles = self.roles},
               now);
}

membership_actions membership::tick(time_point now) {
  begin(now);
  return finish(now);
}

membership_actions membership::receive(const beat& arrived, time_point now) {
  begin(now);
  if (!is_stopped_)
    take(arrived.digest, now);
  if (!is_stopped_ && arrived.from != name_)
    take_evidence(arrived, now);
  return finish(now);
}

membership_actions
membership::receive_gossip(const std::vector<digest_entry>& digest,
                           time_point now) {
  begin(now);
  if (!is_stopped_)
    take(digest, now);
  return finish(now);
}

membership_actions membership::link_lost(std::string_view name,
                                         time_point now) {
  begin(now);
  const auto* known = table_.find(name);
  if (!is_stopped_ && name != name_ && known != nullptr
      && known->state < member_state::suspect)
    restate(*known, member_state::suspect, now);
  return finish(now);
}

membership_actions membership::drain(time_point now) {
  begin(now);
  wants_drain_ = true;
  if (!is_stopped_ && self().state == member_state::alive)
    state(member_state::draining, now);
  return finish(now);
}

membership_actions membership::undrain(time_point now) {
  begin(now);
  wants_drain_ = false;
  if (!is_stopped_ && self().state == member_state::draining)
    state(member_state::alive, now);
  return finish(now);
}

membership_actions membership::leave(time_point now) {
  begin(now);
  if (is_stopped_ || is_final(self().state))
    return finish(now);
  step_down();
  if (pending_) {
    // Others hold this incarnation for dead, and nobody knows the next.
    stop(own_notice_kind::stopped_left);
    return finish(now);
  }
  farewells_left_ = std::max(options_.farewells, 1U);
  state(member_state::left, now);
  return finish(now);
}

outcome<membership_actions> membership::remove(std::string_view name,
                                               time_point now) {
  const auto text = std::string{name};
  if (name == name_)
    return fail(problem_kind::invalid_input, "a node cannot remove itself",
                "let it leave, or remove it from another node");
  const auto* known = table_.find(name);
  if (known == nullptr)
    return fail(problem_kind::not_found, "no node " + text + " is known",
                "`troupe cluster nodes` lists the names");
  if (known->state < member_state::suspect)
    return fail(problem_kind::conflict,
                "node " + text + " is " + std::string{to_string(known->state)},
                "drain and stop it first; what lives cannot be removed");
  begin(now);
  // Beginning may have changed what is known.
  known = table_.find(name);
  if (!is_stopped_ && known != nullptr)
    restate(*known, member_state::left, now);
  return finish(now);
}

membership_actions membership::take_incarnation(std::uint64_t incarnation,
                                                time_point now) {
  begin(now);
  if (is_stopped_ || !pending_)
    return finish(now);
  if (incarnation <= *pending_) {
    out_.emplace_back(need_incarnation{*pending_});
    return finish(now);
  }
  if (begins_afresh_) {
    for (auto& name : table_.forget_others(name_)) {
      watched_.erase(name);
      if (lost_names_.size() < options_.table.members_max)
        lost_names_.insert(std::move(name));
    }
    is_alone_ = false;
  }
  auto next = self();
  next.incarnation = incarnation;
  next.version = 1;
  next.state = member_state::joining;
  table_.merge(next, now);
  pending_.reset();
  sequence_ = 0;
  joining_since_ = now;
  must_beat_ = true;
  out_.emplace_back(own_notice{std::exchange(begins_afresh_, false)
                                 ? own_notice_kind::renewed_afresh
                                 : own_notice_kind::renewed,
                               {}});
  return finish(now);
}

const member& membership::self() const {
  return *table_.find(name_);
}

std::optional<double> membership::phi(std::string_view name,
                                      time_point now) const {
  const auto found = watched_.find(name);
  const auto* known = table_.find(name);
  if (found == watched_.end() || known == nullptr || is_final(known->state))
    return std::nullopt;
  return found->second.detector.phi(now);
}

membership::duration membership::lateness_of(std::string_view name) const {
  const auto found = watched_.find(name);
  return found == watched_.end() ? duration::zero() : found->second.lateness;
}

void membership::begin(time_point now) {
  out_.clear();
  has_stepped_down_ = false;
  if (is_stopped_)
    return;
  const auto was = watch_.observe(now);
  if (was.how != punctuality::on_time && !has_bug(planted_bug::no_tick_watch))
    notice_absence(was, now);
}

membership_actions membership::finish(time_point now) {
  if (!is_stopped_) {
    join_alone(now);
    judge_others(now);
    purge(now);
    send(now);
  }
  return std::exchange(out_, {});
}

void membership::notice_absence(const absence& was, time_point now) {
  out_.emplace_back(own_notice{own_notice_kind::was_absent, was.lateness});
  if (!has_bug(planted_bug::count_own_absence))
    for (auto& [name, other] : watched_)
      other.detector.forgive(was.lateness, now);
  if (was.how >= punctuality::unsafe)
    step_down();
  if (was.how != punctuality::lost || living_others() == 0)
    return;
  // Others may have forgotten the tombstones of whom this node takes for alive.
  begins_afresh_
    = begins_afresh_ || was.lateness > options_.table.tombstone_time / 2;
  ask_incarnation(self().incarnation);
}

void membership::step_down() {
  if (!std::exchange(has_stepped_down_, true))
    out_.emplace_back(own_notice{own_notice_kind::step_down, {}});
}

void membership::stop(own_notice_kind why) {
  step_down();
  is_stopped_ = true;
  out_.emplace_back(own_notice{why, {}});
}

void membership::ask_incarnation(std::uint64_t above) {
  if (is_final(self().state))
    return; // It leaves.
  if (pending_) {
    pending_ = std::max(*pending_, above);
    return;
  }
  pending_ = above;
  step_down();
  out_.emplace_back(need_incarnation{above});
}

void membership::state(member_state next, time_point now) {
  auto stated = self();
  const auto before = stated;
  ++stated.version;
  stated.state = next;
  table_.merge(stated, now);
  must_beat_ = true;
  tell(before, stated);
}

void membership::join(time_point now) {
  if (self().state == member_state::joining)
    state(wants_drain_ ? member_state::draining : member_state::alive, now);
}

void membership::join_alone(time_point now) {
  const auto has_waited = now - joining_since_ >= options_.join_alone_after;
  if (!pending_ && living_others() == 0 && (peers_.empty() || has_waited))
    join(now);
}

void membership::judge_others(time_point now) {
  auto fallen = std::vector<std::pair<std::string, member_state>>{};
  for (const auto& [name, other] : watched_) {
    const auto& known = *table_.find(name);
    if (is_final(known.state))
      continue;
    const auto verdict = other.detector.judge(now);
    if (verdict == liveness::dead)
      fallen.emplace_back(name, member_state::dead);
    else if (verdict == liveness::suspect
             && known.state < member_state::suspect)
      fallen.emplace_back(name, member_state::suspect);
  }
  for (const auto& [name, state] : fallen) {
    restate(*table_.find(name), state, now);
    if (state == member_state::dead && living_others() == 0)
      is_alone_ = true;
  }
}

void membership::purge(time_point now) {
  if (now - purged_at_ < purge_interval
      && table_.tombstones() <= options_.table.tombstones_max)
    return;
  purged_at_ = now;
  for (const auto& name : table_.purge(now))
    watched_.erase(name);
  std::erase_if(answered_at_, [&](const auto& answered) {
    return now - answered.second >= purge_interval;
  });
}

} // namespace troupe::cluster
