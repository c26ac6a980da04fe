#include "tests/simulation/leases/lease_simulation.hpp"

#include <algorithm>

// What has to be true, by a view of the world that no node has.

namespace troupe::tests {

using namespace cluster;
using namespace std::chrono_literals;

namespace {

std::string name_of(const std::pair<std::size_t, std::uint64_t>& process) {
  return "n" + std::to_string(process.first) + "/"
         + std::to_string(process.second);
}

} // namespace

void lease_simulation::check_grant(const process& who, lease_epoch epoch) {
  if (epoch <= granted_)
    object(name_of(who) + " was granted epoch " + std::to_string(epoch)
           + " after epoch " + std::to_string(granted_));
  granted_ = std::max(granted_, epoch);
  const auto [holder, is_new] = holders_.try_emplace(epoch, who);
  if (!is_new && holder->second != who)
    object("epoch " + std::to_string(epoch) + " was granted to "
           + name_of(holder->second) + " and " + name_of(who));
}

void lease_simulation::begin_leading(node_number which, lease_epoch epoch) {
  auto& of = nodes_[which];
  const auto who = process{which, of.incarnation};
  ++figures_.leaders;
  of.epoch = epoch;
  const auto holder = holders_.find(epoch);
  if (holder == holders_.end() || holder->second != who)
    object(of.holder + " leads under an epoch that it was not granted");
  if (!of.keeper->leads(local_now(of)))
    object(of.holder + " leads and does not believe it");
  // Whoever hears late may begin late, but not under a lease that is over.
  if (epoch < led_ && !may_be_mistaken(of))
    object(of.holder + " leads under epoch " + std::to_string(epoch)
           + " after epoch " + std::to_string(led_));
  led_ = std::max(led_, epoch);
}

/// A node whose clock stood still cannot know better, nor can anybody if the
/// database's clock is set. What they write is checked all the same.
bool lease_simulation::may_be_mistaken(const node& of) const noexcept {
  return has_clock_steps_ || local_now(of) < of.mistaken_until;
}

/// Never two who believe at one instant of true time.
void lease_simulation::check_believers() {
  const node* found = nullptr;
  for (const auto& each : nodes_) {
    if (!each.keeper || !each.keeper->leads(local_now(each)))
      continue;
    if (may_be_mistaken(each))
      continue;
    if (found != nullptr)
      object(found->holder + " and " + each.holder + " both believe to lead");
    found = &each;
  }
}

void lease_simulation::write(const event& what) {
  const auto epoch = what.action.epoch;
  if (!accepts(row_, epoch)) {
    ++figures_.refused_writes;
    if (epoch == granted_)
      object("a write of the leader was refused");
    return;
  }
  ++figures_.accepted_writes;
  note(epoch);
  if (epoch < granted_)
    object("a write under epoch " + std::to_string(epoch)
           + " was accepted after epoch " + std::to_string(granted_)
           + " was granted");
  if (epoch < written_)
    object("a write under an older epoch was accepted after one of a newer");
  written_ = std::max(written_, epoch);
  const auto [writer, is_new] = writers_.try_emplace(epoch, what.who);
  if (!is_new && writer->second != what.who)
    object("writes of " + name_of(writer->second) + " and " + name_of(what.who)
           + " were accepted under epoch " + std::to_string(epoch));
}

void lease_simulation::check_awoken(node_number which, lease_epoch before,
                                    bool was_away) {
  const auto& of = nodes_[which];
  if (!was_away || before == 0 || !of.keeper)
    return;
  if (of.keeper->epoch(local_now(of)) == before)
    object(of.holder + " was away and goes on leading");
}

std::optional<lease_simulation::node_number> lease_simulation::leader() const {
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i)
    if (nodes_[i].keeper && nodes_[i].keeper->leads(local_now(nodes_[i])))
      return i;
  return {};
}

/// How long it took until somebody leads.
std::optional<lease_simulation::true_time>
lease_simulation::await_leader(true_time within) {
  const auto begin = now_;
  while (now_ - begin < within) {
    run_until(now_ + 1ms);
    if (leader())
      return now_ - begin;
  }
  return {};
}

void lease_simulation::check_succession() {
  constexpr auto round_trip = true_time{40ms};
  const auto tick = tick_interval_ + 5ms;
  // What was on its way may come late, and those who stepped down abstain.
  run_until(now_ + 5s);
  if (has_clock_steps_)
    run_until(now_ + 5s); // Who could wait for a clock that was set back.
  if (!leader() && !await_leader(takeover_max(timing_, round_trip, tick))) {
    object("in the end nobody leads");
    return;
  }
  // Often the worst case: it dies right after a renewal.
  if (happens(50)) {
    const auto before = row_.expires_at;
    while (row_.expires_at == before)
      run_until(now_ + 1ms);
  } else {
    run_until(now_ + between(0ms, 1s));
  }
  const auto victim = leader();
  if (!victim) {
    object("a leader whom nothing disturbs does not last");
    return;
  }
  nodes_[*victim].keeper.reset();
  const auto takeover_limit = takeover_max(timing_, round_trip, tick);
  figures_.takeover = await_leader(takeover_limit * 2);
  if (!figures_.takeover || *figures_.takeover > takeover_limit)
    object("nobody took over in time");
  run_until(now_ + between(500ms, 1s));
  const auto retiring = leader();
  if (!retiring) {
    object("a successor whom nothing disturbs does not last");
    return;
  }
  auto& last = nodes_[*retiring];
  do_actions(*retiring, last.keeper->stop(local_now(last)));
  if (last.keeper->leads(local_now(last)))
    object("who has stopped goes on leading");
  const auto succession_limit
    = timing_.watch_interval + timing_.jitter_max + tick * 2 + round_trip * 3;
  figures_.succession = await_leader(succession_limit * 2);
  if (!figures_.succession || *figures_.succession > succession_limit)
    object("nobody followed at once who ended in order");
}

} // namespace troupe::tests
