#include "tests/simulation/cluster/cluster_simulation.hpp"

#include <algorithm>

namespace troupe::tests {

using namespace std::chrono_literals;
using namespace troupe::cluster;

void cluster_simulation::check_absence(std::size_t index,
                                       const membership_actions& actions) {
  const auto& one = nodes_[index];
  // On the node's own clock, which may be a little slower.
  const auto gap = (now_ - one.ran_at) - (now_ - one.ran_at) / 1'000;
  if (gap < options_.ticks.interval + options_.ticks.late_after)
    return;
  const auto* first
    = actions.empty() ? nullptr : std::get_if<own_notice>(&actions.front());
  if (first == nullptr || first->kind != own_notice_kind::was_absent)
    return object(one.name + " was absent and does not say so first");
  if (gap < options_.ticks.step_down_after)
    return;
  for (const auto& action : actions) {
    const auto* own = std::get_if<own_notice>(&action);
    if (own != nullptr && own->kind == own_notice_kind::step_down)
      return;
    if (own == nullptr)
      break;
  }
  object(one.name + " acts after an absence without stepping down");
}

void cluster_simulation::check_event(std::size_t index,
                                     const member_event& event) {
  const auto& one = nodes_[index];
  const auto& of = event.of;
  if (one.ended.contains({of.name, of.incarnation}) && !is_final(of.state))
    object(one.name + " is told that " + to_string(of) + " after its end");
  if (of.name == one.name)
    return;
  const auto subject = index_of(of.name);
  if (event.kind == member_event_kind::down)
    check_death(index, subject, of.incarnation);
  // Where no link was ever worse than it has to be, nobody is suspected.
  const auto is_plain = !faults_.cuts && !faults_.one_way_cuts
                        && !faults_.losses && !faults_.delays
                        && !faults_.operators && !faults_.lost_disks;
  if (event.kind == member_event_kind::suspect && is_plain
      && was_undisturbed(subject)
      && nodes_[subject].process->self().incarnation == of.incarnation)
    object(one.name + " suspects " + to_string(of) + ", which is undisturbed");
}

void cluster_simulation::check_death(std::size_t observer, std::size_t of,
                                     std::uint64_t incarnation) {
  const auto& dead = nodes_[of];
  if (!dead.process || dead.process->self().incarnation != incarnation)
    return;
  ++counts_["down while it runs"];
  if (was_undisturbed(of) && could_hear(observer, of))
    object(nodes_[observer].name + " declares " + dead.name
           + " dead, which somebody hears");
  // Whoever leads must know before others replace it.
  if (!is_final(dead.process->self().state) && network_.was_clean(now_)
      && now_ - dead.stepped_down_at > 2s && dead.process->is_safe(clock(of)))
    object(dead.name + " is held for dead and did not step down");
}

void cluster_simulation::check_records(std::size_t index) {
  auto& one = nodes_[index];
  for (const auto& [name, row] : one.process->table().rows()) {
    const auto now = std::pair{row.of.incarnation, row.of.version};
    auto& before = one.known[name];
    if (now.first < before.first || (now < before && !is_final(row.of.state)))
      object(one.name + " goes back to " + to_string(row.of));
    before = now;
    if (!is_final(row.of.state)
        && one.ended.contains({name, row.of.incarnation}))
      object(one.name + " takes " + to_string(row.of) + " for alive again");
  }
  for (auto at = one.known.begin(); at != one.known.end();)
    at = one.process->table().find(at->first) == nullptr ? one.known.erase(at)
                                                         : std::next(at);
}

void cluster_simulation::check_detected(const happening& now) {
  const auto& gone = nodes_[now.node];
  if (gone.life != now.life || gone.disturbed_at != now.since)
    return; // It is something else by now.
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i) {
    const auto& observer = nodes_[i];
    if (i == now.node || !observer.process || observer.is_frozen
        || observer.disturbed_at >= now.since)
      continue;
    const auto* known = observer.process->table().find(gone.name);
    if (faults_.delays) // Its last beats may still be under way.
      continue;
    ++counts_["detected"];
    if (known != nullptr && !is_final(known->state)
        && known->incarnation <= now.number)
      object(observer.name + " takes " + to_string(*known)
             + " for what it was 1.5 s ago");
  }
}

void cluster_simulation::check_agreement() {
  const auto* first = static_cast<const node*>(nullptr);
  for (const auto& one : nodes_) {
    if (!one.process)
      continue;
    const auto& table = one.process->table();
    for (const auto& of : table.members()) {
      const auto& subject = nodes_[index_of(of.name)];
      if (!is_final(of.state) && !subject.process)
        object(one.name + " takes " + to_string(of) + " for alive");
      if (subject.process && of != subject.process->self())
        object(one.name + " has " + to_string(of) + " and not "
               + to_string(subject.process->self()));
    }
    for (const auto& other : nodes_)
      if (other.process && table.find(other.name) == nullptr)
        object(one.name + " does not know " + other.name);
    if (const auto own = one.process->self().state;
        own != member_state::alive && own != member_state::draining)
      object(one.name + " is " + std::string{to_string(own)});
    // Short-lived tombstones are forgotten at different moments.
    if (first != nullptr && options_.table.tombstone_time > 1min
        && table.members() != first->process->table().members())
      object(one.name + " and " + first->name + " know different things");
    first = &one;
  }
}

bool cluster_simulation::was_undisturbed(std::size_t index) const {
  const auto& one = nodes_[index];
  return one.process && !one.is_frozen && now_ - one.disturbed_at > 2s;
}

bool cluster_simulation::does_tell(std::size_t from, std::size_t to) const {
  const auto& receiver = nodes_[to];
  if (!nodes_[from].process || !receiver.process
      || now_ - receiver.renewed_at <= 2s
      || !network_.was_clean(from, to, now_))
    return false;
  // Whoever does not hear somebody stops talking to it, but for probes.
  const auto* known = nodes_[from].process->table().find(receiver.name);
  return known != nullptr && !is_final(known->state)
         && known->incarnation == receiver.process->self().incarnation;
}

bool cluster_simulation::could_hear(std::size_t observer,
                                    std::size_t of) const {
  if (does_tell(of, observer))
    return true;
  for (auto third = std::size_t{0}; third < nodes_.size(); ++third)
    if (third != observer && third != of && was_undisturbed(third)
        && does_tell(of, third) && does_tell(third, observer))
      return true;
  return false;
}

std::size_t cluster_simulation::index_of(const std::string& name) const {
  return static_cast<std::size_t>(name.front() - 'a');
}

void cluster_simulation::object(std::string what) {
  objections_.push_back("at " + std::to_string(now_.count() / 1'000) + " ms "
                        + std::move(what));
}

void cluster_simulation::note(std::uint64_t what) {
  trace_ = (trace_ ^ what) * 0x100000001b3;
}

bool cluster_simulation::happens(unsigned percent) {
  return random_() % 100 < percent;
}

std::uint64_t cluster_simulation::below(std::uint64_t bound) {
  return random_() % bound;
}

virtual_time cluster_simulation::between(virtual_time low, virtual_time high) {
  const auto width = static_cast<std::uint64_t>((high - low).count());
  return low + virtual_time{static_cast<std::int64_t>(below(width + 1))};
}

} // namespace troupe::tests
