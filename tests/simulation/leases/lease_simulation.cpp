#include "tests/simulation/leases/lease_simulation.hpp"

#include <algorithm>

namespace troupe::tests {

using namespace cluster;
using namespace std::chrono_literals;

namespace {

constexpr auto chaos_length = std::chrono::microseconds{10s};

} // namespace

lease_simulation::lease_simulation(std::uint64_t seed) : random_{seed} {
  draw_world();
}

bool lease_simulation::happens(unsigned percent) {
  return random_() % 100 < percent;
}

lease_simulation::true_time lease_simulation::between(true_time low,
                                                      true_time high) {
  const auto span = static_cast<std::uint64_t>((high - low).count());
  return low + true_time{static_cast<std::int64_t>(random_() % (span + 1))};
}

void lease_simulation::note(std::uint64_t what) {
  trace_ = (trace_ ^ what) * 0x100000001b3;
}

void lease_simulation::object(const std::string& what) {
  if (objections_.size() < 10)
    objections_.push_back(std::to_string(now_.count()) + " us: " + what);
}

/// Each seed has faults of its own kind, so that none hides behind another.
void lease_simulation::draw_world() {
  const auto draw_ppm = [this] {
    // The ends are where the margin is needed.
    const auto extreme = happens(50) ? 10'000 : -10'000;
    return happens(60) ? std::int64_t{extreme}
                       : static_cast<std::int64_t>(random_() % 20'001) - 10'000;
  };
  nodes_.resize(3 + random_() % 5);
  for (auto& each : nodes_) {
    each.clock.ppm = draw_ppm();
    each.clock.offset = between(0s, 100s);
  }
  database_clock_.ppm = draw_ppm();
  database_clock_.offset = 1'700'000'000s;
  row_.name = "coordinator";
  has_losses_ = happens(60);
  has_delays_ = happens(60);
  has_cuts_ = happens(60);
  has_jitter_ = happens(50);
  is_near_ = happens(50);
  has_pauses_ = happens(50);
  has_suspensions_ = happens(25);
  has_kills_ = happens(50);
  has_outages_ = happens(40);
  has_clock_steps_ = happens(10);
  has_requests_by_hand_ = happens(40);
  // Nodes ought to agree about the length; who does not is no danger.
  if (happens(30))
    for (auto& each : nodes_) {
      each.timing = timing_of(
        std::chrono::milliseconds{600 + static_cast<int>(random_() % 601)});
      timing_
        = std::max(timing_, each.timing, [](const auto& a, const auto& b) {
            return a.length < b.length;
          });
    }
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i)
    start(i);
}

lease_keeper::instant
lease_simulation::local_now(const node& of) const noexcept {
  const auto at = of.is_suspended ? of.paused_at : now_;
  return lease_keeper::instant{of.clock.read(at)};
}

runtime::clock::wall_time lease_simulation::database_now() const noexcept {
  return runtime::clock::wall_time{database_clock_.read(now_)};
}

void lease_simulation::schedule(event what, true_time delay) {
  what.at = now_ + delay;
  what.sequence = ++sequence_;
  events_.push(std::move(what));
}

lease_simulation::true_time lease_simulation::message_delay() {
  if (has_delays_ && !is_kind_ && happens(15))
    return happens(30) ? between(1s, 3s) : between(20ms, 1s);
  return is_near_ ? between(100us, 1ms) : between(1ms, 20ms);
}

std::uint64_t lease_simulation::draw() {
  return has_jitter_ ? random_() : 0;
}

/// Whether a message to or from the database does not arrive.
bool lease_simulation::loses(node_number which, unsigned percent) {
  if (is_kind_)
    return false;
  const auto is_lost
    = now_ < nodes_[which].cut_off_until || (has_losses_ && happens(percent));
  figures_.lost_messages += is_lost ? 1 : 0;
  return is_lost;
}

void lease_simulation::start(node_number which) {
  auto& of = nodes_[which];
  ++of.incarnation;
  of.holder
    = "n" + std::to_string(which) + "/" + std::to_string(of.incarnation);
  of.keeper = std::make_unique<lease_keeper>(of.holder, of.timing);
  of.is_paused = false;
  of.is_suspended = false;
  of.mistaken_until = {};
  of.epoch = 0;
  of.inbox.clear();
  auto first = event{};
  first.what = event_kind::tick;
  first.who = {which, of.incarnation};
  schedule(first, between(0ms, tick_interval_));
}

void lease_simulation::run_until(true_time end) {
  while (!events_.empty() && events_.top().at <= end) {
    const auto next = events_.top();
    events_.pop();
    now_ = next.at;
    note(static_cast<std::uint64_t>(now_.count()) * 8
         + static_cast<std::uint64_t>(next.what));
    handle(next);
    check_believers();
  }
  now_ = end;
}

void lease_simulation::handle(const event& what) {
  const auto& [which, incarnation] = what.who;
  const auto is_there = which < nodes_.size() && nodes_[which].keeper
                        && nodes_[which].incarnation == incarnation;
  switch (what.what) {
    case event_kind::request:
      return ask_database(what);
    case event_kind::write:
      return write(what);
    case event_kind::fault:
      return do_fault();
    case event_kind::database_up:
      is_database_down_ = false;
      return;
    case event_kind::restart:
      if (!nodes_[which].keeper)
        start(which);
      return;
    case event_kind::tick:
      if (is_there && !nodes_[which].is_paused)
        do_tick(which);
      return;
    case event_kind::reply:
      if (is_there)
        deliver(what);
      return;
    case event_kind::wake:
      if (is_there && nodes_[which].is_paused)
        wake(which);
      return;
  }
}

void lease_simulation::do_tick(node_number which) {
  auto& of = nodes_[which];
  do_actions(which, of.keeper->tick(local_now(of), draw()));
  if (has_requests_by_hand_ && !is_kind_ && happens(1))
    disturb(which);
  if (!of.keeper)
    return;
  // What a leader decides is on its way for a while, longer if it is paused
  // between deciding and sending.
  if (const auto epoch = of.keeper->epoch(local_now(of));
      epoch && happens(30)) {
    auto sent = event{};
    sent.what = event_kind::write;
    sent.who = {which, of.incarnation};
    sent.action.epoch = *epoch;
    schedule(sent, happens(3) && !is_kind_ ? between(1s, 4s) : message_delay());
  }
  auto next = event{};
  next.what = event_kind::tick;
  next.who = {which, of.incarnation};
  schedule(next, tick_interval_ + between(0ms, 5ms));
}

void lease_simulation::do_actions(node_number which,
                                  const lease_keeper::actions& all) {
  auto& of = nodes_[which];
  for (const auto& each : all) {
    note(each.epoch * 64 + static_cast<std::uint64_t>(each.what) * 8 + which);
    if (each.what == lease_action::kind::lead) {
      begin_leading(which, each.epoch);
    } else if (each.what == lease_action::kind::step_down) {
      of.epoch = 0;
      ++figures_.ends[each.reason];
    } else if (!loses(which, 10)) {
      auto sent = event{};
      sent.what = event_kind::request;
      sent.who = {which, of.incarnation};
      sent.action = each;
      schedule(sent, message_delay());
    }
  }
}

lease_answer lease_simulation::apply(const event& what) {
  const auto& holder = "n" + std::to_string(what.who.first) + "/"
                       + std::to_string(what.who.second);
  const auto at = database_now();
  const auto length = nodes_[what.who.first].timing.length;
  switch (what.action.what) {
    case lease_action::kind::acquire: {
      const auto answer = try_acquire(row_, holder, at, length);
      if (answer.is_granted)
        check_grant(what.who, answer.epoch);
      return answer;
    }
    case lease_action::kind::renew:
      return renew(row_, holder, what.action.epoch, at, length);
    case lease_action::kind::release:
      return release(row_, holder, what.action.epoch, at);
    default:
      return watch(row_, at);
  }
}

void lease_simulation::ask_database(const event& what) {
  auto back = event{};
  back.what = event_kind::reply;
  back.who = what.who;
  back.reply.request = what.action.request;
  if (is_database_down_) {
    back.reply.how = lease_reply::status::failed;
    if (happens(70))
      schedule(back, message_delay());
    return;
  }
  back.reply.answer = apply(what);
  if (loses(what.who.first, 15)) {
    // After it took effect. Some connections tell that they broke.
    if (happens(50))
      return;
    back.reply.how = lease_reply::status::failed;
  } else if (has_delays_ && !is_kind_ && happens(5)) {
    // Whoever asked stops waiting, and is told all the same.
    auto early = back;
    early.reply.how = lease_reply::status::timed_out;
    schedule(early, between(0ms, 50ms));
  }
  schedule(back, message_delay());
}

void lease_simulation::deliver(const event& what) {
  const auto which = what.who.first;
  auto& of = nodes_[which];
  if (of.is_paused)
    return of.inbox.push_back(what.reply);
  do_actions(which, of.keeper->answer(local_now(of), what.reply, draw()));
}

void lease_simulation::do_fault() {
  auto next = event{};
  next.what = event_kind::fault;
  schedule(next, between(100ms, 900ms));
  if (is_kind_)
    return;
  // Whoever leads is disturbed more often.
  auto which = random_() % nodes_.size();
  if (const auto now_leading = leader(); now_leading && happens(60))
    which = *now_leading;
  const auto choice = random_() % 5;
  if (choice == 0 && (has_pauses_ || has_suspensions_))
    pause(which);
  else if (choice == 1 && has_kills_)
    kill(which);
  else if (choice == 2 && has_outages_ && !is_database_down_) {
    ++figures_.outages;
    is_database_down_ = true;
    auto up = event{};
    up.what = event_kind::database_up;
    schedule(up, between(50ms, 3s));
  } else if (choice == 3 && has_clock_steps_)
    database_clock_.offset += between(0ms, 4s) - 2s;
  else if (choice == 4 && has_cuts_)
    cut_off(which);
}

void lease_simulation::cut_off(node_number which) {
  ++figures_.cuts;
  nodes_[which].cut_off_until = now_ + between(500ms, 2s);
}

void lease_simulation::pause(node_number which) {
  auto& of = nodes_[which];
  if (!of.keeper || of.is_paused)
    return;
  of.is_paused = true;
  of.paused_at = now_;
  of.is_suspended = has_suspensions_ && (!has_pauses_ || happens(50));
  ++(of.is_suspended ? figures_.suspensions : figures_.pauses);
  if (of.is_suspended)
    of.mistaken_until = local_now(of) + of.timing.length;
  auto end = event{};
  end.what = event_kind::wake;
  end.who = {which, of.incarnation};
  schedule(end, happens(50) ? between(50ms, 1s) : between(1s, 4s));
}

void lease_simulation::wake(node_number which) {
  auto& of = nodes_[which];
  const auto before
    = of.keeper->epoch(lease_keeper::instant{of.clock.read(of.paused_at)});
  const auto asleep = now_ - of.paused_at;
  if (of.is_suspended)
    of.clock.offset -= asleep + asleep * of.clock.ppm / 1'000'000;
  const auto was_away
    = !of.is_suspended && asleep > of.timing.tick_gap_max + 60ms;
  of.is_paused = false;
  of.is_suspended = false;
  const auto inbox = std::exchange(of.inbox, {});
  const auto ticks_first = happens(50);
  if (ticks_first)
    do_tick(which);
  for (const auto& each : inbox)
    if (of.keeper)
      do_actions(which, of.keeper->answer(local_now(of), each, draw()));
  if (!ticks_first)
    do_tick(which);
  check_awoken(which, before.value_or(0), was_away);
}

void lease_simulation::kill(node_number which) {
  auto& of = nodes_[which];
  if (!of.keeper)
    return;
  ++figures_.kills;
  of.keeper.reset();
  of.epoch = 0;
  auto again = event{};
  again.what = event_kind::restart;
  again.who = {which, of.incarnation};
  schedule(again, between(100ms, 3s));
}

/// Somebody asks something of it.
void lease_simulation::disturb(node_number which) {
  auto& of = nodes_[which];
  const auto at = local_now(of);
  const auto before = of.epoch;
  switch (random_() % 4) {
    case 0:
      return do_actions(which, of.keeper->look_now(at));
    case 1:
      return do_actions(which, of.keeper->step_aside(at, 500ms));
    case 2:
      do_actions(which, of.keeper->ticks_were_late(at));
      break;
    default:
      do_actions(which, of.keeper->stop(at));
      kill(which);
      return;
  }
  check_awoken(which, before, true);
}

/// From now on nothing goes wrong any more.
void lease_simulation::heal() {
  is_kind_ = true;
  is_database_down_ = false;
  for (auto i = std::size_t{0}; i < nodes_.size(); ++i)
    if (!nodes_[i].keeper)
      start(i);
    else if (nodes_[i].is_paused)
      wake(i);
}

std::vector<std::string> lease_simulation::run() {
  auto first = event{};
  first.what = event_kind::fault;
  schedule(first, 1s);
  run_until(chaos_length);
  heal();
  check_succession();
  return objections_;
}

} // namespace troupe::tests
