#include "tests/simulation/cluster/cluster_simulation.hpp"

#include <algorithm>
#include <array>

namespace troupe::tests {

using namespace std::chrono_literals;
using namespace troupe::cluster;

namespace {

constexpr auto converged_after = 5s;

std::size_t some_nodes(std::uint64_t seed) {
  return 3 + std::mt19937_64{seed}() % 5;
}

} // namespace

cluster_simulation::cluster_simulation(std::uint64_t seed)
  : random_{seed},
    nodes_(some_nodes(seed)), network_{nodes_.size(), seed}, calm_at_{between(
                                                               5s, 10s)} {
  draw_faults();
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i) {
    auto& one = nodes_[i];
    one.name = std::string(1, static_cast<char>('a' + i));
    one.clock_start = between(1s, 1h);
    one.drift_ppm = static_cast<std::int64_t>(below(1'000)) - 500;
    one.wall_clock_error = between(-1h, 1h);
  }
}

std::vector<std::string> cluster_simulation::run() {
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i)
    start(i);
  plan(3s, {.kind = what::fault});
  const auto end = calm_at_ + converged_after;
  while (objections_.empty() && !queue_.empty() && queue_.top().at <= end) {
    const auto next = queue_.top();
    queue_.pop();
    now_ = next.at;
    if (now_ >= calm_at_ && !is_calm_)
      calm();
    happen(next);
  }
  if (objections_.empty())
    check_agreement();
  return objections_;
}

void cluster_simulation::plan(virtual_time at, happening next) {
  next.at = at;
  next.order = ++order_;
  queue_.push(std::move(next));
}

void cluster_simulation::happen(const happening& now) {
  auto& one = nodes_[now.node];
  if (now.kind == what::fault)
    return cause_fault();
  if (now.kind == what::check)
    return check_detected(now);
  if (now.kind == what::resume)
    return wake(now.node, now);
  if (!one.process || (now.kind != what::arrival && now.life != one.life))
    return;
  switch (now.kind) {
    case what::tick:
      if (!one.is_frozen)
        act(now.node, one.process->tick(clock(now.node)));
      // A starving process gets to run now and then.
      if (now_ < one.starves_until && !one.is_frozen && happens(40))
        freeze(now.node, between(100ms, 900ms));
      plan(now_ + options_.ticks.interval + between(0ms, 5ms),
           {.kind = what::tick, .node = now.node, .life = now.life});
      break;
    case what::arrival:
      arrive(now.node, now.message);
      break;
    default:
      if (one.is_frozen) { // The disk answers; the process does not look.
        plan(now_ + 10ms, now);
        break;
      }
      one.disk = std::max(one.disk, now.number) + 1;
      act(now.node, one.process->take_incarnation(one.disk, clock(now.node)));
  }
}

void cluster_simulation::start(std::size_t index) {
  auto& one = nodes_[index];
  ++one.disk;
  ++one.life;
  one.is_frozen = false;
  one.mailbox.clear();
  one.ended.clear();
  one.known.clear();
  one.ran_at = now_;
  one.disturbed_at = now_;
  one.renewed_at = now_;
  one.stepped_down_at = now_;
  // As a UUID of version 7 begins: with the time of the wall clock.
  auto bytes = std::array<std::uint8_t, 16>{};
  const auto wall
    = static_cast<std::uint64_t>((now_ + one.wall_clock_error + 24h).count());
  for (auto i = 0U; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(wall >> (56 - 8 * i));
    bytes[i + 8] = static_cast<std::uint8_t>(random_());
  }
  auto peers = std::vector<std::string>{};
  for (const auto& other : nodes_)
    peers.push_back(other.name);
  one.process.emplace(
    own_node{.name = one.name,
             .id = runtime::uuid{bytes},
             .incarnation = one.disk,
             .roles = {.is_coordinator = index < 2, .is_worker = true}},
    peers, options_, clock(index));
  plan(now_ + between(0ms, 200ms),
       {.kind = what::tick, .node = index, .life = one.life});
}

void cluster_simulation::end(std::size_t index) {
  auto& one = nodes_[index];
  plan(now_ + 1500ms, {.kind = what::check,
                       .node = index,
                       .life = one.life + 1,
                       .number = one.process->self().incarnation,
                       .since = now_});
  one.process.reset();
  one.is_frozen = false;
  ++one.life;
  one.disturbed_at = now_;
}

void cluster_simulation::freeze(std::size_t index, virtual_time length) {
  auto& one = nodes_[index];
  one.is_frozen = true;
  ++one.freezes;
  one.disturbed_at = now_;
  plan(now_ + length,
       {.kind = what::resume, .node = index, .life = one.freezes});
  if (length >= 1500ms)
    plan(now_ + 1500ms, {.kind = what::check,
                         .node = index,
                         .life = one.life,
                         .number = one.process->self().incarnation,
                         .since = now_});
}

void cluster_simulation::wake(std::size_t index, const happening& now) {
  auto& one = nodes_[index];
  if (!one.is_frozen || one.freezes != now.life)
    return;
  one.is_frozen = false;
  one.disturbed_at = now_;
  // What waited comes now, before or after the process looks at its clock.
  auto mailbox = std::exchange(one.mailbox, {});
  if (happens(50))
    act(index, one.process->tick(clock(index)));
  for (const auto& message : mailbox)
    arrive(index, message);
}

void cluster_simulation::arrive(std::size_t index,
                                const beat_pointer& message) {
  auto& one = nodes_[index];
  if (!one.process)
    return;
  if (!one.is_frozen)
    act(index, one.process->receive(*message, clock(index)));
  else if (one.mailbox.size() < 100)
    one.mailbox.push_back(message);
}

void cluster_simulation::act(std::size_t index,
                             const membership_actions& actions) {
  auto& one = nodes_[index];
  note(static_cast<std::uint64_t>(now_.count()) * 8 + index);
  check_absence(index, actions);
  one.ran_at = now_;
  const auto life = one.life;
  for (const auto& action : actions) {
    if (one.life != life)
      return; // It stopped.
    note(action.index());
    if (const auto* sent = std::get_if<send_beat>(&action))
      send(index, *sent);
    else if (const auto* event = std::get_if<member_event>(&action))
      hear(index, *event);
    else if (const auto* own = std::get_if<own_notice>(&action))
      notice(index, *own);
    else
      plan(now_ + between(1ms, 30ms),
           {.kind = what::stored,
            .node = index,
            .life = one.life,
            .number = std::get<need_incarnation>(action).above});
  }
  if (one.life == life)
    check_records(index);
}

void cluster_simulation::send(std::size_t index, const send_beat& sent) {
  note(sent.what.sequence);
  auto message = std::make_shared<beat>(sent.what);
  for (const auto& name : sent.to)
    for (const auto at : network_.arrivals(index, index_of(name), now_))
      plan(at,
           {.kind = what::arrival, .node = index_of(name), .message = message});
}

void cluster_simulation::hear(std::size_t index, const member_event& event) {
  note(static_cast<std::uint64_t>(event.kind) + 8 * event.of.incarnation);
  ++counts_[std::string{to_string(event.kind)}];
  check_event(index, event);
  if (is_final(event.of.state))
    nodes_[index].ended.emplace(event.of.name, event.of.incarnation);
}

void cluster_simulation::notice(std::size_t index, const own_notice& own) {
  auto& one = nodes_[index];
  note(static_cast<std::uint64_t>(own.kind));
  ++counts_[std::string{to_string(own.kind)}];
  using enum own_notice_kind;
  if (own.kind == step_down)
    one.stepped_down_at = now_;
  if (own.kind == renewed || own.kind == renewed_afresh) {
    if (was_undisturbed(index) && !faults_.cuts && !faults_.one_way_cuts
        && !faults_.losses && !faults_.delays && !faults_.operators
        && !faults_.lost_disks)
      object(one.name + " takes a new incarnation for no reason");
    one.disturbed_at = now_;
    one.renewed_at = now_;
  }
  if (own.kind == renewed_afresh) {
    one.ended.clear();
    one.known.clear();
  }
  if (own.kind >= stopped_left) {
    one.process.reset();
    ++one.life;
    one.disturbed_at = now_;
  }
}

void cluster_simulation::calm() {
  is_calm_ = true;
  network_.heal(now_);
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i) {
    auto& one = nodes_[i];
    one.starves_until = 0s;
    if (one.is_frozen)
      wake(i, {.life = one.freezes});
    else if (!one.process && happens(60))
      start(i);
  }
}

membership::time_point cluster_simulation::clock(std::size_t index) const {
  const auto& one = nodes_[index];
  return membership::time_point{one.clock_start + now_
                                + now_ * one.drift_ppm / 1'000'000};
}

} // namespace troupe::tests
